import { type CanaryHold, type Chain, currentRun, type Hold, holdOf } from '../../chain/chain.ts';
import { listChains } from '../../chain/chain-store.ts';
import {
  type CanaryVerdict,
  classifyCanary,
  dueAtOf,
  giveUpHold,
  holdChain,
  isWaiting,
  keysOf,
  makeCanary,
  releaseChain,
} from '../../chain/hold.ts';
import { postpone } from '../../chain/move.ts';
import { isForOurChannels } from '../../chain/proof.ts';
import type { OutageMatch } from '../../rules/decide/outage.ts';
import type { Flow } from '../flow.ts';
import { endOutages, updateOutageNotice } from '../notices/outage-notice.ts';
import { announceHolds, shareMessage } from './announce-hold.ts';

/** How often a hold that is over checks a canary that is still underway, in poll intervals. */
const patience = 10;

/** Whether a change of this chain decides about those that wait for it as their canary. */
export function endsHold(chain: Chain): boolean {
  return chain.canaryOf !== null && verdictOn(chain, chain.canaryOf) !== 'underway';
}

/**
 * Takes a judged failure into account. If it completes an outage, the next attempts are held, and one of them goes ahead as
 * the canary. Every proven failure counts, no matter who reported it. People get one message about the outage. Call it
 * under the lock of outages.
 */
export async function joinOutage(flow: Flow, chain: Chain, match: OutageMatch | null): Promise<void> {
  flow.failures.add(chain, currentRun(chain), flow.clock.now());
  if (match === null) return;
  const members = await listMembers(flow, match.key);
  const running = findRunningHold(members.filter(isWaiting));
  if (running !== null) {
    if (holdOf(chain)?.announced === false) await announceHolds(flow, running, members);
    return;
  }
  const since = flow.clock.now();
  const hold = { key: match.key, since, until: since + match.holdMs, announced: false };
  const waiting = members.filter(isWaiting).toSorted((a, b) => dueAtOf(a) - dueAtOf(b));
  await sendCanary(flow, waiting, (canary) => ({ ...hold, dueAt: dueAtOf(canary) }));
}

/**
 * Checks the canary of a hold and does what follows. The canary passed: the others are released, oldest first, at the pace
 * that Gangway's rate allows. It never ran: the next one goes ahead. It failed in the same way: the others wait until the
 * hold is over, and then end with one message for all. All of it follows from the chains on disk, so a review that was
 * interrupted is simply made again. `ended` is the canary whose end led here.
 */
export async function reviewHold(flow: Flow, key: string, ended: Chain | null = null): Promise<void> {
  await flow.locks.run('outage', async () => {
    const isFixed = ended?.canaryOf != null && verdictOn(ended, ended.canaryOf) === 'came-through';
    if (isFixed) flow.failures.forget(key, ended.updatedAt);
    const members = await listMembers(flow, key);
    const waiting = listHeld(members);
    const [oldest] = waiting;
    if (oldest?.state !== 'held') {
      await endOutages(flow, key);
      // The process may have died before people heard of the hold.
      const canary = members.find(({ canaryOf }) => canaryOf?.announced === false)?.canaryOf;
      return canary == null ? undefined : announceHolds(flow, canary, members);
    }
    const { hold } = oldest;
    const canary = hold.canary === null ? null : await flow.store.get(hold.canary.id);
    const verdict = verdictOn(canary, hold);
    flow.log.info({ key, waiting: waiting.length, canary: canary?.id, verdict }, 'hold reviewed');
    await follow(flow, verdict, members, hold);
  });
}

/** The open chains that an outage with this key concerns, newest first. */
async function listMembers({ store }: Flow, outageKey: string): Promise<Chain[]> {
  const members: Chain[] = [];
  for await (const chain of listChains(store, { outageKey })) members.push(chain);
  return members;
}

/** Oldest first. */
function listHeld(members: readonly Chain[]): Chain[] {
  return members.filter(({ state }) => state === 'held').toReversed();
}

/** The hold whose canary is known. */
function findRunningHold(members: readonly Chain[]): CanaryHold | null {
  for (const chain of members) {
    const hold = holdOf(chain);
    if (hold !== null && hasCanary(hold)) return hold;
  }
  return null;
}

