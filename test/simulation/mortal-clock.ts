import type { Clock } from '../../src/time/clock.ts';
import type { SeededChance } from '../time/seeded-chance.ts';
import type { VirtualClock } from '../time/virtual-clock.ts';

interface Timer {
  /** By the machine's clock, ms since the epoch; `null`: it does not depend on that clock. */
  when: number | null;
  what: () => void;
  cancel: () => void;
}

/** The system clock looks at the time at least so often; until then a timer does not know that it was set. */
const longestTimerMs = 60_000;

/** The clock that one life of the process reads: it may be wrong, and its timers die with the process. */
export class MortalClock implements Clock {
  readonly #world: VirtualClock;
  readonly #timers = new Set<Timer>();
  /** Milliseconds that the machine's clock is ahead of the world. */
  #aheadMs: number;
  #isDead = false;

  constructor(world: VirtualClock, aheadMs: number) {
    this.#world = world;
    this.#aheadMs = aheadMs;
  }

  now(): number {
    return this.#world.now() + this.#aheadMs;
  }

  elapsed(): number {
    return this.#world.elapsed();
  }

  at(when: number, what: () => void): () => void {
    return this.#wait(when, Math.max(0, when - this.now()), what);
  }

  after(ms: number, what: () => void): () => void {
    return this.#wait(null, ms, what);
  }

  /** Somebody sets the machine's clock: a timer that is near fires within a minute, early or late. */
  set(aheadMs: number, chance: SeededChance): void {
    this.#aheadMs = aheadMs;
    for (const timer of this.#timers) {
      if (timer.when === null) continue;
      timer.cancel();
      const rest = timer.when - this.now();
      this.#arm(timer, rest <= longestTimerMs ? chance.between(0, longestTimerMs) : rest);
    }
  }

  die(): void {
    this.#isDead = true;
    for (const timer of this.#timers) this.#drop(timer);
  }

  #wait(when: number | null, inMs: number, what: () => void): () => void {
    if (this.#isDead) return () => {};
    const timer: Timer = { when, what, cancel: () => {} };
    this.#timers.add(timer);
    this.#arm(timer, inMs);
    return () => this.#drop(timer);
  }

  #arm(timer: Timer, inMs: number): void {
    timer.cancel = this.#world.at(this.#world.now() + inMs, () => {
      this.#timers.delete(timer);
      timer.what();
    });
  }

  #drop(timer: Timer): void {
    timer.cancel();
    this.#timers.delete(timer);
  }
}
