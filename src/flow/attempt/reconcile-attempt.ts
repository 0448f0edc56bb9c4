import { countList, recordCreated, recordNeverCreated } from '../../chain/attempt.ts';
import { type Chain, currentRun, type Intent, type TriggeringState } from '../../chain/chain.ts';
import { listChains } from '../../chain/chain-store.ts';
import type { KeptToken } from '../../chain/credentials.ts';
import { escalate, escalateForToken, postpone } from '../../chain/move.ts';
import type { Reason } from '../../chain/decision.ts';
import { type BucketRun, findLaterRuns } from '../../history/find-later-runs.ts';
import { jobFolderOf } from '../../history/list-builds.ts';
import { type Listing, maxGangwayCalls } from '../../trigger/execution-api.ts';
import { carriesLineage } from '../../trigger/lineage.ts';
import type { Flow } from '../flow.ts';
import { askGangway, blamesToken, gainedToken } from '../gangway/ask-gangway.ts';
import { changeTask } from '../state/change-task.ts';
import { closeDuplicateChain } from './adopt-run.ts';

/**
 * When Gangway is asked for its list, counted from the moment at which the answer was lost: a request may still be carried
 * out after its connection broke. In poll intervals, and at least so many ms. The later calls are for lists that proved
 * nothing.
 */
const listsAt = [
  { polls: 2, leastMs: 5_000 },
  { polls: 12, leastMs: 15_000 },
  { polls: 20, leastMs: 25_000 },
  { polls: 30, leastMs: 40_000 },
];
/** So many lists must hold no run that we cannot account for, before a request is sent again. */
const enoughClean = 2;
/** In poll intervals: a run that is not in the bucket by then is for a person to find. */
const maxDoubtPolls = 60;
/** POSTs that may be sent for one attempt, each after we knew that the one before had created nothing. */
const maxSent = 2;

type TriggeringChain = Chain & TriggeringState;

/** What Gangway's list shows about the attempt. */
type ListVerdict =
  /** It works, and holds only runs that are certainly not the attempt. */
  | { kind: 'clean' }
  /** It proves nothing. */
  | { kind: 'unclear' }
  /** Gangway was not asked. */
  | { kind: 'held-back' }
  | { kind: 'token-refused'; says: string }
  | { kind: 'refused'; says: string };

/**
 * Finds out whether an attempt exists whose answer was lost: by our labels on a run in the bucket, or by lists of the
 * job's executions that hold no run we cannot account for. The attempt is sent again only if two lists agree that it does
 * not exist. If nothing shows whether it exists, a person is asked.
 */
export async function reconcileAttempt(flow: Flow, chain: TriggeringChain): Promise<void> {
  const { intent } = chain;
  const inBucket = await findRuns(flow, chain);
  const ours = inBucket.find(
    ({ prowJob }) =>
      prowJob !== null && carriesLineage(prowJob, { root: chain.root, attempt: intent.attempt }),
  );
  if (ours?.prowJob?.name != null) return adopt(flow, chain, ours.prowJob.name, ours.buildId);
  const waited = flow.clock.now() - (intent.lostAt ?? intent.writtenAt);
  if (isListDue(flow, intent, waited)) return askList(flow, chain, inBucket);
  if (waited >= maxDoubtPolls * flow.settings.pollMs && waited >= maxDoubtPolls * 1_000) {
    return giveUp(flow, chain, { kind: 'attempt-unknown', attempt: intent.attempt });
  }
  await wait(flow, chain);
}

function isListDue({ settings }: Flow, { listCalls, gangwayCalls }: Intent, waited: number): boolean {
  const next = listsAt[listCalls];
  if (next === undefined || gangwayCalls >= maxGangwayCalls) return false;
  return waited >= Math.max(next.polls * settings.pollMs, next.leastMs);
}

/** Runs before the failed one count, too: a list names them, and only their ProwJobs show that they are not ours. */
async function findRuns(flow: Flow, chain: Chain): Promise<BucketRun[]> {
  const folder = jobFolderOf(flow.source, chain.jobName, currentRun(chain).folder);
  const near = chain.runs.findLast(({ buildId }) => buildId !== null)?.buildId ?? undefined;
  return (await findLaterRuns(flow.source, folder, { after: '0', near })).runs;
}

