import type { Clock } from '../../src/time/clock.ts';

interface Timer {
  when: number;
  /** Timers due at the same instant fire in the order in which they were set. */
  turn: number;
  what: () => void;
}

/** A clock that stands still until it is told to go on; nothing in it waits for real. */
export class VirtualClock implements Clock {
  readonly #start: number;
  #now: number;
  #turn = 0;
  /** Sorted by `when`, then `turn`. */
  readonly #timers: Timer[] = [];

  constructor(start: number | string = '2026-06-01T10:00:00Z') {
    this.#start = typeof start === 'number' ? start : Date.parse(start);
    this.#now = this.#start;
  }

  now(): number {
    return this.#now;
  }

  /** Milliseconds since the start. */
  elapsed(): number {
    return this.#now - this.#start;
  }

  after(ms: number, what: () => void): () => void {
    return this.at(this.#now + ms, what);
  }

  /** A time that has passed is due at once: after the running code, or within the running `advance`. */
  at(when: number, what: () => void): () => void {
    const timer = { when, turn: this.#turn++, what };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    if (when <= this.#now) queueMicrotask(() => this.#remove(timer) && what());
    return () => void this.#remove(timer);
  }

  /** Goes on by `ms`, firing what falls due on the way in order of time, each at its own instant. */
  advance(ms: number): void {
    this.advanceTo(this.#now + ms);
  }

  /** The same up to an instant; one that has passed fires only what is due now. */
  advanceTo(instant: number): void {
    for (;;) {
      const next = this.#timers[0];
      if (next === undefined || next.when > instant) break;
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.when);
      next.what();
    }
    this.#now = Math.max(this.#now, instant);
  }

  /** When the next timer is due, ms since the epoch; `null` when none is set. */
  nextDue(): number | null {
    return this.#timers[0]?.when ?? null;
  }

  #placeOf(timer: Timer): number {
    let low = 0;
    let high = this.#timers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#timers[middle];
      if (other !== undefined && isBefore(other, timer)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #remove(timer: Timer): boolean {
    const place = this.#placeOf(timer);
    if (this.#timers[place] !== timer) return false;
    this.#timers.splice(place, 1);
    return true;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.when === b.when ? a.turn < b.turn : a.when < b.when;
}
