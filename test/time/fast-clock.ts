import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../src/time/clock.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Real milliseconds between two steps. */
const tickMs = 20;
/** A machine that was held up makes the story longer, and never jumps in it. */
const longestTickMs = 100;

/**
 * A clock that goes many times faster than the real one while nobody works, and as fast as the real one while
 * somebody does. A call's time-out is on the clock, too: at 300 times the pace its 65 s would be 0.2 s, which a
 * loaded machine takes for an answer now and then. So before it goes on from any instant at which a timer fired, it
 * waits until all work is done, and in that time a second is a second: no call times out that would not do so in
 * earnest, and what waits for the clock while it works (a rate limit, say) is not waited for in vain.
 */
export class FastClock implements Clock {
  readonly #time: VirtualClock;
  readonly #pace: number;
  #isRunning = false;

  /** `pace`: how many seconds pass in a real one. */
  constructor({ pace, start }: { pace: number; start?: number | string }) {
    this.#time = new VirtualClock(start);
    this.#pace = pace;
  }

  now(): number {
    return this.#time.now();
  }

  elapsed(): number {
    return this.#time.elapsed();
  }

  at(when: number, what: () => void): () => void {
    return this.#time.at(when, what);
  }

  after(ms: number, what: () => void): () => void {
    return this.#time.after(ms, what);
  }

  /** Lets time pass until `stop`. `quiet` resolves once nobody works; where it rejects, so does this. */
  async run(quiet: () => Promise<void>): Promise<void> {
    this.#isRunning = true;
    while (this.#isRunning) {
      const before = performance.now();
      await sleep(tickMs);
      const passedMs = Math.min(performance.now() - before, longestTickMs);
      await this.#passTo(this.now() + passedMs * this.#pace, quiet);
    }
  }

  /** Stands still from now on. */
  stop(): void {
    this.#isRunning = false;
  }

  async #passTo(instant: number, quiet: () => Promise<void>): Promise<void> {
    for (;;) {
      await this.#settle(quiet);
      const due = this.#time.nextDue();
      if (!this.#isRunning || due === null || due > instant) break;
      this.#time.advanceTo(due);
    }
    if (this.#isRunning) this.#time.advanceTo(Math.round(instant));
  }

  async #settle(quiet: () => Promise<void>): Promise<void> {
    const walk = setInterval(() => this.#time.advance(tickMs), tickMs);
    try {
      await quiet();
    } finally {
      clearInterval(walk);
    }
  }
}