async function askList(flow: Flow, chain: TriggeringChain, inBucket: readonly BucketRun[]): Promise<void> {
  const asked = await askGangway(flow, chain, (caller) => flow.api.list(chain.jobName, caller));
  if (asked === null) return askForToken(flow, chain, { kind: 'no-token', for: 'ask' }, []);
  const known = [
    ...(await listOtherRuns(flow, chain)),
    ...inBucket.flatMap(({ prowJob }) => prowJob?.name ?? []),
  ];
  const { answer, note } = asked;
  const verdict = classifyListing(answer, new Set(known));
  const { intent } = chain;
  switch (verdict.kind) {
    case 'clean':
      return intent.cleanLists + 1 >= enoughClean
        ? sendAgain(flow, chain, (seen) => countList(note(seen), true))
        : wait(flow, chain, (seen) => countList(note(seen), true));
    case 'unclear':
      return wait(flow, chain, (seen) => countList(note(seen), false));
    case 'held-back':
      return waitForGangway(flow, chain, note);
    case 'token-refused':
      return askForToken(flow, chain, unknownFor(verdict.says), chain.credentials.tokens, note);
    case 'refused':
      return giveUp(flow, chain, unknownFor(verdict.says), note);
  }
}

function unknownFor(says: string): Reason {
  return { kind: 'start-unknown', says };
}

/**
 * What a list says about an attempt, if the runs in `known` are certainly not it. An empty list proves nothing (PROW.md, 1);
 * one that holds a run we know of shows that the list works.
 */
function classifyListing(listing: Listing, known: ReadonlySet<string>): ListVerdict {
  switch (listing.kind) {
    case 'refused':
      return { kind: blamesToken(listing) ? 'token-refused' : 'refused', says: listing.says };
    case 'held-back':
      return { kind: 'held-back' };
    case 'unavailable':
      return { kind: 'unclear' };
    case 'found': {
      const ids = listing.executions.map(({ prowJobId }) => prowJobId);
      return { kind: ids.length > 0 && ids.every((id) => known.has(id)) ? 'clean' : 'unclear' };
    }
  }
}

/** Gangway was not asked, so nothing was learned: the search goes on until Gangway serves again. */
async function waitForGangway(
  flow: Flow,
  chain: TriggeringChain,
  note: (known: Chain) => Chain,
): Promise<void> {
  const { attempt, writtenAt } = chain.intent;
  if (flow.clock.now() < writtenAt + flow.settings.completionTimeoutMs) return wait(flow, chain, note);
  await giveUp(flow, chain, { kind: 'gangway-away', attempt });
}

/**
 * Runs that are certainly not the attempt: this chain's, and of the job's other chains those that we created, which are in
 * no folder of the bucket at first, or whose ProwJob was read. For any other run a notification may be forged.
 */
async function listOtherRuns(flow: Flow, { jobName, runs }: Chain): Promise<string[]> {
  const ids = runs.map(({ prowJobId }) => prowJobId);
  for await (const other of listChains(flow.store, { matchesJob: (name) => name === jobName })) {
    const sure = other.runs.filter(({ attempt }) => attempt > 0 || other.reportedLocations === null);
    ids.push(...sure.map(({ prowJobId }) => prowJobId));
  }
  return ids;
}

async function sendAgain(flow: Flow, chain: TriggeringChain, count: (known: Chain) => Chain): Promise<void> {
  const { postsSent } = chain.intent;
  if (postsSent >= maxSent) return giveUp(flow, chain, { kind: 'requests-lost', count: postsSent });
  await change(flow, chain, (known) => recordNeverCreated(count(known), flow.clock.now()));
}

/** The run that carries our labels is the attempt. If its own notification opened a chain, that one ends here. */
async function adopt(flow: Flow, chain: Chain, prowJobId: string, buildId: string): Promise<void> {
  const now = flow.clock.now();
  const adopted = await change(flow, chain, (known) =>
    recordCreated(known, { prowJobId, buildId }, now, now),
  );
  if (adopted !== null) await closeDuplicateChain(flow, prowJobId, adopted);
}

async function wait(flow: Flow, chain: Chain, note = asItIs): Promise<void> {
  const wakeAt = flow.clock.now() + flow.settings.pollMs;
  await change(flow, chain, (known) => postpone(note(known), wakeAt));
}

/** With another token the chain goes on from here. */
async function askForToken(
  flow: Flow,
  chain: Chain,
  reason: Reason,
  refused: readonly KeptToken[],
  note = asItIs,
): Promise<void> {
  const now = flow.clock.now();
  await change(flow, chain, (known) =>
    gainedToken(chain, known)
      ? postpone(note(known), now)
      : escalateForToken(note(known), reason, refused, now),
  );
}

async function giveUp(flow: Flow, chain: Chain, reason: Reason, note = asItIs): Promise<void> {
  await change(flow, chain, (known) => escalate(note(known), reason, flow.clock.now()));
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
