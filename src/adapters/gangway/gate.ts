import type { Clock } from '../../time/clock.ts';
import { Breaker, type BreakerState, type Permit, type BreakerVerdict } from './breaker.ts';
import type { Ticket } from './fair-queue.ts';
import { RateLane, type PaceRate } from './rate-lane.ts';

export interface Health {
  breaker: BreakerState;
  faultsInARow: number;
  /** Without an address or any words of the other side: whoever reaches us may read it. */
  lastFault: string | null;
  /** When the open breaker lets a call through, ms since the epoch. */
  retryAt: number | null;
}

export type Admitted =
  | { kind: 'pass'; pass: Permit }
  /** The breaker is open: nothing may be sent. */
  | { kind: 'shut'; says: string; retryAfterMs: number };

/** A probe keeps all others waiting, so what is done before it is sent may take so long. */
const maxPreparationMs = 5_000;

/** Admits calls to Gangway: within the rate, fair to all tokens, none while the breaker is open, and the probe alone. */
export class GangwayGate {
  readonly #clock: Clock;
  readonly #lane: RateLane;
  readonly #breaker: Breaker;

  /** `onChange` is called as the breaker calls it. */
  constructor(clock: Clock, rate: PaceRate | null, onChange: (health: Health) => void) {
    this.#clock = clock;
    this.#lane = new RateLane(clock, rate);
    this.#breaker = new Breaker(clock, () => onChange(this.health));
  }

  get health(): Health {
    const { state, faultsInARow, lastFault } = this.#breaker;
    const retryAt = state === 'open' ? this.#clock.now() + this.#breaker.msLeft() : null;
    return { breaker: state, faultsInARow, lastFault, retryAt };
  }

  /** Whoever is let through comes back with the pass, to `leave`. Rejects with `LaneClosed`. */
  async enter(ticket: Ticket): Promise<Admitted> {
    if (this.#breaker.msLeft() > 0) return this.#sayShut();
    const pass = await this.#lane.turn(ticket, () => this.#begin());
    return pass === null ? this.#sayShut() : { kind: 'pass', pass };
  }

  /**
   * Runs the work right before the call is sent. `called-off`: it gave `false`; the permit is handed back, as when it
   * throws. `late`: it took long, so the probe was left to the next call, and the permit is of no use any more.
   */
  async runBeforeSend(pass: Permit, work: () => Promise<boolean>): Promise<'ready' | 'called-off' | 'late'> {
    let isLeft = false;
    const leave = (): void => {
      if (!isLeft) this.release(pass, { kind: 'silent' });
      isLeft = true;
    };
    const cancel = pass.isProbe ? this.#clock.at(this.#clock.now() + maxPreparationMs, leave) : () => {};
    let isWanted = false;
    try {
      isWanted = await work();
    } finally {
      cancel();
      if (!isWanted) leave();
    }
    if (!isWanted) return 'called-off';
    return isLeft ? 'late' : 'ready';
  }

  release(pass: Permit, verdict: BreakerVerdict): void {
    this.#breaker.settle(pass, verdict);
    if (this.#breaker.msLeft() > 0) this.#lane.rejectAll();
    if (pass.isProbe) this.#lane.resumeAll();
  }

  /** As `RateLane.noteToken`. */
  noteToken(token: string, outcome: 'taken' | 'refused'): void {
    this.#lane.noteToken(token, outcome);
  }

  /** Stops every call for `ms` from now, as Gangway asked. */
  pause(ms: number): void {
    this.#lane.pauseFor(ms);
  }

  close(): void {
    this.#lane.close();
  }

  /** Right as its turn comes, so that nobody's turn comes beside the probe's. */
  #begin(): Permit {
    const pass = this.#breaker.begin();
    if (pass.isProbe) this.#lane.pauseAll();
    return pass;
  }

  #sayShut(): Admitted {
    const { faultsInARow, lastFault } = this.#breaker;
    const says = `Gangway is not called for now, after ${faultsInARow} faults in a row (${lastFault})`;
    return { kind: 'shut', says, retryAfterMs: this.#breaker.msLeft() };
  }
}
