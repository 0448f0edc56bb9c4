import { type Chain, currentRun } from '../chain/chain.ts';
import type { Flow } from './flow.ts';

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
 * A person's demand counts as a move, too: what was found out before is no reason to refuse it. So does a word on where
 * the run lies, which is looked at first.
 */
export function hasMovedOn(known: Chain, begun: Chain): boolean {
  if (known.state !== begun.state || known.demanded !== begun.demanded) return true;
  if (currentRun(known).prowJobId !== currentRun(begun).prowJobId) return true;
  return JSON.stringify(known.claims) !== JSON.stringify(begun.claims);
}
