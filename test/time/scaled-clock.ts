import type { Clock } from '../../src/time/clock.ts';

/** Timers of Node take no more, in ms. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * A clock that goes a fixed number of times faster than the real one. Two processes with the same origin and pace
 * read the same time. Everything is that much faster, time-outs of calls too, so a pace must leave them room.
 */
export class ScaledClock implements Clock {
  readonly origin: number;
  readonly pace: number;

  /** `origin`: ms since the epoch at which it agrees with the real clock; `pace`: seconds that pass in a real one. */
  constructor({ origin = Date.now(), pace }: { origin?: number; pace: number }) {
    this.origin = origin;
    this.pace = pace;
  }

  now(): number {
    return Math.round(this.origin + (Date.now() - this.origin) * this.pace);
  }

  elapsed(): number {
    return Math.floor(performance.now() * this.pace);
  }

  at(when: number, what: () => void): () => void {
    return this.after(when - this.now(), what);
  }

  after(ms: number, what: () => void): () => void {
    const realMs = Math.max(0, Math.ceil(ms / this.pace));
    const timer = setTimeout(what, Math.min(realMs, longestTimerMs));
    return () => clearTimeout(timer);
  }
}
