import { countList, recordCreated, recordNeverCreated } from '../chain/attempt-chain.ts';
import { type Chain, currentRun, type Intent } from '../chain/chain.ts';
import { handToPerson, postpone } from '../chain/move-chain.ts';
import type { ProwJob } from '../evidence/read-prow-job.ts';
import { logsFolder, parentFolder } from '../job/run.ts';
import { carriesLineage } from '../trigger/lineage.ts';
import { type BucketRun, findLaterRuns } from './find-later-runs.ts';
import type { Flow } from './flow.ts';
import { pickToken } from './pick-token.ts';
import { mostGangwayCalls } from './place-run.ts';

/** In poll intervals after the intent: when Gangway's list is asked, the first time and the second. */
const listsAt = [2, 12];
/** In poll intervals: a run that is not in the bucket by then is a person's to look for. */
const longestDoubt = 60;
/** POSTs that may be sent for one attempt, each after the one before was known to have created nothing. */
const mostSent = 2;

/**
 * Finds out whether an attempt exists whose answer was lost: by our labels on a run in the bucket, or by a list of
 * the job's executions that holds no run we can't account for. It is sent again only where it surely does not exist;
 * where it can't be told, a person is asked.
 */
export async function reconcileAttempt(flow: Flow, chain: Chain): Promise<void> {
  const { intent } = chain;
  if (intent === null) return askPerson(flow, chain, 'The note of the attempt is missing');
  const inBucket = await findRuns(flow, chain);
  const ours = inBucket.find(({ prowJob }) => isOurs(prowJob, chain, intent));
  if (ours?.prowJob?.name != null) return adopt(flow, chain, ours.prowJob.name, ours.buildId);
  const waited = flow.clock.now() - intent.writtenAt;
  const nextList = listsAt[intent.lists];
  if (
    nextList !== undefined &&
    waited >= nextList * flow.settings.pollMs &&
    intent.gangwayCalls < mostGangwayCalls
  ) {
    return askList(flow, chain, inBucket);
  }
  if (waited >= longestDoubt * flow.settings.pollMs) {
    return askPerson(flow, chain, `Nothing tells whether attempt ${intent.attempt} was started`);
  }
  await wait(flow, chain, (known) => known);
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

async function askList(flow: Flow, chain: Chain, inBucket: readonly BucketRun[]): Promise<void> {
  const token = pickToken(flow, chain);
  if (token === null) return askPerson(flow, chain, 'There is no token to ask Gangway with');
  const listing = await flow.api.list(chain.jobName, token);
  const known = new Set([
    ...chain.runs.map(({ prowJobId }) => prowJobId),
    ...inBucket.flatMap(({ prowJob }) => prowJob?.name ?? []),
  ]);
  const executions = listing.kind === 'found' ? listing.executions : [];
  // An empty list proves nothing (PROW.md, 1); one that holds a run we know of shows that the list works.
  const works = executions.some(({ prowJobId }) => known.has(prowJobId));
  const isAbsent = works && executions.every(({ prowJobId }) => known.has(prowJobId));
  if (isAbsent) return sendAgain(flow, chain);
  await wait(flow, chain, countList);
}

async function sendAgain(flow: Flow, chain: Chain): Promise<void> {
  const sent = chain.intent?.sent ?? 0;
  if (sent >= mostSent)
    return askPerson(flow, chain, `Gangway lost the request ${sent} times and started nothing`);
  await change(flow, chain, (known) => recordNeverCreated(countList(known), flow.clock.now()));
}

async function adopt(flow: Flow, chain: Chain, prowJobId: string, buildId: string): Promise<void> {
  const now = flow.clock.now();
  await change(flow, chain, (known) => recordCreated(known, { prowJobId, buildId }, now, now));
}

async function wait(flow: Flow, chain: Chain, note: (known: Chain) => Chain): Promise<void> {
  const wakeAt = flow.clock.now() + flow.settings.pollMs;
  await change(flow, chain, (known) => postpone(note(known), wakeAt));
}

async function askPerson(flow: Flow, chain: Chain, detail: string): Promise<void> {
  await change(flow, chain, (known) => handToPerson(known, detail, null, flow.clock.now()));
}

async function change(flow: Flow, chain: Chain, how: (known: Chain) => Chain): Promise<void> {
  const changed = await flow.store.update(chain.id, (known) =>
    known.state === 'triggering' ? how(known) : known,
  );
  const { state, intent } = changed ?? chain;
  flow.log.info({ chain: chain.id, job: chain.jobName, state, lists: intent?.lists }, 'reconciled');
}
