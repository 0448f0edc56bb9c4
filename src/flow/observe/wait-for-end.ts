import { type Chain, currentRun } from '../../chain/chain.ts';
import { hasNewLocation } from '../../chain/location.ts';
import type { Decision, Reason } from '../../chain/decision.ts';
import { escalate, postpone } from '../../chain/move.ts';
import { isListed, applySighting, type Sighting } from '../../chain/proof.ts';
import { patchRun } from '../../chain/record-end.ts';
import type { Gap } from '../../evidence/gap.ts';
import { emptyEvidence } from '../../evidence/evidence.ts';
import { bucketOf, parentFolder, readRunUrl, type RunPlace } from '../../job/run.ts';
import { isFinished } from '../../job/status.ts';
import { maxGangwayCalls, type Caller, type Lookup } from '../../trigger/execution-api.ts';
import { askGangway } from '../gangway/ask-gangway.ts';
import { changeTask, concludeTask } from '../state/change-task.ts';
import { findLaterRuns } from '../../history/find-later-runs.ts';
import type { Flow } from '../flow.ts';
import { judgeRun } from '../judge/judge-run.ts';
import { followJobUrl, locationOf } from './resolve-artifacts.ts';

/** What a look at an unfinished run found. */
interface Glimpse {
  /** What the run's `prowjob.json` shows; `null`: none was read. */
  seen?: Sighting | null;
  /** A bucket gave no answer. */
  isUnanswered?: boolean;
}

/**
 * The run's end does not show in the bucket: look again later, ask Gangway where that takes long, or give up. `why`
 * is what the bucket gave this time, as the end of a sentence. A run that calls us is in the bucket while it runs. So a run
 * that the bucket does not show is given up sooner, and Gangway is not asked about it.
 */
export async function waitForEnd(
  flow: Flow,
  chain: Chain,
  why: string,
  { seen = null, isUnanswered = false }: Glimpse = {},
): Promise<void> {
  const note = (known: Chain): Chain => (seen === null ? known : applySighting(known, seen));
  const { openedAt, lateLooks } = currentRun(chain);
  const { completionTimeoutMs, proofTimeoutMs } = flow.settings;
  const isThere = isListed(note(chain));
  const patienceMs = isThere || isUnanswered ? completionTimeoutMs : proofTimeoutMs;
  const now = flow.clock.now();
  if (now >= openedAt + patienceMs) return giveUp(flow, chain, why, patienceMs);
  const quarter = completionTimeoutMs / 4;
  if (isThere && now >= openedAt + quarter * (lateLooks + 1)) {
    return (await tryNextLocation(flow, chain)) ? undefined : lookLate(flow, chain, why);
  }
  if (!isThere && isUnanswered && now < openedAt + mutedMs) return lookAnew(flow, chain);
  const wakeAt = isThere ? now + flow.settings.pollMs : nextLook(flow, chain);
  // Where another place was named meanwhile, the next look is due already.
  await changeTask(flow, chain, (known) =>
    hasNewLocation(known, chain) ? note(known) : postpone(note(known), wakeAt),
  );
}

/** For so long, a check that a bucket did not answer does not count: the chain still waits for its first check. */
const mutedMs = 15 * 60_000;

async function lookAnew(flow: Flow, chain: Chain): Promise<void> {
  const wakeAt = flow.clock.now() + flow.settings.pollMs;
  await changeTask(flow, chain, (known) => ({ ...postpone(known, wakeAt), tries: known.tries }));
}

/** For a run that the bucket does not show, each wait is longer than the last by this factor, up to `maxWaitMs`. */
const slowdown = 1.5;
const maxWaitMs = 15 * 60_000;

/** When to look again for a run that the bucket does not show. The last look is at the end of its time limit. */
function nextLook({ clock, settings }: Flow, chain: Chain): number {
  const now = clock.now();
  const end = currentRun(chain).openedAt + settings.proofTimeoutMs;
  const wakeAt = now + Math.min(maxWaitMs, Math.round(settings.pollMs * slowdown ** chain.tries));
  return end > now ? Math.min(wakeAt, end) : wakeAt;
}

