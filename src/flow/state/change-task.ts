import { type Chain, currentRun, isManual } from '../../chain/chain.ts';
import { hasNewLocation } from '../../chain/location.ts';
import { postpone } from '../../chain/move.ts';
import type { Flow } from '../flow.ts';

/**
 * Changes a chain as the outcome of its task, unless it has moved on since the task began: `begun` is the chain as it
 * was then. Gives the chain after the change; `null` where somebody was faster, and the outcome no longer counts.
 */
export async function changeTask(
  { store }: Pick<Flow, 'store'>,
  begun: Chain,
  how: (known: Chain) => Chain,
): Promise<Chain | null> {
  let isOvertaken = false;
  const changed = await store.update(begun.id, (known) => {
    isOvertaken = hasMovedOn(known, begun);
    return isOvertaken ? known : how(known);
  });
  return isOvertaken ? null : changed;
}

/**
 * The same for a judgement, after which nobody looks at the run any more: where a place of it was named meanwhile, the
 * next look goes there first. Once its place is proven nobody can name another.
 */
export async function concludeTask(
  flow: Pick<Flow, 'store' | 'clock' | 'settings'>,
  begun: Chain,
  how: (known: Chain) => Chain,
): Promise<Chain | null> {
  let isContested = false;
  const changed = await changeTask(flow, begun, (known) => {
    isContested = hasNewLocation(known, begun);
    return isContested ? postpone(known, flow.clock.now() + flow.settings.pollMs) : how(known);
  });
  return isContested ? null : changed;
}

/** A person's demand counts as a move, too: what was found out before is no reason to refuse it. */
export function hasMovedOn(known: Chain, begun: Chain): boolean {
  if (known.state !== begun.state || isManual(known) !== isManual(begun)) return true;
  return currentRun(known).prowJobId !== currentRun(begun).prowJobId;
}