function hasCanary(hold: Hold): hold is CanaryHold {
  return hold.canary !== null;
}

function verdictOn(chain: Chain | null, { key, canary }: Hold): CanaryVerdict {
  if (canary === null) return 'gone';
  return classifyCanary(chain, canary.attempt, (run) => keysOf(run).includes(key));
}

async function follow(
  flow: Flow,
  verdict: CanaryVerdict,
  members: readonly Chain[],
  hold: Hold,
): Promise<void> {
  const waiting = listHeld(members);
  switch (verdict) {
    case 'came-through':
      await updateOutageNotice(flow, hold, 'released');
      return release(flow, waiting, hold.key);
    case 'gone':
      return sendCanary(flow, waiting, ({ id }) => holdIn(waiting, id) ?? hold);
    case 'underway':
      // The process may have died before all attempts were held.
      if (hasCanary(hold)) await holdMembers(flow, hold);
      return waitForCanary(flow, waiting, hold);
    case 'failed':
      if (flow.clock.now() >= hold.until) {
        await updateOutageNotice(flow, hold, 'lasted');
        return giveUp(flow, waiting);
      }
      await updateOutageNotice(flow, hold, 'failing');
      return waitForCanary(flow, waiting, hold);
  }
}

async function waitForCanary(flow: Flow, waiting: readonly Chain[], hold: Hold): Promise<void> {
  const now = flow.clock.now();
  const wakeAt = Math.max(hold.until, now + patience * flow.settings.pollMs);
  for (const chain of waiting) {
    if (chain.state !== 'held' || chain.wakeAt > now) continue;
    await flow.store.update(chain.id, (known) => (known.state === 'held' ? postpone(known, wakeAt) : known));
  }
}

async function release(flow: Flow, waiting: readonly Chain[], key: string): Promise<void> {
  const now = flow.clock.now();
  flow.failures.forget(key);
  for (const [index, chain] of waiting.entries()) {
    const dueAt = Math.max(dueAtOf(chain), now + index * flow.settings.paceMs);
    await flow.store.update(chain.id, (known) => releaseChain(known, dueAt, now));
  }
}

/**
 * The first of these chains goes ahead: one for our channels if there is any, because Gangway may reject the token of
 * another chain. All others are held.
 */
async function sendCanary(
  flow: Flow,
  waiting: readonly Chain[],
  holdOfCanary: (canary: Chain) => Omit<Hold, 'canary'>,
): Promise<void> {
  const [first] = waiting.toSorted((a, b) => Number(isForOurChannels(b)) - Number(isForOurChannels(a)));
  if (first === undefined) return;
  const now = flow.clock.now();
  const canary = await flow.store.update(first.id, (known) =>
    known.state === first.state ? makeCanary(known, holdOfCanary(known), now) : known,
  );
  if (canary?.canaryOf == null) return;
  await holdMembers(flow, canary.canaryOf);
}

/** Holds every attempt to come that the hold concerns, except the canary's. What is held already stays as it is. */
async function holdMembers(flow: Flow, hold: CanaryHold): Promise<void> {
  const { key, canary } = hold;
  const now = flow.clock.now();
  for (const { id } of await listMembers(flow, key)) {
    if (id !== canary.id) await flow.store.update(id, (known) => holdChain(known, hold, now));
  }
  await announceHolds(flow, hold, await listMembers(flow, key));
}

function holdIn(chains: readonly Chain[], id: string): Hold | null {
  const chain = chains.find((each) => each.id === id);
  return chain === undefined ? null : holdOf(chain);
}

/** One message for all that share an address. The chains that send one end last, so that a crash loses no message. */
async function giveUp(flow: Flow, waiting: readonly Chain[]): Promise<void> {
  const now = flow.clock.now();
  const messages = shareMessage(flow, waiting, (chains) => ({
    topic: 'outage-lasted',
    jobs: chains.map(({ jobName }) => jobName),
  }));
  const order = waiting.toSorted((a, b) => Number(messages.has(a.id)) - Number(messages.has(b.id)));
  for (const { id } of order) {
    await flow.store.update(id, (known) => giveUpHold(known, messages.get(id) ?? [], now));
  }
}
