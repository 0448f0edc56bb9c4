import type { Clock } from '../../time/clock.ts';
import type { Pace } from '../../time/paced-queue.ts';

/** `calls` in `perMs` milliseconds on average, `burst` of them at once. */
export interface CallRate {
  calls: number;
  perMs: number;
  burst: number;
}

/** Gangway limits all its clients together, so one bucket serves all calls. It is full at the start. */
export class TokenBucket implements Pace {
  readonly #clock: Clock;
  readonly #rate: CallRate;
  #tokens: number;
  /** By `Clock.elapsed`. */
  #filledAt: number;

  constructor(clock: Clock, rate: CallRate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledAt = clock.elapsed();
  }

  msLeft(): number {
    this.#refill();
    const missing = Math.max(0, 1 - this.#tokens);
    return Math.ceil((missing * this.#rate.perMs) / this.#rate.calls);
  }

  spend(): void {
    this.#tokens -= 1;
  }

  #refill(): void {
    const now = this.#clock.elapsed();
    const gained = ((now - this.#filledAt) * this.#rate.calls) / this.#rate.perMs;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + gained);
    this.#filledAt = now;
  }
}
