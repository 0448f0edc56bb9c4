import type { Clock } from '../../time/clock.ts';

/** `half-open`: the wait is over, and the next call is the probe. Its answer closes or reopens the breaker. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** A call may be sent. Its owner gives the permit back with the verdict on the answer. */
export interface Permit {
  readonly isProbe: boolean;
  /** A new period starts when the breaker opens or closes. Verdicts from an earlier period do not count. */
  readonly period: number;
}

/** What an answer says about Gangway's health; `silent`: nothing, a proxy may have given it. */
export type BreakerVerdict = { kind: 'served' } | { kind: 'silent' } | { kind: 'fault'; says: string };

const maxFaults = 5;
const firstWaitMs = 30_000;
const maxWaitMs = 15 * 60_000;

/**
 * Stops calls to Gangway after several faults in a row. When the wait is over, it allows one call, the probe. Each probe
 * that fails doubles the wait. The owner checks `msLeft` before each call, and sends no other call during a probe.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #hasServed = false;
  #faultsInARow = 0;
  #lastFault: string | null = null;
  /** The length of the current wait; 0: the breaker is closed. */
  #waitMs = 0;
  /** By `Clock.elapsed`. */
  #openUntil = 0;
  #period = 0;

  /**
   * `onChange` is called when the breaker opens, reopens or closes. It is also called when the first call was served,
   * because until then Gangway's health is unknown.
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

  /** The last of the faults in a row; `null`: the last call was served. */
  get lastFault(): string | null {
    return this.#lastFault;
  }

  /** Milliseconds until a call may be sent; 0: now. */
  msLeft(): number {
    return Math.max(0, this.#openUntil - this.#clock.elapsed());
  }

  /** The owner is about to send a call. */
  begin(): Permit {
    return { isProbe: this.#waitMs > 0, period: this.#period };
  }

  release({ isProbe, period }: Permit, verdict: BreakerVerdict): void {
    if (period !== this.#period || verdict.kind === 'silent') return;
    this.#faultsInARow = verdict.kind === 'fault' ? this.#faultsInARow + 1 : 0;
    this.#lastFault = verdict.kind === 'fault' ? verdict.says : null;
    if (verdict.kind === 'served') {
      const isFirst = !this.#hasServed;
      this.#hasServed = true;
      if (isProbe) this.#startWait(0);
      else if (isFirst) this.#onChange();
    } else if (isProbe) this.#startWait(Math.min(2 * this.#waitMs, maxWaitMs));
    else if (this.#faultsInARow >= maxFaults) this.#startWait(firstWaitMs);
  }

  #startWait(ms: number): void {
    this.#waitMs = ms;
    this.#openUntil = this.#clock.elapsed() + ms;
    this.#period += 1;
    this.#onChange();
  }
}
