import type { Chain } from '../../chain/chain.ts';
import { chainIdOf } from '../../chain/open-chain.ts';
import type { Answered } from '../../trigger/execution-api.ts';
import type { Flow } from '../flow.ts';
import { listChains } from '../state/list-chains.ts';

/**
 * A run that was known before the request was written down is not what the request created, whatever Gangway answers:
 * what it did create is looked for. The attempt's own notification may come before the answer, but not before the intent.
 */
export async function doubtCreation(flow: Flow, begun: Chain, creation: Answered): Promise<Answered> {
  if (creation.kind !== 'created') return creation;
  const { prowJobId } = creation;
  const writtenAt = (await flow.store.get(begun.id))?.intent?.writtenAt ?? 0;
  const opened = await flow.store.get(chainIdOf(prowJobId));
  const chains = opened === null ? [] : [opened];
  for await (const chain of listChains(flow.store, { matchesJob: (name) => name === begun.jobName }))
    chains.push(chain);
  const isOld = chains.some(({ runs }) =>
    runs.some((run) => run.prowJobId === prowJobId && run.openedAt < writtenAt),
  );
  if (!isOld) return creation;
  flow.log.warn({ chain: begun.id, run: prowJobId }, 'gangway names a run that is known already');
  return { kind: 'unclear', says: `Gangway answered with run ${prowJobId}, which is known already` };
}
