import type { Clock } from './clock.ts';

/** How a wait for a turn ended; `rejected`: by `rejectAll`, `closed`: by `close`. */
export type Turn<T> = { kind: 'begun'; value: T } | { kind: 'rejected' } | { kind: 'closed' };

/** A caller that waits for its turn. */
export interface Waiter {
  begin(): void;
  sendAway(kind: 'rejected' | 'closed'): void;
}

/** Decides who is next. `ticket` is what the owner knows about a caller. */
interface TurnOrder<Ticket> {
  add(ticket: Ticket, waiter: Waiter): void;
  /** The next one; `undefined`: none waits. */
  take(): Waiter | undefined;
  takeAll(): Waiter[];
}

/** Limits how often a turn begins. */
export interface Pace {
  /** Milliseconds until the next turn may begin; 0: now. */
  msLeft(): number;
  /** A turn begins. */
  spend(): void;
}

/** Turns that begin one after another, in the owner's order, at its pace, and never during a pause. */
export class PacedQueue<Ticket> {
  readonly #clock: Clock;
  readonly #order: TurnOrder<Ticket>;
  readonly #pace: Pace | null;
  #waiting = 0;
  /** By `Clock.elapsed`. */
  #pausedUntil = 0;
  #isHeld = false;
  #isClosed = false;
  #cancelTimer = (): void => {};

  /** `pace` `null`: any number of turns may begin at once. */
  constructor(clock: Clock, order: TurnOrder<Ticket>, pace: Pace | null = null) {
    this.#clock = clock;
    this.#order = order;
    this.#pace = pace;
  }

  /** The number of callers that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether a new caller's turn would begin at once. */
  get isFree(): boolean {
    return !this.#isHeld && !this.#isClosed && this.#waiting === 0 && this.#msLeft() <= 0;
  }

  /** Calls `begin` when the turn comes, and resolves with its result. `begin` may pause the queue. */
  turn<T>(ticket: Ticket, begin: () => T): Promise<Turn<T>> {
    if (this.#isClosed) return Promise.resolve({ kind: 'closed' });
    const { promise, resolve } = Promise.withResolvers<Turn<T>>();
    this.#order.add(ticket, {
      begin: () => resolve({ kind: 'begun', value: begin() }),
      sendAway: (kind) => resolve({ kind }),
    });
    this.#waiting += 1;
    this.#serve();
    return promise;
  }

  /** No turn begins until `resumeAll`. */
  pauseAll(): void {
    this.#isHeld = true;
  }

  resumeAll(): void {
    this.#isHeld = false;
    this.#serve();
  }

  /** No turn begins for `ms` from now. A longer pause stays as it is. */
  pauseFor(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.elapsed() + ms);
  }

  /** Sends away all callers that wait now. Later callers wait as usual. */
  rejectAll(): void {
    this.#sendAllAway('rejected');
  }

  /** Sends away all callers, also later ones. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer();
    this.#sendAllAway('closed');
  }

  #sendAllAway(kind: 'rejected' | 'closed'): void {
    this.#waiting = 0;
    for (const waiter of this.#order.takeAll()) waiter.sendAway(kind);
  }

  #serve(): void {
    this.#cancelTimer();
    while (this.#waiting > 0 && !this.#isHeld) {
      const ms = this.#msLeft();
      if (ms > 0) {
        this.#cancelTimer = this.#clock.after(ms, () => this.#serve());
        return;
      }
      this.#waiting -= 1;
      this.#pace?.spend();
      this.#order.take()?.begin();
    }
  }

  #msLeft(): number {
    return Math.max(this.#pausedUntil - this.#clock.elapsed(), this.#pace?.msLeft() ?? 0);
  }
}

/** First come, first served. */
export function inOrderOfArrival(): TurnOrder<null> {
  const waiting: Waiter[] = [];
  return {
    add: (_, waiter) => void waiting.push(waiter),
    take: () => waiting.shift(),
    takeAll: () => waiting.splice(0),
  };
}
