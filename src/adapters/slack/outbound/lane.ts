import type { Clock } from '../../../time/clock.ts';

/** The clock may be set while the lane waits, so it is read anew at least this often. */
const longestWaitMs = 60_000;

/** One at a time, in the order in which they came, with gaps between them. */
export class Lane {
  readonly #clock: Clock;
  readonly #waiting: ((server: Lane | null) => void)[] = [];
  #isTaken = false;
  #isClosed = false;
  #shutUntil = 0;
  /** How long the gap is as a whole: where the clock is set back, so much is left of it at the most. */
  #gapMs = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether who comes now is served at once. */
  get isFree(): boolean {
    return !this.#isTaken && !this.#isClosed && this.#waiting.length === 0 && this.#waitMs() <= 0;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves as the turn comes with the lane whose turn it is, which the caller then must `end`: this one, or the one that
   * it was moved to. With `null` if it never comes.
   */
  turn(): Promise<Lane | null> {
    if (this.#isClosed) return Promise.resolve(null);
    const { promise, resolve } = Promise.withResolvers<Lane | null>();
    this.#waiting.push(resolve);
    this.#serve();
    return promise;
  }

  /** Whoever waits here goes on waiting in the other lane, behind those who are there. */
  moveTo(other: Lane): void {
    this.#cancelTimer?.();
    other.#waiting.push(...this.#waiting.splice(0));
    other.#serve();
  }

  /** Ends the turn; the next one begins `gapMs` from now. */
  end(gapMs: number): void {
    this.#isTaken = false;
    this.shut(gapMs);
    this.#serve();
  }

  /** No turn begins for `ms` from now. */
  shut(ms: number): void {
    if (ms <= this.#waitMs()) return;
    this.#shutUntil = this.#clock.now() + ms;
    this.#gapMs = ms;
  }

  /** No turn begins any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
    for (const resolve of this.#waiting.splice(0)) resolve(null);
  }

  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#isTaken || this.#waiting.length === 0) return;
    const waitMs = this.#waitMs();
    if (waitMs <= 0) {
      this.#isTaken = true;
      this.#waiting.shift()?.(this);
      return;
    }
    const lookAt = this.#clock.now() + Math.min(waitMs, longestWaitMs);
    this.#cancelTimer = this.#clock.at(lookAt, () => this.#serve());
  }

  #waitMs(): number {
    const now = this.#clock.now();
    this.#shutUntil = Math.min(this.#shutUntil, now + this.#gapMs);
    return this.#shutUntil - now;
  }
}
