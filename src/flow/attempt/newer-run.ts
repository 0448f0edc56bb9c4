import { nextAttempt } from '../../chain/attempt.ts';
import type { Chain } from '../../chain/chain.ts';
import { type ArtifactSource, describeMiss } from '../../evidence/artifacts/artifact-source.ts';
import { carriesLineage, type Lineage, readLineage } from '../../trigger/lineage.ts';
import { runUrl } from '../../job/run-url.ts';
import { type BucketRun, findLaterRuns } from '../../history/find-later-runs.ts';
import type { FlowSettings } from '../flow.ts';
import { jobFolderOf } from '../../history/list-builds.ts';

export interface Lookout {
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
export async function lookForNewerRun(
  { source, settings: { prowUrl } }: Lookout,
  chain: Chain,
): Promise<NewerRun> {
  const last = chain.runs.findLast(({ buildId }) => buildId !== null);
  if (last?.buildId == null) return { kind: 'unavailable', why: 'no run of the chain has a build id' };
  const found = await findLaterRuns(source, jobFolderOf(source, chain.jobName, last.folder), last.buildId);
  if (found.kind === 'absent') return { kind: 'none' };
  if (found.kind === 'denied') return { kind: 'unavailable', why: describeMiss(found), isLasting: true };
  if (found.kind === 'too-large') return { kind: 'unavailable', why: found.why, isLasting: true };
  if (found.kind === 'unavailable') return found;
  const others = found.value.filter((run) => !belongsTo(run, chain));
  return findOwn(others, chain) ?? describeNewest(others);

  function describeNewest([newest]: readonly BucketRun[]): NewerRun {
    if (newest === undefined) return { kind: 'none' };
    const { buildId, prowJob, isUnread } = newest;
    if (isUnread) return { kind: 'unavailable', why: `prowjob.json of build ${buildId} could not be read` };
    if (prowJob === null && (chain.intent?.sent ?? 0) > 0) {
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
