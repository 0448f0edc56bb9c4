import { countList, recordCreated, recordNeverCreated } from '../../chain/attempt.ts';
import { type Chain, currentRun, type Intent } from '../../chain/chain.ts';
import { escalateForToken, escalate, postpone } from '../../chain/transitions.ts';
import type { Fingerprint } from '../../secret.ts';
import type { ProwJob } from '../../evidence/artifacts/prow-job.ts';
import { carriesLineage } from '../../trigger/lineage.ts';
import { maxGangwayCalls } from '../../trigger/execution-api.ts';
import { askGangway, blamesToken, gainedToken } from '../gangway/ask-gangway.ts';
import { changeTask } from '../state/change-task.ts';
import { type BucketRun, findLaterRuns } from '../../history/find-later-runs.ts';
import type { Flow } from '../flow.ts';
import { jobFolderOf } from '../../history/list-builds.ts';
import { listChains } from '../../chain/chain-store.ts';
import { closeDuplicateChain } from './adopt-run.ts';

/**
 * How long after the answer was lost Gangway's list is asked, time after time: a request may still be carried out after
 * its connection broke. In poll intervals, and at least so many ms. The later ones are for lists that proved nothing.
 */
const listsAt = [
  { polls: 2, leastMs: 5_000 },
  { polls: 12, leastMs: 15_000 },
  { polls: 20, leastMs: 25_000 },
  { polls: 30, leastMs: 40_000 },
];
/** Lists that must hold no run we can't account for, before a request is sent again. */
const enoughClean = 2;
/** In poll intervals: a run that is not in the bucket by then is a person's to look for. */
const maxDoubtPolls = 60;
/** POSTs that may be sent for one attempt, each after the one before was known to have created nothing. */
const maxSent = 2;

/**
 * Finds out whether an attempt exists whose answer was lost: by our labels on a run in the bucket, or by lists of the
 * job's executions that hold no run we can't account for. It is sent again only where two lists agree that it does
 * not exist; where it can't be told, a person is asked.
 */
export async function reconcileAttempt(flow: Flow, chain: Chain): Promise<void> {
  const { intent } = chain;
  if (intent === null) return askPerson(flow, chain, 'The note of the attempt is missing');
  const inBucket = await findRuns(flow, chain);
  const ours = inBucket.find(({ prowJob }) => isOurs(prowJob, chain, intent));
  if (ours?.prowJob?.name != null) return adopt(flow, chain, ours.prowJob.name, ours.buildId);
  const waited = flow.clock.now() - (intent.lostAt ?? intent.writtenAt);
  if (isListDue(flow, intent, waited)) return askList(flow, chain, intent, inBucket);
  if (waited >= maxDoubtPolls * flow.settings.pollMs && waited >= maxDoubtPolls * 1_000) {
    return askPerson(flow, chain, `Nothing tells whether attempt ${intent.attempt} was started`);
  }
  await wait(flow, chain, (known) => known);
}

function isListDue({ settings }: Flow, { lists, gangwayCalls }: Intent, waited: number): boolean {
  const next = listsAt[lists];
  if (next === undefined || gangwayCalls >= maxGangwayCalls) return false;
  return waited >= Math.max(next.polls * settings.pollMs, next.leastMs);
}

/** Runs before the failed one count, too: a list names them, and only their ProwJobs say that they are not ours. */
async function findRuns(flow: Flow, chain: Chain): Promise<BucketRun[]> {
  const folder = jobFolderOf(flow.source, chain.jobName, currentRun(chain).folder);
  const near = chain.runs.findLast(({ buildId }) => buildId !== null)?.buildId ?? undefined;
  return (await findLaterRuns(flow.source, folder, { after: '0', near })).runs;
}

function isOurs(prowJob: ProwJob | null, { root }: Chain, { attempt }: Intent): boolean {
  return prowJob !== null && carriesLineage(prowJob, { root, attempt });
}

