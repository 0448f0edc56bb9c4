import type { Clock } from '../../time/clock.ts';
import { FairQueue, type Ticket } from './fair-queue.ts';

export interface PaceRate {
  calls: number;
  perMs: number;
  burst: number;
}

/** The service is stopping: nothing is sent any more, and what waited for its turn was not. */
export class LaneClosed extends Error {
  override name = 'LaneClosed';

  constructor() {
    super('the service is stopping, so nothing more is sent to Gangway');
  }
}

interface Waiter {
  serve: () => void;
  turnAway: () => void;
  reject: (error: LaneClosed) => void;
}

/** No pause is longer, whatever is asked for. */
const maxPauseMs = 15 * 60_000;
/** The clock may be set while the lane waits, so it is read anew at least this often. */
const maxWaitMs = 60_000;

/**
 * One token bucket for every call to Gangway, which limits all its clients together. Calls that wait are served in the
 * order of a `FairQueue`; a `Retry-After` stops the whole lane.
 */
export class RateLane {
  readonly #clock: Clock;
  readonly #rate: PaceRate | null;
  readonly #waiting = new FairQueue<Waiter>();
  #tokens: number;
  #filledAt: number;
  #pausedUntil = 0;
  /** How long the pause is as a whole: where the clock is set back, so much is left of it at the most. */
  #pauseMs = 0;
  #cancelTimer: (() => void) | null = null;
  #isHeld = false;
  #isClosed = false;

  /** `rate` `null` lifts the limit; `Retry-After` still holds. */
  constructor(clock: Clock, rate: PaceRate | null) {
    this.#clock = clock;
    this.#rate = rate;
    this.#tokens = rate?.burst ?? 0;
    this.#filledAt = clock.now();
  }

  /**
   * Resolves when the caller may send one request, with what `begin` gave, which is called right as the turn comes;
   * with `null` where the caller is turned away. Rejects with `LaneClosed`.
   */
  turn<T>(ticket: Ticket, begin: () => T): Promise<T | null> {
    const { promise, resolve, reject } = Promise.withResolvers<T | null>();
    const waiter = { serve: () => resolve(begin()), turnAway: () => resolve(null), reject };
    if (this.#isClosed) reject(new LaneClosed());
    else this.#waiting.add(ticket, waiter);
    this.#serve();
    return promise;
  }

  /** Nobody's turn comes until `release`. */
  pauseAll(): void {
    this.#isHeld = true;
  }

  resumeAll(): void {
    this.#isHeld = false;
    this.#serve();
  }

  /** Gangway took or refused the token, which changes the place of its waiting calls. */
  noteToken(token: string, outcome: 'taken' | 'refused'): void {
    if (outcome === 'taken') this.#waiting.noteTaken(token);
    else this.#waiting.noteRefused(token);
  }

  /** Sends away everybody who waits now; who comes later waits as ever. */
  rejectAll(): void {
    for (const waiter of this.#waiting.takeAll()) waiter.turnAway();
  }

  /** Stops the lane for `ms` from now, as Gangway asked. */
  pauseFor(ms: number): void {
    const now = this.#clock.now();
    const pauseMs = Math.min(ms, maxPauseMs);
    if (now + pauseMs <= this.#pauseEnd(now)) return;
    this.#pausedUntil = now + pauseMs;
    this.#pauseMs = pauseMs;
  }

  /** Serves nobody any more, and turns away who waits. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (const { reject } of this.#waiting.takeAll()) reject(new LaneClosed());
  }

  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#refill();
    while (this.#mayServe()) {
      const next = this.#waiting.take();
      if (next === undefined) return;
      this.#tokens -= 1;
      next.serve();
    }
    if (this.#isHeld || this.#waiting.isEmpty) return;
    this.#cancelTimer = this.#clock.at(this.#nextServeAt(), () => this.#serve());
  }

  #mayServe(): boolean {
    const now = this.#clock.now();
    if (this.#isHeld || now < this.#pauseEnd(now)) return false;
    return this.#rate === null || this.#tokens >= 1;
  }

  #pauseEnd(now: number): number {
    this.#pausedUntil = Math.min(this.#pausedUntil, now + this.#pauseMs);
    return this.#pausedUntil;
  }

  #refill(): void {
    if (this.#rate === null) return;
    const now = this.#clock.now();
    const gained = (Math.max(0, now - this.#filledAt) * this.#rate.calls) / this.#rate.perMs;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + gained);
    this.#filledAt = now;
  }

  #nextServeAt(): number {
    const now = this.#clock.now();
    const missing = this.#rate === null ? 0 : Math.max(0, 1 - this.#tokens);
    const waitMs = this.#rate === null ? 0 : Math.ceil((missing * this.#rate.perMs) / this.#rate.calls);
    const wantedAt = Math.max(now + Math.max(1, waitMs), this.#pauseEnd(now));
    return Math.min(wantedAt, now + maxWaitMs);
  }
}
