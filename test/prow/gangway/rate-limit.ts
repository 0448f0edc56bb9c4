import type { Clock } from '../../../src/time/clock.ts';

export interface GangwayRate {
  /** Calls a minute, GETs too, of all callers together. */
  perMinute: number;
  /** Calls let through at once beyond the first, as nginx's `burst=n nodelay`. */
  burst: number;
  /** Seconds in Retry-After; `null`: no such header, as in older deployments. */
  retryAfter?: number | null;
}

/** nginx's `limit_req`: a leaky bucket that refuses a call and forgets it. */
export class RateLimit {
  readonly #clock: Clock;
  readonly #rate: GangwayRate;
  #excess = 0;
  #last: number | null = null;

  constructor(clock: Clock, rate: GangwayRate) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Counts a call; false when it comes too soon. */
  admit(): boolean {
    const now = this.#clock.now();
    const leaked = this.#last === null ? 1 : ((now - this.#last) / 60_000) * this.#rate.perMinute;
    const excess = Math.max(0, this.#excess - leaked + 1);
    // The slack keeps a fraction lost to floating point from refusing a call that is just in time.
    if (excess > this.#rate.burst + 1e-9) return false;
    this.#excess = excess;
    this.#last = now;
    return true;
  }

  get retryAfter(): number | null {
    return this.#rate.retryAfter ?? null;
  }
}
