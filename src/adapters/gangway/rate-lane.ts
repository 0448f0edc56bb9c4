import type { Clock } from '../../flow/clock.ts';

export interface Rate {
  calls: number;
  perMs: number;
  burst: number;
}

export type Urgency = 'trigger' | 'poll';

/**
 * One token bucket for every call to Gangway, which limits all its clients together. Who waits is served in order,
 * triggers ahead of polls; a `Retry-After` stops the whole lane.
 */
export class RateLane {
  readonly #clock: Clock;
  readonly #rate: Rate | null;
  readonly #waiting: Record<Urgency, (() => void)[]> = { trigger: [], poll: [] };
  #tokens: number;
  #filledAt: number;
  #pausedUntil = 0;
  #cancelTimer: (() => void) | null = null;

  /** `rate` `null` lifts the limit; `Retry-After` still holds. */
  constructor(clock: Clock, rate: Rate | null) {
    this.#clock = clock;
    this.#rate = rate;
    this.#tokens = rate?.burst ?? 0;
    this.#filledAt = clock.now();
  }

  /** Resolves when the caller may send one request. */
  turn(urgency: Urgency): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting[urgency].push(resolve);
    this.#serve();
    return promise;
  }

  /** Stops the lane for `ms` from now, as Gangway asked. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.now() + ms);
  }

  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#refill();
    while (this.#mayServe()) {
      const next = this.#waiting.trigger.shift() ?? this.#waiting.poll.shift();
      if (next === undefined) return;
      this.#tokens -= 1;
      next();
    }
    if (this.#waiting.trigger.length + this.#waiting.poll.length === 0) return;
    this.#cancelTimer = this.#clock.at(this.#nextServeAt(), () => this.#serve());
  }

  #mayServe(): boolean {
    if (this.#clock.now() < this.#pausedUntil) return false;
    return this.#rate === null || this.#tokens >= 1;
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
    return Math.max(now + Math.max(1, waitMs), this.#pausedUntil);
  }
}
