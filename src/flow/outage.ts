import { type Chain, currentRun, type Hold } from '../chain/chain.ts';
import { holdChain, makeCanary } from '../chain/hold-chain.ts';
import { tell } from '../chain/move-chain.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { findOutage, keysOf, type OutageSign } from '../rules/outage.ts';
import type { Flow } from './flow.ts';
import { listChains } from './list-chains.ts';
import { signOf } from './recent-failures.ts';

/** What the flow knows of an outage when a failure is judged. */
export interface Sensed {
  sign: OutageSign | null;
  /** The hold that the failure's chain joins, its attempt being due at `due` (ms since the epoch). */
  holdFor: (due: number) => Hold | null;
}

/** Nobody goes first yet: `joinOutage` chooses. Where it never came to that, a review of the hold does. */
const noCanary = { id: '', attempt: 0 };

/** Whether a failure is part of an outage: of one that holds attempts already, or of one that it completes. */
export async function senseOutage(flow: Flow, chain: Chain, evidence: Evidence): Promise<Sensed> {
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
  return { sign, holdFor: (due) => ({ ...(running ?? fresh), dueAt: due }) };
}

/** The hold of the chains that wait with one of these keys. */
async function findHold({ store }: Flow, keys: readonly string[]): Promise<Hold | null> {
  for await (const { hold } of listChains(store, { states: ['held'] })) {
    if (hold !== null && keys.includes(hold.key)) return hold;
  }
  return null;
}

/**
 * Takes a judged failure into account: notes it, and where it completed an outage, holds the attempts that were to
 * come and lets the one that is due first go ahead as the canary. People hear of it once.
 */
export async function joinOutage(flow: Flow, chain: Chain, sign: OutageSign | null): Promise<void> {
  flow.failures.add(signOf(chain, currentRun(chain)));
  if (sign === null) return;
  const members = await listMembers(flow, chain, sign.key);
  const isRunning = members.some(({ hold }) => hold !== null && hold.canary.id !== '');
  const [first, ...rest] = members.toSorted((a, b) => dueAt(a) - dueAt(b));
  if (isRunning || first === undefined) return;
  const now = flow.clock.now();
  const hold = { key: sign.key, since: now, until: now + sign.holdMs };
  const canary = await flow.store.update(first.id, (known) =>
    known.state === first.state && !known.demanded
      ? makeCanary(known, { ...hold, dueAt: dueAt(known) }, now)
      : known,
  );
  if (canary?.hold == null) return;
  const because = `${sign.jobs} jobs failed alike (${sign.key}), so it waits for the canary, ${canary.jobName}.`;
  const { canary: goer } = canary.hold;
  for (const { id } of rest) {
    await flow.store.update(id, (known) =>
      isWaiting(known) && !known.demanded
        ? holdChain(known, { ...hold, dueAt: dueAt(known), canary: goer }, because, now)
        : known,
    );
  }
  await flow.store.update(canary.id, (known) =>
    tell(known, { topic: 'held', detail: sayHold(sign, rest) }, now),
  );
}

/** The chains whose next attempt is to come and whose last run failed in the way of the outage. */
async function listMembers({ store }: Flow, judged: Chain, key: string): Promise<Chain[]> {
  const members: Chain[] = [];
  for await (const chain of listChains(store, { states: ['scheduled', 'held'] })) {
    const failedAlike = chain.hold?.key === key || keysOf(currentRun(chain)).includes(key);
    if (!chain.demanded && failedAlike) members.push(chain);
  }
  return members.some(({ id }) => id === judged.id) || !isWaiting(judged) ? members : [...members, judged];
}

function isWaiting({ state }: Chain): boolean {
  return state === 'scheduled' || state === 'held';
}

function dueAt({ hold, wakeAt }: Chain): number {
  return hold?.dueAt ?? wakeAt ?? Infinity;
}

function sayHold({ jobs, key, holdMs }: OutageSign, waiting: readonly Chain[]): string {
  const names = waiting.map(({ jobName }) => jobName).join(', ');
  const minutes = Math.round(holdMs / 60_000);
  return `${jobs} jobs failed alike (${key}). This one goes first; the others wait for it, ${minutes} minutes at most: ${names}`;
}
