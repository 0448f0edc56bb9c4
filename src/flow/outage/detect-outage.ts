import { type Chain, currentRun, type Hold, openStates } from '../../chain/chain.ts';
import { followCanary, holdChain, makeCanary, announceHold, type SharedMessage } from '../../chain/hold.ts';
import { isForOurChannels } from '../../chain/proof.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { findOutage, keysOf, type OutageMatch } from '../../rules/decide/outage.ts';
import type { Flow } from '../flow.ts';
import { listChains } from '../../chain/chain-store.ts';
import { updateOutageNotice } from '../notices/outage-notice.ts';
import { listAddresses } from '../deliver/recipients.ts';

/** What the flow knows of an outage when a failure is judged. */
interface DetectedOutage {
  sign: OutageMatch | null;
  /** The hold that the failure's chain joins, its attempt being due at `due` (ms since the epoch). */
  holdFor: (due: number) => Hold | null;
}

/** Nobody goes first yet: `joinOutage` chooses. Where it never came to that, a review of the hold does. */
const noCanary = { id: '', attempt: 0 };

/** Whether a failure is part of an outage: of one that holds attempts already, or of one that it completes. */
export async function detectOutage(flow: Flow, chain: Chain, evidence: Evidence): Promise<DetectedOutage> {
  const { outage: settings } = flow.rules();
  const { steps, signature, finishedAt, status } = evidence;
  if (settings === null || status === 'SUCCESS') return { sign: null, holdFor: () => null };
  const failure = { jobName: chain.jobName, steps, signature, at: finishedAt ?? currentRun(chain).openedAt };
  const running = await findHold(flow, keysOf(failure));
  const found = findOutage(settings, failure, flow.failures.list());
  const sign =
    running === null
      ? found
      : { key: running.key, jobs: found?.jobs ?? settings.same_step_jobs, holdMs: settings.hold };
  if (sign === null) return { sign, holdFor: () => null };
  const since = flow.clock.now();
  const fresh = { key: sign.key, since, until: since + sign.holdMs, canary: noCanary };
  return { sign, holdFor: (due) => ({ ...(running ?? fresh), dueAt: due, told: false }) };
}

/** The hold of an outage with one of these keys that lasts: its canary is on its way, or others wait for it. */
async function findHold({ store }: Flow, keys: readonly string[]): Promise<Hold | null> {
  for await (const { id, state, hold } of listChains(store, { states: openStates })) {
    const lasts = hold !== null && (state === 'held' || hold.canary.id === id);
    if (lasts && keys.includes(hold.key)) return hold;
  }
  return null;
}

/**
 * Takes a judged failure into account. If it completes an outage, the next attempts are held, and one of them goes ahead as
 * the canary: the first one due, among chains for our channels if there are any, because Gangway may reject the token of
 * another chain. Every proven failure counts, no matter who reported it. People get one message about the outage.
 */
export async function joinOutage(flow: Flow, chain: Chain, sign: OutageMatch | null): Promise<void> {
  flow.failures.add(chain, currentRun(chain), flow.clock.now());
  if (sign === null) return;
  const members = await listMembers(flow, sign.key, chain);
  const running = members.find(({ hold }) => hold !== null && hold.canary.id !== '')?.hold ?? null;
  if (running !== null) return chain.hold?.told === false ? announceHoldOf(flow, running) : undefined;
  const [first] = oursFirst(members.toSorted((a, b) => dueAt(a) - dueAt(b)));
  if (first === undefined) return;
  const now = flow.clock.now();
  const hold = { key: sign.key, since: now, until: now + sign.holdMs };
  const canary = await flow.store.update(first.id, (known) =>
    known.state === first.state && !known.demanded
      ? makeCanary(known, { ...hold, dueAt: dueAt(known), told: false }, now)
      : known,
  );
  if (canary?.hold == null) return;
  await holdMembers(flow, canary.hold);
  await announceHoldOf(flow, canary.hold);
}

/**
 * Holds every attempt to come that shares the key of the canary's hold, but for the canary itself. It may be done
 * again after a crash: what is held already stays as it is, except that it looks to this canary.
 */
