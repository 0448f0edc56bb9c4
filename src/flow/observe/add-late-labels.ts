import { type Chain, currentRun } from '../../chain/chain.ts';
import { patchRun } from '../../chain/record-end.ts';
import { changeTask } from '../state/change-task.ts';
import type { Flow } from '../flow.ts';
import { readLabels } from './read-labels.ts';

/**
 * Notes labels that came after the decision, so that people see them: most come minutes after a run's end, and only a
 * rule that asks for labels waits for them. The decision stays. This happens once, when the attempt is due. `null`: the
 * chain has moved on.
 */
export async function noteLateLabels(flow: Flow, chain: Chain): Promise<Chain | null> {
  const { folder, prowJobId, knownFailures } = currentRun(chain);
  if (folder === null || knownFailures.length > 0 || chain.tries > 0) return chain;
  const { value } = await readLabels(flow, folder);
  return value === null
    ? chain
    : changeTask(flow, chain, (known) => patchRun(known, prowJobId, { knownFailures: value }));
}