async function askList(
  flow: Flow,
  chain: Chain,
  intent: Intent,
  inBucket: readonly BucketRun[],
): Promise<void> {
  const asked = await askGangway(flow, chain, (caller) => flow.api.list(chain.jobName, caller));
  if (asked === null) {
    return askForToken(flow, chain, { detail: 'There is no token to ask Gangway with', refused: [] });
  }
  const { answer: listing, note } = asked;
  if (listing.kind === 'refused') {
    const detail = `Nothing tells whether it was started: ${listing.says}`;
    const refused = chain.credentials.tokens.map(({ mark }) => mark);
    return blamesToken(listing)
      ? askForToken(flow, chain, { detail, refused, note })
      : askPerson(flow, chain, detail, note);
  }
  if (listing.kind === 'held-back') return waitForGangway(flow, chain, intent, note);
  const known = new Set([
    ...(await listOtherRuns(flow, chain)),
    ...inBucket.flatMap(({ prowJob }) => prowJob?.name ?? []),
  ]);
  const executions = listing.kind === 'found' ? listing.executions : [];
  // An empty list proves nothing (PROW.md, 1); one that holds a run we know of shows that the list works.
  const works = executions.some(({ prowJobId }) => known.has(prowJobId));
  const isClean = works && executions.every(({ prowJobId }) => known.has(prowJobId));
  const count = (seen: Chain): Chain => countList(note(seen), isClean);
  if (isClean && intent.clean + 1 >= enoughClean) return sendAgain(flow, chain, intent, count);
  await wait(flow, chain, count);
}

/** Gangway was not asked, so nothing was learned: what is looked for can't be given up before it serves again. */
async function waitForGangway(
  flow: Flow,
  chain: Chain,
  { attempt, writtenAt }: Intent,
  note: (known: Chain) => Chain,
): Promise<void> {
  if (flow.clock.now() < writtenAt + flow.settings.completionTimeoutMs) return wait(flow, chain, note);
  await askPerson(
    flow,
    chain,
    `Gangway was away for too long to tell whether attempt ${attempt} was started`,
  );
}

/**
 * Runs that are surely not the attempt: this chain's, and of the job's other chains those that we created, which are in
 * no folder of the bucket at first, or whose ProwJob was read. Of any other run a notification may be forged.
 */
async function listOtherRuns(flow: Flow, { jobName, runs }: Chain): Promise<string[]> {
  const ids = runs.map(({ prowJobId }) => prowJobId);
  for await (const other of listChains(flow.store, { matchesJob: (name) => name === jobName })) {
    const sure = other.runs.filter(({ attempt }) => attempt > 0 || other.claims === null);
    ids.push(...sure.map(({ prowJobId }) => prowJobId));
  }
  return ids;
}

async function sendAgain(
  flow: Flow,
  chain: Chain,
  { sent }: Intent,
  count: (known: Chain) => Chain,
): Promise<void> {
  if (sent >= maxSent)
    return askPerson(flow, chain, `Gangway lost the request ${sent} times and started nothing`);
  await change(flow, chain, (known) => recordNeverCreated(count(known), flow.clock.now()));
}

/** The run that carries our marks is the attempt; where its own notification opened a chain, that one ends here. */
async function adopt(flow: Flow, chain: Chain, prowJobId: string, buildId: string): Promise<void> {
  const now = flow.clock.now();
  const adopted = await change(flow, chain, (known) =>
    recordCreated(known, { prowJobId, buildId }, now, now),
  );
  if (adopted !== null) await closeDuplicateChain(flow, prowJobId, adopted);
}

async function wait(flow: Flow, chain: Chain, note: (known: Chain) => Chain): Promise<void> {
  const wakeAt = flow.clock.now() + flow.settings.pollMs;
  await change(flow, chain, (known) => postpone(note(known), wakeAt));
}

/** With another token the chain goes on from here. */
async function askForToken(
  flow: Flow,
  chain: Chain,
  {
    detail,
    refused,
    note = asItIs,
  }: { detail: string; refused: readonly Fingerprint[]; note?: (known: Chain) => Chain },
): Promise<void> {
  const now = flow.clock.now();
  await change(flow, chain, (known) =>
    gainedToken(chain, known)
      ? postpone(note(known), now)
      : escalateForToken(note(known), detail, refused, now),
  );
}

async function askPerson(flow: Flow, chain: Chain, detail: string, note = asItIs): Promise<void> {
  await change(flow, chain, (known) => escalate(note(known), detail, flow.clock.now()));
}

function asItIs(chain: Chain): Chain {
  return chain;
}

async function change(flow: Flow, chain: Chain, how: (known: Chain) => Chain): Promise<Chain | null> {
  const changed = await changeTask(flow, chain, how);
  if (changed !== null && changed.state !== chain.state) {
    flow.log.info({ chain: chain.id, job: chain.jobName, state: changed.state }, 'reconciled');
  }
  return changed;
}
