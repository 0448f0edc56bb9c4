import { recordCreated } from '../../chain/attempt.ts';
import { refuseAttempt } from '../../chain/decide.ts';
import { type Chain, currentRun, intentOf, isOpen } from '../../chain/chain.ts';
import { chainIdOf } from '../../chain/accept.ts';
import type { Lineage } from '../../trigger/lineage.ts';
import { changeTask } from '../state/change-task.ts';
import type { Flow } from '../flow.ts';
import type { Answered } from '../../trigger/execution-api.ts';
import type { Reason } from '../../chain/decision.ts';
import { listChains } from '../../chain/chain-store.ts';

/** Chains of one job that are looked through; an attempt's chain is among the latest. */
const maxChains = 100;

/**
 * A run whose labels say that it is another chain's attempt belongs to that chain, though its own notification opened
 * this one because it came before anybody knew of the run. Hands it over; `false`: no chain holds or awaits it, and
 * this one goes on by itself.
 */
export async function handOverToOwner(
  flow: Flow,
  chain: Chain,
  { root, attempt }: Lineage,
): Promise<boolean> {
  const { chains } = await flow.store.page({
    matchesJob: (name) => name === chain.jobName,
    isProven: true,
    limit: maxChains,
  });
  const { prowJobId, buildId } = currentRun(chain);
  const isExpected = (known: Chain): boolean => isOpen(known) && intentOf(known)?.attempt === attempt;
  const family = chains.filter((each) => each.id !== chain.id && each.root === root);
  // One that holds the run has told how it went on, or will; that it has ended is no reason to begin anew.
  const kin = family.find((each) => holds(each, prowJobId)) ?? family.find(isExpected);
  if (kin === undefined) return false;
  const now = flow.clock.now();
  const owner = await flow.store.update(kin.id, (known) =>
    isExpected(known) && !holds(known, prowJobId)
      ? recordCreated(known, { prowJobId, buildId }, now, now)
      : known,
  );
  if (owner === null || !holds(owner, prowJobId)) return false;
  await close(flow, chain, owner);
  return true;
}

/** A chain has just taken up a run as its attempt: one that the run's own notification opened has nothing to do. */
export async function closeDuplicateChain(flow: Flow, prowJobId: string, owner: Chain): Promise<void> {
  const twin = await flow.store.get(chainIdOf(prowJobId));
  if (twin !== null && twin.id !== owner.id && isOpen(twin)) await close(flow, twin, owner);
}

async function close(flow: Flow, chain: Chain, owner: Chain): Promise<void> {
  const because: Reason = { kind: 'attempt-of', chainId: owner.id };
  await changeTask(flow, chain, (known) =>
    refuseAttempt(known, 'superseded', because, flow.clock.now(), false),
  );
}

function holds({ runs }: Chain, prowJobId: string): boolean {
  return runs.some((run) => run.prowJobId === prowJobId);
}

/**
 * A run that was known before the request was written down is not what the request created, whatever Gangway answers:
 * what it did create is looked for. The attempt's own notification may come before the answer, but not before the intent.
 */
export async function rejectKnownRun(flow: Flow, begun: Chain, creation: Answered): Promise<Answered> {
  if (creation.kind !== 'created') return creation;
  const { prowJobId } = creation;
  const current = await flow.store.get(begun.id);
  const writtenAt = (current && intentOf(current))?.writtenAt ?? 0;
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
