import type { Ticket, Urgency } from '../../../src/adapters/gangway/fair-queue.ts';
import { RateLane, type PaceRate } from '../../../src/adapters/gangway/rate-lane.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';

/** A call by one token that Gangway knows, unless told otherwise. */
export function ticket(urgency: Urgency, changes: Partial<Ticket> = {}): Ticket {
  return { token: 'ours', isKnown: true, isDemanded: false, urgency, ...changes };
}

/** A lane on a virtual clock, with what it has served. */
export function startLane(limit: PaceRate | null) {
  const clock = new VirtualClock(0);
  const lane = new RateLane(clock, limit);
  const served: { name: string; at: number }[] = [];
  const ask = (name: string, urgency: Urgency = 'lookup', changes: Partial<Ticket> = {}) =>
    void lane.turn(ticket(urgency, changes), () => {}).then(() => served.push({ name, at: clock.now() }));
  /** Goes on timer by timer, so that each turn is noted at its own instant. */
  async function pass(ms: number): Promise<void> {
    const end = clock.now() + ms;
    await new Promise(setImmediate);
    for (let due = clock.nextDue(); due !== null && due <= end; due = clock.nextDue()) {
      clock.advanceTo(due);
      await new Promise(setImmediate);
    }
    clock.advanceTo(end);
  }
  return { clock, lane, served, ask, pass };
}
