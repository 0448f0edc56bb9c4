import { FairQueue, type Ticket, type Urgency } from '../../../src/adapters/gangway/fair-queue.ts';
import { type CallRate, TokenBucket } from '../../../src/adapters/gangway/token-bucket.ts';
import { PacedQueue, type Waiter } from '../../../src/time/paced-queue.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';

/** A call with a token that Gangway knows; `changes` overrides that. */
export function ticket(urgency: Urgency, changes: Partial<Ticket> = {}): Ticket {
  return { token: 'ours', isKnown: true, isDemanded: false, urgency, ...changes };
}

/** A queue of calls on a virtual clock, and the calls whose turn came. */
export function startQueue(rate: CallRate | null) {
  const clock = new VirtualClock(0);
  const order = new FairQueue<Waiter>();
  const queue = new PacedQueue(clock, order, rate === null ? null : new TokenBucket(clock, rate));
  const served: { name: string; at: number }[] = [];
  const ask = (name: string, urgency: Urgency = 'lookup', changes: Partial<Ticket> = {}) =>
    void queue.turn(ticket(urgency, changes), () => {}).then(() => served.push({ name, at: clock.now() }));
  /** Advances timer by timer, so that each turn is recorded at its own instant. */
  async function pass(ms: number): Promise<void> {
    const end = clock.now() + ms;
    await new Promise(setImmediate);
    for (let due = clock.nextDue(); due !== null && due <= end; due = clock.nextDue()) {
      clock.advanceTo(due);
      await new Promise(setImmediate);
    }
    clock.advanceTo(end);
  }
  return { clock, order, queue, served, ask, pass };
}
