import type { Clock } from '../../time/clock.ts';

/** `half-open`: the wait is over, and the next call, the probe, tells whether Gangway serves again. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** A call that was let through; it is handed back with what came of it. */
export interface Permit {
  readonly isProbe: boolean;
  /** The breaker opens between two periods; what comes late, from an earlier one, is no longer of account. */
  readonly period: number;
}

/** What a call tells of Gangway: `silent` is an answer by which nobody can tell whether Gangway itself is well. */
export type BreakerVerdict = { kind: 'served' } | { kind: 'silent' } | { kind: 'fault'; says: string };

const maxFaults = 5;
const firstWaitMs = 30_000;
const maxWaitMs = 15 * 60_000;

/**
 * Tells when Gangway is to be left alone: after faults in a row no call is made for a while, then one, and each probe
 * that fails doubles the wait. Whoever lets calls through asks for `msLeft` first, and sends nothing beside a probe.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #hasServed = false;
  #faultsInARow = 0;
  #lastFault: string | null = null;
  /** How long the wait is as a whole, 0 while closed: where the clock is set back, so much is left at the most. */
  #waitMs = 0;
  #openUntil = 0;
  #period = 0;

  /**
   * `onChange` is called when the breaker opens or reopens, and when it closes. It is also called at the first call
   * that was served: until then it is unknown whether Gangway is well.
   */
  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get state(): BreakerState {
    if (this.#waitMs === 0) return 'closed';
    return this.msLeft() > 0 ? 'open' : 'half-open';
  }

  get faultsInARow(): number {
    return this.#faultsInARow;
  }

  /** What the last of the faults in a row was; `null` where the last call was served. */
  get lastFault(): string | null {
    return this.#lastFault;
  }

  /** How long no call may be made; 0: one may. */
  msLeft(): number {
    const now = this.#clock.now();
    this.#openUntil = Math.min(this.#openUntil, now + this.#waitMs);
    return Math.max(0, this.#openUntil - now);
  }

  /** A call is about to be made. */
  begin(): Permit {
    const isProbe = this.#waitMs > 0;
    // From now on the wait is over, wherever the clock is set.
    if (isProbe) this.#openUntil = 0;
    return { isProbe, period: this.#period };
  }

  settle({ isProbe, period }: Permit, verdict: BreakerVerdict): void {
    if (period !== this.#period || verdict.kind === 'silent') return;
    this.#faultsInARow = verdict.kind === 'fault' ? this.#faultsInARow + 1 : 0;
    this.#lastFault = verdict.kind === 'fault' ? verdict.says : null;
    if (verdict.kind === 'served') {
      const isFirst = !this.#hasServed;
      this.#hasServed = true;
      if (isProbe) this.#waitFor(0);
      else if (isFirst) this.#onChange();
    } else if (isProbe) this.#waitFor(Math.min(2 * this.#waitMs, maxWaitMs));
    else if (this.#faultsInARow >= maxFaults) this.#waitFor(firstWaitMs);
  }

  #waitFor(ms: number): void {
    this.#waitMs = ms;
    this.#openUntil = this.#clock.now() + ms;
    this.#period += 1;
    this.#onChange();
  }
}
