import { countList, recordCreated, recordNeverCreated } from '../chain/attempt-chain.ts';
import { type Chain, currentRun, type Intent } from '../chain/chain.ts';
import { handToPerson, postpone } from '../chain/move-chain.ts';
import type { ProwJob } from '../evidence/read-prow-job.ts';
import { logsFolder, parentFolder } from '../job/run.ts';
import { mostGangwayCalls } from '../trigger/call-budget.ts';
import { carriesLineage } from '../trigger/lineage.ts';
import { changeTask } from './change-task.ts';
import { type BucketRun, findLaterRuns } from './find-later-runs.ts';
import type { Flow } from './flow.ts';
import { pickToken } from './pick-token.ts';
import { yieldToKin } from './kin.ts';

/**
 * How long after the answer was lost Gangway's list is asked, the first time and the second: a request may still be
 * carried out after its connection broke. In poll intervals, and at least so many ms.
 */
const listsAt = [
  { polls: 2, leastMs: 5_000 },
  { polls: 12, leastMs: 15_000 },
];
/** In poll intervals: a run that is not in the bucket by then is a person's to look for. */
const longestDoubt = 60;
/** POSTs that may be sent for one attempt, each after the one before was known to have created nothing. */
const mostSent = 2;

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
  if (waited >= longestDoubt * flow.settings.pollMs && waited >= longestDoubt * 1_000) {
    return askPerson(flow, chain, `Nothing tells whether attempt ${intent.attempt} was started`);
  }
  await wait(flow, chain, (known) => known);
}

function isListDue({ settings }: Flow, { lists, gangwayCalls }: Intent, waited: number): boolean {
  const next = listsAt[lists];
  if (next === undefined || gangwayCalls >= mostGangwayCalls) return false;
  return waited >= Math.max(next.polls * settings.pollMs, next.leastMs);
}

/** Runs before the failed one count, too: a list names them, and only their ProwJobs say that they are not ours. */
async function findRuns(flow: Flow, chain: Chain): Promise<BucketRun[]> {
  const run = currentRun(chain);
  const folder = run.folder ?? logsFolder(chain.jobName, run.buildId ?? '0');
  const found = await findLaterRuns(flow.source, parentFolder(folder), '0');
  return found.kind === 'found' ? found.value : [];
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
  const token = pickToken(flow, chain);
  if (token === null) return askPerson(flow, chain, 'There is no token to ask Gangway with');
  const listing = await flow.api.list(chain.jobName, token);
  if (listing.kind === 'refused')
    return askPerson(flow, chain, `Nothing tells whether it was started: ${listing.says}`);
  const known = new Set([
    ...chain.runs.map(({ prowJobId }) => prowJobId),
    ...inBucket.flatMap(({ prowJob }) => prowJob?.name ?? []),
  ]);
  const executions = listing.kind === 'found' ? listing.executions : [];
  // An empty list proves nothing (PROW.md, 1); one that holds a run we know of shows that the list works.
  const works = executions.some(({ prowJobId }) => known.has(prowJobId));
  const isAbsent = works && executions.every(({ prowJobId }) => known.has(prowJobId));
  const isLast = intent.lists + 1 === listsAt.length;
  // The first list only has to be as clean as the last one: a list that was not leaves the doubt to a person.
  if (isAbsent && isLast && !intent.doubtful) return sendAgain(flow, chain, intent);
  await wait(flow, chain, (seen) => countList(seen, !isAbsent));
}

async function sendAgain(flow: Flow, chain: Chain, { sent }: Intent): Promise<void> {
  if (sent >= mostSent)
    return askPerson(flow, chain, `Gangway lost the request ${sent} times and started nothing`);
  await change(flow, chain, (known) => recordNeverCreated(countList(known, false), flow.clock.now()));
}

/** The run that carries our marks is the attempt; where its own notification opened a chain, that one ends here. */
async function adopt(flow: Flow, chain: Chain, prowJobId: string, buildId: string): Promise<void> {
  const now = flow.clock.now();
  const adopted = await change(flow, chain, (known) =>
    recordCreated(known, { prowJobId, buildId }, now, now),
  );
  if (adopted !== null) await yieldToKin(flow, prowJobId, adopted);
}

async function wait(flow: Flow, chain: Chain, note: (known: Chain) => Chain): Promise<void> {
  const wakeAt = flow.clock.now() + flow.settings.pollMs;
  await change(flow, chain, (known) => postpone(note(known), wakeAt));
}

async function askPerson(flow: Flow, chain: Chain, detail: string): Promise<void> {
  await change(flow, chain, (known) => handToPerson(known, detail, flow.clock.now()));
}

async function change(flow: Flow, chain: Chain, how: (known: Chain) => Chain): Promise<Chain | null> {
  const changed = await changeTask(flow, chain, how);
  if (changed !== null && changed.state !== chain.state) {
    flow.log.info({ chain: chain.id, job: chain.jobName, state: changed.state }, 'reconciled');
  }
  return changed;
}