export async function holdMembers(flow: Flow, hold: Hold): Promise<void> {
  const now = flow.clock.now();
  const members = (await listMembers(flow, hold.key, null)).filter(({ id }) => id !== hold.canary.id);
  for (const { id } of members) {
    await flow.store.update(id, (known) => {
      const isSettled = known.hold?.key === hold.key && known.hold.canary.id === hold.canary.id;
      if (!isWaiting(known) || known.demanded || isSettled) return known;
      const own = { ...hold, dueAt: dueAt(known), told: known.hold?.told ?? false };
      if (known.state === 'held') return followCanary({ ...known, hold: own }, hold.canary, now);
      return holdChain(
        known,
        own,
        `It failed as other jobs did (${hold.key}), so it waits for a canary.`,
        now,
      );
    });
  }
}

/**
 * People hear of a hold once at every address to which one of its chains reports. Which chains have told is on disk, so
 * it may be done again, after a crash or when another chain joins.
 */
export async function announceHoldOf(flow: Flow, hold: Hold): Promise<void> {
  const { key, canary } = hold;
  await updateOutageNotice(flow, hold);
  const members: Chain[] = [];
  for await (const chain of listChains(flow.store, { states: openStates })) {
    if (chain.hold?.key === key && chain.hold.canary.id === canary.id) members.push(chain);
  }
  const known = members.filter((each) => each.hold?.told === true);
  const say = (group: readonly Chain[]): string => describeHold(hold, nameable(members, group));
  const news = shareMessage(flow, members, say, known);
  for (const { id, hold: own } of members) {
    if (own?.told === true) continue;
    await flow.store.update(id, (chain) =>
      chain.hold?.told === false ? announceHold(chain, news.get(id) ?? [], flow.clock.now()) : chain,
    );
  }
}

/** The chains that a message about a hold may name to one address: its own, and those of our channels if it is one of them. */
function nameable(members: readonly Chain[], group: readonly Chain[]): Chain[] {
  const seesOurs = group.some(isForOurChannels);
  return members.filter((chain) => group.includes(chain) || (seesOurs && isForOurChannels(chain)));
}

function describeHold({ key, canary }: Hold, named: readonly Chain[]): string {
  const first = named.find(({ id }) => id === canary.id)?.jobName ?? 'Another job';
  const held = named.filter(({ state }) => state === 'held').map(({ jobName }) => jobName);
  const others =
    held.length === 0
      ? 'those that fail so from now on wait until it ends'
      : `these wait until it ends: ${held.toReversed().join(', ')}`;
  return `Jobs fail alike (${key}). ${first} goes first; ${others}`;
}

/** Chains for our channels before others, otherwise in the given order. */
export function oursFirst(chains: readonly Chain[]): Chain[] {
  return chains.toSorted((a, b) => Number(isForOurChannels(b)) - Number(isForOurChannels(a)));
}

/** The chains whose next attempt is to come, and whose last run failed in the way of the outage; `judged` is new. */
async function listMembers({ store }: Flow, key: string, judged: Chain | null): Promise<Chain[]> {
  const members: Chain[] = [];
  for await (const chain of listChains(store, { states: ['scheduled', 'held'] })) {
    const isMember = chain.hold === null ? keysOf(currentRun(chain)).includes(key) : chain.hold.key === key;
    if (!chain.demanded && isMember) members.push(chain);
  }
  const isNew = judged !== null && isWaiting(judged) && !members.some(({ id }) => id === judged.id);
  return isNew && (judged.hold === null || judged.hold.key === key) ? [...members, judged] : members;
}

function isWaiting({ state }: Chain): boolean {
  return state === 'scheduled' || state === 'held';
}

function dueAt({ hold, wakeAt }: Chain): number {
  return hold?.dueAt ?? wakeAt ?? Infinity;
}

/**
 * Which chain bears a message about several, so that each address to which one of them reports gets it once, and none
 * that the chains in `told` reached. `say` words it for the chains of an address.
 */
export function shareMessage(
  flow: Flow,
  chains: readonly Chain[],
  say: (chains: readonly Chain[]) => string,
  told: readonly Chain[] = [],
): Map<string, SharedMessage[]> {
  const news = new Map<string, SharedMessage[]>();
  const reached = new Set(told.flatMap((chain) => listAddresses(flow, chain).map(({ address }) => address)));
  const all = chains.flatMap((chain) => listAddresses(flow, chain).map((each) => ({ chain, ...each })));
  for (const [address, group] of Map.groupBy(all, (each) => each.address)) {
    const [bearer] = group;
    if (bearer === undefined || reached.has(address)) continue;
    const one = { detail: say(group.map(({ chain }) => chain)), to: [bearer.mark] };
    news.set(bearer.chain.id, [...(news.get(bearer.chain.id) ?? []), one]);
  }
  return news;
}
