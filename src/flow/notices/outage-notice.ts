import { isDeepStrictEqual } from 'node:util';
import { type Chain, currentRun, type Hold, holdOf } from '../../chain/chain.ts';
import { classifyCanary, keysOf } from '../../chain/hold.ts';
import { newCard, markStale } from '../../notice/card-state.ts';
import type { OutageFacts } from '../../notice/notice.ts';
import { isForOurChannels } from '../../chain/proof.ts';
import type { Flow } from '../flow.ts';
import { listChains } from '../../chain/chain-store.ts';

type Outage = Pick<Hold, 'key' | 'since' | 'until'>;
type Turn = OutageFacts['state'];
type Member = OutageFacts['members'][number];

/**
 * Updates the message about an outage from the chains on disk; `turn` is the new state of the hold. The message names only
 * chains for our channels; without such a chain there is no message. It may run at any time and repeatedly. A fault is
 * logged and stops nothing else.
 */
export async function updateOutageNotice(flow: Flow, outage: Outage, turn: Turn = 'holding'): Promise<void> {
  if (flow.publisher === null || flow.settings.slackChannel === null) return;
  try {
    // What was read first must not be written last.
    await flow.locks.run(idOf(outage), () => note(flow, outage, turn));
  } catch (error) {
    flow.log.error({ key: outage.key, err: error }, 'notice of an outage could not be written down');
  }
}

/** Ends the message of each outage, or of those with a key, in which nothing is held and no canary is underway. */
export async function endOutages(flow: Flow, key: string | null): Promise<void> {
  if (flow.publisher === null) return;
  try {
    for (const { facts } of await flow.notices.list()) {
      const isRunning = facts.kind === 'outage' && facts.endedAt === null;
      if (!isRunning || (key !== null && facts.key !== key)) continue;
      if ((await listHolding(flow, facts)).length > 0) continue;
      await updateOutageNotice(flow, facts, (await cameThrough(flow, facts)) ? 'released' : 'lasted');
    }
  } catch (error) {
    flow.log.error({ key, err: error }, 'notice of an outage could not be written down');
  }
}

async function note(flow: Flow, outage: Outage, turn: Turn): Promise<void> {
  const chains = (await listHolding(flow, outage)).filter(isForOurChannels);
  const now = flow.clock.now();
  await flow.notices.update(idOf(outage), (known) => {
    if (known === null && chains.length === 0) return null;
    const before = known?.facts.kind === 'outage' ? known.facts : null;
    const facts = nextFacts(before, outage, chains, turn, now);
    if (known !== null && isDeepStrictEqual(known.facts, facts)) return known;
    const card = markStale(known?.card ?? newCard, now);
    return { id: idOf(outage), facts, card, openedAt: known?.openedAt ?? now, closedAt: facts.endedAt };
  });
}

async function cameThrough({ store }: Flow, { key, canary }: OutageFacts): Promise<boolean> {
  if (canary === null) return false;
  const chain = await store.get(canary.id);
  return classifyCanary(chain, canary.attempt, (run) => keysOf(run).includes(key)) === 'came-through';
}

function idOf({ key, since }: Outage): string {
  return `outage ${since} ${key}`;
}

/** The chains that wait in the outage, and its canary while that one is open. */
async function listHolding({ store }: Flow, { key, since }: Outage): Promise<Chain[]> {
  const chains: Chain[] = [];
  for await (const chain of listChains(store, { outageKey: key })) {
    if (holdOf(chain)?.since === since) chains.push(chain);
  }
  return chains;
}

/** The notice's facts after `turn`; one that has ended stays as it is. */
function nextFacts(
  before: OutageFacts | null,
  { key, since, until }: Outage,
  chains: readonly Chain[],
  turn: Turn,
  now: number,
): OutageFacts {
  if (before !== null && before.endedAt !== null) return before;
  const canary = findCanary(chains, before);
  const members = chains.map(memberOf);
  const outage = { kind: 'outage', key, since, until, canary } as const;
  if (turn === 'released' || turn === 'lasted')
    return { ...outage, members: unite(before?.members ?? [], members), state: turn, endedAt: now };
  // A failed canary is shown until another one is chosen.
  const isFailing = before?.state === 'failing' && before.canary?.id === canary?.id;
  return { ...outage, members, state: isFailing ? 'failing' : turn, endedAt: null };
}

/** A process that died may have begun the end, so some members may not be on hold any more. */
function unite(before: readonly Member[], members: readonly Member[]): Member[] {
  return [...new Map([...before, ...members].map((each) => [each.id, each])).values()];
}

/** The canary's own chain may have ended already. */
function findCanary(chains: readonly Chain[], before: OutageFacts | null): OutageFacts['canary'] {
  const [named] = chains.flatMap((each) => holdOf(each)?.canary ?? []);
  if (named === undefined) return before?.canary ?? null;
  const chain = chains.find(({ id }) => id === named.id);
  if (chain !== undefined) return { ...memberOf(chain), attempt: named.attempt };
  return before?.canary?.id === named.id ? { ...before.canary, attempt: named.attempt } : null;
}

function memberOf(chain: Chain): Member {
  return { id: chain.id, jobName: chain.jobName, url: currentRun(chain).url };
}