async function giveUp(flow: Flow, chain: Chain, why: string, patienceMs: number): Promise<void> {
  const { buildId } = currentRun(chain);
  const buckets = [...flow.source.buckets];
  await escalateUnread(flow, chain, { kind: 'end-unseen', buildId, waitedMs: patienceMs, why, buckets });
}

/** A person gets a run that nothing could be read of; as long as its place is not proven, another one may be named. */
export async function escalateUnread(flow: Flow, chain: Chain, reason: Reason): Promise<void> {
  const decision: Decision = { outcome: 'skip', reason: 'evidence-missing', rule: null, because: [] };
  await concludeTask(flow, chain, (known) =>
    escalate(
      { ...known, decision },
      reason,
      flow.clock.now(),
      known.reportedLocations === null ? null : 'location',
    ),
  );
}

/**
 * A run whose pod was evicted goes on under a new build id (PROW.md, 2 and 5): in a later folder beside its own, whose
 * `prowjob.json` says so. `false`: there is none.
 */
export async function tryNextLocation(flow: Flow, chain: Chain): Promise<boolean> {
  const { folder, buildId, prowJobId } = currentRun(chain);
  if (folder === null || buildId === null) return false;
  const { runs } = await findLaterRuns(flow.source, parentFolder(folder), { after: buildId });
  const own = runs.find(({ prowJob }) => prowJob?.name === prowJobId);
  if (own === undefined) return false;
  const place = locationOf(flow.settings, own.buildId, own.folder);
  const moved = { ...place, endSeenAt: null };
  await changeTask(flow, chain, (known) => postpone(patchRun(known, prowJobId, moved), flow.clock.now()));
  return true;
}

/** Asks Gangway after a run that has been open for long: its bucket may be private, or its folder not be found. */
async function lookLate(flow: Flow, chain: Chain, why: string): Promise<void> {
  const run = currentRun(chain);
  const mayAsk = run.gangwayCalls < maxGangwayCalls;
  const ask = (caller: Caller): Promise<Lookup> => flow.api.get(run.prowJobId, caller);
  const asked = mayAsk ? await askGangway(flow, chain, ask) : null;
  const answer = asked?.answer ?? null;
  // What was held back was not asked, so the next look does.
  const isHeldBack = answer?.kind === 'held-back';
  const gangwayCalls = run.gangwayCalls + (answer === null || isHeldBack ? 0 : 1);
  const lateLooks = run.lateLooks + (isHeldBack ? 0 : 1);
  const move = readMove(flow, chain, answer);
  const wakeAt = flow.clock.now() + flow.settings.pollMs;
  const moved = await changeTask(flow, chain, (known) => {
    const rest = asked === null ? known : asked.note(known);
    const counted = patchRun(rest, run.prowJobId, { lateLooks, gangwayCalls });
    return postpone(move === null ? counted : moveRun(flow, counted, move), wakeAt);
  });
  if (moved === null || answer?.kind !== 'found' || !isFinished(answer.status)) return;
  // The bucket may be away for a while: only where the next late look says the same is its word enough.
  if (run.lateLooks === 0) return;
  if (currentRun(moved).buildId !== run.buildId) return;
  const gap: Gap = { file: 'finished.json', kind: 'open', detail: why };
  // If no file of the run was seen, no label will come.
  const evidence = emptyEvidence(answer.status, run.prowJobId);
  await judgeRun(flow, moved, { ...evidence, knownFailures: [], gaps: [gap] });
}

/** Where the run went on; `null`: where it was. Before its place is proven, the job may turn out to be another, too. */
function readMove({ source }: Flow, chain: Chain, answer: Lookup | null): RunPlace | null {
  if (answer?.kind !== 'found' || answer.jobUrl === null) return null;
  const place = readRunUrl(answer.jobUrl);
  if (place === null) return null;
  const { buildId, folder } = currentRun(chain);
  // The same build in another of our buckets is a move, too.
  const isNews = place.folder !== folder && source.buckets.includes(bucketOf(place.folder));
  if (place.buildId === buildId && !isNews) return null;
  return place.jobName === chain.jobName || chain.reportedLocations !== null ? place : null;
}

function moveRun(flow: Flow, chain: Chain, place: RunPlace): Chain {
  return { ...followJobUrl(flow, chain, place), jobName: place.jobName };
}
