import { chainIdOf } from '../../chain/accept.ts';
import { nextAttempt } from '../../chain/attempt.ts';
import { type Chain, intentOf, isManual, isOpen } from '../../chain/chain.ts';
import type { DecisionReason, Reason } from '../../chain/decision.ts';
import { type ArtifactSource, describeMiss } from '../../evidence/artifacts/artifact-source.ts';
import { type BucketRun, findLaterRuns } from '../../history/find-later-runs.ts';
import { jobFolderOf } from '../../history/list-builds.ts';
import { findSilence } from '../../rules/decide/silence.ts';
import { carriesLineage, type Lineage, readLineage } from '../../trigger/lineage.ts';
import type { Flow } from '../flow.ts';

/** Why an attempt that is due is not made now. */
export type Blocker =
  /** The attempt is not made at all: a newer run exists, or people silenced the job; elsewhere: a budget is spent. */
  | { kind: 'unwanted'; reason: DecisionReason; because: Reason }
  /** It was made already: its request was carried out so late that it was taken for lost. */
  | { kind: 'exists'; prowJobId: string; buildId: string }
  /** The store is an older copy, so the first retry of a job is checked twice. */
  | { kind: 'older-copy' }
  /** Nothing tells whether a newer run exists. `isLasting`: waiting does not help. */
  | { kind: 'unavailable'; why: string; isLasting: boolean };

/**
 * Looks once more, after the delay, for what keeps the attempt from being made; `null`: nothing. A person's demand
 * overrides silences and newer runs, but makes no attempt twice.
 */
export async function findBlocker(flow: Flow, chain: Chain): Promise<Blocker | null> {
  const silence = isManual(chain) ? null : await findSilenceOf(flow, chain);
  if (silence !== null) return silence;
  const newer = await findNewerRun(flow.source, chain);
  await noteUnknownRetry(flow, newer);
  if (newer.kind === 'exists') return newer;
  if (newer.kind === 'unavailable' && (!isManual(chain) || mayExist(chain))) return newer;
  if (newer.kind === 'newer' && !isManual(chain)) {
    return {
      kind: 'unwanted',
      reason: 'superseded',
      because: { kind: 'newer-run', buildId: newer.buildId },
    };
  }
  return flow.olderCopy.wantsSecondLook(chain.jobName) ? { kind: 'older-copy' } : null;
}

/** Whether a request for the attempt that is due was sent, so that its run may exist. */
function mayExist(chain: Chain): boolean {
  return (intentOf(chain)?.postsSent ?? 0) > 0;
}

async function findSilenceOf({ clock, silences }: Flow, { jobName }: Chain): Promise<Blocker | null> {
  const now = clock.now();
  const silence = findSilence(await silences.list(now), jobName, now);
  if (silence === null) return null;
  const { job, author, until, comment } = silence;
  return {
    kind: 'unwanted',
    reason: 'silenced',
    because: { kind: 'silence', job, author, until, comment },
  };
}

type NewerRun =
  | { kind: 'none' }
  /** `who`: whose attempt it is; `null` where it is nobody's, or its marks can't be read. */
  | { kind: 'newer'; buildId: string; who: Lineage | null; startedAt: number | null }
  | (Blocker & { kind: 'exists' | 'unavailable' });

/** Whether somebody has started a newer run of the job than the chain's last one: the newest, where there are several. */
export async function findNewerRun(source: ArtifactSource, chain: Chain): Promise<NewerRun> {
  const last = chain.runs.findLast(({ buildId }) => buildId !== null);
  if (last?.buildId == null) return unavailable('no run of the chain has a build id');
  const folder = jobFolderOf(source, chain.jobName, last.folder);
  const { runs, missed } = await findLaterRuns(source, folder, { after: last.buildId });
  if (missed?.kind === 'unavailable') return unavailable(missed.why);
  // A bucket is not public, or its list is too large.
  if (missed?.kind === 'denied' || missed?.kind === 'too-large')
    return unavailable(describeMiss(missed), true);
  const others = runs.filter((run) => !belongsTo(run, chain));
  return findOwn(others, chain) ?? classifyNewest(others, chain);
}

/** An evicted pod goes on under a new build id and the same ProwJob (PROW.md, 2), so either tells. */
function belongsTo({ buildId, prowJob }: BucketRun, { runs }: Chain): boolean {
  return runs.some((run) => run.buildId === buildId || run.prowJobId === prowJob?.name);
}

/** The chain's attempt that is due. */
function findOwn(runs: readonly BucketRun[], chain: Chain): NewerRun | null {
  const due = { root: chain.root, attempt: nextAttempt(chain) };
  const own = runs.find(({ prowJob }) => prowJob !== null && carriesLineage(prowJob, due));
  const prowJobId = own?.prowJob?.name ?? null;
  return own === undefined || prowJobId === null ? null : { kind: 'exists', prowJobId, buildId: own.buildId };
}

function classifyNewest([newest]: readonly BucketRun[], chain: Chain): NewerRun {
  if (newest === undefined) return { kind: 'none' };
  const { buildId, prowJob, isUnread } = newest;
  if (isUnread) return unavailable(`prowjob.json of build ${buildId} could not be read`);
  if (prowJob === null && mayExist(chain))
    return unavailable(`nothing tells whether build ${buildId} is the attempt itself`);
  const who = prowJob === null ? null : readLineage(prowJob);
  return { kind: 'newer', buildId, who, startedAt: prowJob?.startTime ?? null };
}

function unavailable(why: string, isLasting = false): Blocker & { kind: 'unavailable' } {
  return { kind: 'unavailable', why, isLasting };
}

/** Notes a retry in the bucket that the store does not know, if the store is older than it. */
async function noteUnknownRetry({ olderCopy, store, log }: Flow, newer: NewerRun): Promise<void> {
  if (newer.kind !== 'newer' || newer.who === null || !olderCopy.isLater(newer.startedAt)) return;
  const owner = await store.get(chainIdOf(newer.who.root));
  if (owner?.runs.some(({ buildId }) => buildId === newer.buildId) === true) return;
  // Its own chain may not know the build yet.
  if (owner !== null && isOpen(owner) && owner.runs.some(({ buildId }) => buildId === null)) return;
  log.warn({ build: newer.buildId }, 'store does not know a retry that began after its newest change');
  olderCopy.confirm();
}
