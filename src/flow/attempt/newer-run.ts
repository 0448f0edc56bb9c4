import { nextAttempt, postponeAttempt } from '../../chain/attempt.ts';
import { type Chain, intentOf, isOpen } from '../../chain/chain.ts';
import { type ArtifactSource, describeMiss } from '../../evidence/artifacts/artifact-source.ts';
import { carriesLineage, type Lineage, readLineage } from '../../trigger/lineage.ts';
import { runUrl } from '../../job/run.ts';
import { type BucketRun, findLaterRuns } from '../../history/find-later-runs.ts';
import type { FlowSettings, Flow } from '../flow.ts';
import { jobFolderOf } from '../../history/list-builds.ts';
import { addReason } from '../../chain/move.ts';
import { chainIdOf } from '../../chain/accept.ts';
import { changeTask } from '../state/change-task.ts';

export interface NewerRunSearch {
  source: ArtifactSource;
  settings: Pick<FlowSettings, 'prowUrl'>;
}

export type NewerRun =
  | { kind: 'none' }
  /** The chain's attempt that is due: it exists already. */
  | { kind: 'own'; prowJobId: string; buildId: string }
  /** `who`: whose attempt it is; `null` where it is nobody's, or its marks can't be read. */
  | { kind: 'newer'; buildId: string; url: string; who: Lineage | null; startedAt: number | null }
  /** `isLasting`: a bucket is not public, or its list is too large, so waiting does not help. */
  | { kind: 'unavailable'; why: string; isLasting?: boolean };

/** Whether somebody has started a newer run of the job than the chain's last one: the newest, where there are several. */
export async function findNewerRun(
  { source, settings: { prowUrl } }: NewerRunSearch,
  chain: Chain,
): Promise<NewerRun> {
  const last = chain.runs.findLast(({ buildId }) => buildId !== null);
  if (last?.buildId == null) return { kind: 'unavailable', why: 'no run of the chain has a build id' };
  const folder = jobFolderOf(source, chain.jobName, last.folder);
  const { runs, missed } = await findLaterRuns(source, folder, { after: last.buildId });
  if (missed?.kind === 'unavailable') return missed;
  if (missed?.kind === 'denied' || missed?.kind === 'too-large') {
    return { kind: 'unavailable', why: describeMiss(missed), isLasting: true };
  }
  const others = runs.filter((run) => !belongsTo(run, chain));
  return findOwn(others, chain) ?? describeNewest(others);

  function describeNewest([newest]: readonly BucketRun[]): NewerRun {
    if (newest === undefined) return { kind: 'none' };
    const { buildId, prowJob, isUnread } = newest;
    if (isUnread) return { kind: 'unavailable', why: `prowjob.json of build ${buildId} could not be read` };
    if (prowJob === null && (intentOf(chain)?.postsSent ?? 0) > 0) {
      return { kind: 'unavailable', why: `nothing tells whether build ${buildId} is the attempt itself` };
    }
    const who = prowJob === null ? null : readLineage(prowJob);
    const startedAt = prowJob?.startTime ?? null;
    return { kind: 'newer', buildId, url: runUrl(prowUrl, newest.folder), who, startedAt };
  }
}

/** An evicted pod goes on under a new build id and the same ProwJob (PROW.md, 2), so either tells. */
function belongsTo({ buildId, prowJob }: BucketRun, { runs }: Chain): boolean {
  return runs.some((run) => run.buildId === buildId || run.prowJobId === prowJob?.name);
}

function findOwn(runs: readonly BucketRun[], chain: Chain): NewerRun | null {
  const due = { root: chain.root, attempt: nextAttempt(chain) };
  const own = runs.find(({ prowJob }) => prowJob !== null && carriesLineage(prowJob, due));
  const prowJobId = own?.prowJob?.name ?? null;
  return own === undefined || prowJobId === null ? null : { kind: 'own', prowJobId, buildId: own.buildId };
}

/** Poll intervals for which the first retry of a job waits. By then the bucket shows a run that was created just before. */
const pollsToWait = 2;

/** Notes a retry in the bucket that the store does not know, if the store is older than it. */
export async function noteUnknownRetry({ olderCopy, store, log }: Flow, newer: NewerRun): Promise<void> {
  if (newer.kind !== 'newer' || newer.who === null || !olderCopy.isLater(newer.startedAt)) return;
  const owner = await store.get(chainIdOf(newer.who.root));
  if (owner?.runs.some(({ buildId }) => buildId === newer.buildId) === true) return;
  // Its own chain may not know the build yet.
  if (owner !== null && isOpen(owner) && owner.runs.some(({ buildId }) => buildId === null)) return;
  log.warn({ build: newer.buildId }, 'store does not know a retry that began after its newest change');
  olderCopy.confirm();
}

/** Delays the first retry of a job once if the store is an older copy. `false`: there is no delay. */
export async function waitForSecondCheck(flow: Flow, chain: Chain): Promise<boolean> {
  if (!flow.olderCopy.wantsSecondLook(chain.jobName)) return false;
  const now = flow.clock.now();
  const wakeAt = now + pollsToWait * flow.settings.pollMs;
  await changeTask(flow, chain, (known) =>
    postponeAttempt(addReason(known, { kind: 'older-copy' }), wakeAt, now),
  );
  return true;
}
