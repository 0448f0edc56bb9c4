import { type Chain, type Hold, openStates } from '../../chain/chain.ts';
import {
  type CanaryVerdict,
  giveUpHold,
  classifyCanary,
  makeCanary,
  releaseChain,
} from '../../chain/hold.ts';
import { postpone } from '../../chain/transitions.ts';
import { keysOf } from '../../rules/decide/outage.ts';
import type { Flow } from '../flow.ts';
import { listChains } from '../../chain/chain-store.ts';
import { endOutages, updateOutageNotice } from '../notices/outage-notice.ts';
import { holdMembers, oursFirst, announceHoldOf, shareMessage } from './detect-outage.ts';

/** How often a hold that is over looks after a canary that is still on its way, in poll intervals. */
const patience = 10;

/** Whether a change of this chain decides about those that wait for it as their canary. */
export function endsHold({ id, hold, ...chain }: Chain): boolean {
  if (hold === null || hold.canary.id !== id || chain.state === 'held') return false;
  return readVerdict({ id, hold, ...chain }, hold) !== 'underway';
}

/**
 * Looks at the canary of those that wait with a key, and does what follows: it came through, so they are released,
 * oldest first, at the pace that the rate of Gangway allows; it never ran, so the next one goes first; it failed
 * alike, so they wait until the hold is over and then end with one message for all. All of it follows from the
 * chains on disk, so a review that was cut short is simply made again. `ended` is the canary whose end led here.
 */
export async function reviewHold(flow: Flow, key: string, ended: Chain | null = null): Promise<void> {
  await flow.locks.run('outage', async () => {
    const cameThrough = ended?.hold != null && readVerdict(ended, ended.hold) === 'came-through';
    if (cameThrough) flow.failures.forget(key, ended.updatedAt);
    const waiting = await listWaiting(flow, key);
    const [oldest] = waiting;
    if (oldest?.hold == null) {
      await endOutages(flow, key);
      return announceAlone(flow, key);
    }
    const canary = await flow.store.get(oldest.hold.canary.id);
    const verdict = readVerdict(canary, oldest.hold);
    flow.log.info({ key, waiting: waiting.length, canary: canary?.id, verdict }, 'hold reviewed');
    await follow(flow, verdict, waiting, oldest.hold);
  });
}

/** A canary for which nobody waits yet: where the process died before people heard of the hold, they hear now. */
async function announceAlone(flow: Flow, key: string): Promise<void> {
  for await (const { id, hold } of listChains(flow.store, { states: openStates })) {
    if (hold?.key === key && hold.canary.id === id && !hold.told) return announceHoldOf(flow, hold);
  }
}

function readVerdict(canary: Chain | null, { key, canary: { attempt } }: Hold): CanaryVerdict {
  return classifyCanary(canary, attempt, (run) => keysOf(run).includes(key));
}

/** Oldest first. */
async function listWaiting({ store }: Flow, key: string): Promise<Chain[]> {
  const waiting: Chain[] = [];
  for await (const chain of listChains(store, { states: ['held'] })) {
    if (chain.hold?.key === key) waiting.unshift(chain);
  }
  return waiting;
}

async function follow(
  flow: Flow,
  verdict: CanaryVerdict,
  waiting: readonly Chain[],
  hold: Hold,
): Promise<void> {
  const now = flow.clock.now();
  if (verdict === 'came-through') {
    await updateOutageNotice(flow, hold, 'released');
    return release(flow, waiting, hold.key);
  }
  if (verdict === 'gone') return sendNext(flow, waiting);
  // Where the process died while the hold began, some attempts were not held yet.
  if (verdict === 'underway') {
    await holdMembers(flow, hold);
    await announceHoldOf(flow, hold);
  }
  if (verdict === 'failed' && now >= hold.until) {
    await updateOutageNotice(flow, hold, 'lasted');
    return endAll(flow, waiting);
  }
  if (verdict === 'failed') await updateOutageNotice(flow, hold, 'failing');
  const wakeAt = Math.max(hold.until, now + patience * flow.settings.pollMs);
  for (const { id, wakeAt: planned } of waiting) {
    if (planned === null || planned <= now) await change(flow, id, (known) => postpone(known, wakeAt));
  }
}

async function release(flow: Flow, waiting: readonly Chain[], key: string): Promise<void> {
  const now = flow.clock.now();
  flow.failures.forget(key);
  for (const [index, { id, hold }] of waiting.entries()) {
    const dueAt = Math.max(hold?.dueAt ?? now, now + index * flow.settings.paceMs);
    await change(flow, id, (known) => releaseChain(known, dueAt, now));
  }
}

async function sendNext(flow: Flow, waiting: readonly Chain[]): Promise<void> {
  const [next] = oursFirst(waiting);
  if (next?.hold == null) return;
  const { hold } = next;
  const now = flow.clock.now();
  const canary = await change(flow, next.id, (known) => makeCanary(known, hold, now));
  if (canary?.hold == null) return;
  await holdMembers(flow, canary.hold);
  await announceHoldOf(flow, canary.hold);
}

/** One message for all that share an address; the chains that bear one end last, so that a crash loses no message. */
async function endAll(flow: Flow, waiting: readonly Chain[]): Promise<void> {
  const now = flow.clock.now();
  const news = shareMessage(flow, waiting, (chains) => chains.map(({ jobName }) => jobName).join(', '));
  for (const { id } of waiting.toSorted((a, b) => Number(news.has(a.id)) - Number(news.has(b.id)))) {
    await change(flow, id, (known) => giveUpHold(known, news.get(id) ?? [], now));
  }
}

async function change(flow: Flow, id: string, how: (known: Chain) => Chain): Promise<Chain | null> {
  return flow.store.update(id, (known) => (known.state === 'held' ? how(known) : known));
}
