import type { Clock } from '../../time/clock.ts';
import { PacedQueue, type Waiter } from '../../time/paced-queue.ts';
import { Breaker, type BreakerState, type Permit, type BreakerVerdict } from './breaker.ts';
import { FairQueue, type Ticket } from './fair-queue.ts';
import { type CallRate, TokenBucket } from './token-bucket.ts';

export interface Health {
  breaker: BreakerState;
  faultsInARow: number;
  /** Contains no address and no words of the other side, because everyone who reaches the service may read it. */
  lastFault: string | null;
  /** When the open breaker allows a call, ms since the epoch. */
  retryAt: number | null;
}

export type Admission =
  | { kind: 'admitted'; permit: Permit }
  /** The breaker is open: nothing may be sent. */
  | { kind: 'held-back'; says: string; retryAfterMs: number }
  /** The service is stopping: nothing may be sent any more. */
  | { kind: 'closed' };

/** All other calls wait for a probe, so the work before it is sent may take this long. */
const maxPreparationMs = 5_000;

/** Admits calls to Gangway: within the rate, fair to all tokens, none while the breaker is open, and none during a probe. */
export class GangwayGate {
  readonly #clock: Clock;
  readonly #waiting = new FairQueue<Waiter>();
  readonly #queue: PacedQueue<Ticket>;
  readonly #breaker: Breaker;

  /** `rate` `null`: no limit. `onChange` is called as the breaker calls it. */
  constructor(clock: Clock, rate: CallRate | null, onChange: (health: Health) => void) {
    this.#clock = clock;
    const bucket = rate === null ? null : new TokenBucket(clock, rate);
    this.#queue = new PacedQueue(clock, this.#waiting, bucket);
    this.#breaker = new Breaker(clock, () => onChange(this.health));
  }

  get health(): Health {
    const { state, faultsInARow, lastFault } = this.#breaker;
    const retryAt = state === 'open' ? this.#clock.now() + this.#breaker.msLeft() : null;
    return { breaker: state, faultsInARow, lastFault, retryAt };
  }

  /** Waits until the call may be sent. The caller must `release` the permit. */
  async enter(ticket: Ticket): Promise<Admission> {
    if (this.#breaker.msLeft() > 0) return this.#holdBack();
    const turn = await this.#queue.turn(ticket, () => this.#begin());
    if (turn.kind === 'rejected') return this.#holdBack();
    return turn.kind === 'closed' ? turn : { kind: 'admitted', permit: turn.value };
  }

  /**
   * Does the caller's work right before the call is sent. `called-off`: the work gave `false`; the permit is released, as
   * when it throws. `late`: the work before a probe took too long. Then the permit is released, so that the next caller
   * probes, and nothing may be sent.
   */
  async runBeforeSend(
    permit: Permit,
    work: () => Promise<boolean>,
  ): Promise<'ready' | 'called-off' | 'late'> {
    let isReleased = false;
    const release = (): void => {
      if (!isReleased) this.release(permit, { kind: 'silent' });
      isReleased = true;
    };
    const cancel = permit.isProbe ? this.#clock.after(maxPreparationMs, release) : () => {};
    let isWanted = false;
    try {
      isWanted = await work();
    } finally {
      cancel();
      if (!isWanted) release();
    }
    if (!isWanted) return 'called-off';
    return isReleased ? 'late' : 'ready';
  }

  release(permit: Permit, verdict: BreakerVerdict): void {
    this.#breaker.release(permit, verdict);
    if (this.#breaker.msLeft() > 0) this.#queue.rejectAll();
    if (permit.isProbe) this.#queue.resumeAll();
  }

  /** Gangway accepted or rejected the token, so its waiting calls get another rank. */
  noteToken(token: string, outcome: 'taken' | 'refused'): void {
    if (outcome === 'taken') this.#waiting.noteTaken(token);
    else this.#waiting.noteRefused(token);
  }

  /** Admits no call for `ms`, as Gangway asked. */
  pause(ms: number): void {
    this.#queue.pauseFor(ms);
  }

  /** Calls that wait, and later ones, are `closed`. */
  close(): void {
    this.#queue.close();
  }

  /** Runs as the turn begins, so that no other turn begins during a probe. */
  #begin(): Permit {
    const permit = this.#breaker.begin();
    if (permit.isProbe) this.#queue.pauseAll();
    return permit;
  }

  #holdBack(): Admission {
    const { faultsInARow, lastFault } = this.#breaker;
    const says = `Gangway is not called for now, after ${faultsInARow} faults in a row (${lastFault})`;
    return { kind: 'held-back', says, retryAfterMs: this.#breaker.msLeft() };
  }
}
