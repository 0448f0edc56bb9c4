import { formatGaps } from '../../evidence/gap.ts';
import { type ArtifactSource, type Found, readOnce } from '../../evidence/artifacts/artifact-source.ts';
import { gatherEvidence, type GatheredEvidence } from '../../evidence/gather-evidence.ts';
import { readKnownFailures } from '../../evidence/artifacts/known-failures.ts';
import { type PastRun, initialHistorySize } from '../../history/past-runs.ts';
import { buildIdAt, type Folder, isLaterBuild, runUrl } from '../../job/run.ts';
import { isFinished } from '../../job/status.ts';
import type { Failure, JobRecord } from '../../rules/tools/replay-case.ts';
import type { FlowSettings } from '../flow.ts';
import { type Build, listBuilds } from '../../history/list-builds.ts';
import type { WorkPool } from '../../time/work-pool.ts';
import { withFinalLabels } from '../observe/labels.ts';
import { readPastRun } from '../../history/learn-history.ts';

/** All runs of a job, or of a job for one pull request. */
export interface JobPlace {
  jobName: string;
  /** In one of the buckets; the runs of all of them count. */
  folder: Folder;
}

interface CollectDeps {
  source: ArtifactSource;
  settings: Pick<FlowSettings, 'prowUrl'>;
  /** Reads the runs of all jobs. */
  pool: WorkPool;
  /** Called whenever a run was read. */
  onRun: () => void;
}

export interface CollectedJob {
  place: JobPlace;
  record: JobRecord;
  /** More runs ended since then than are read of one job. */
  isCut: boolean;
  /** What could not be read this time, a line each. */
  unread: string[];
}

type Look = Found<{ run: PastRun; folder: Folder; evidence: GatheredEvidence | null }>;

/** Runs that are read of one job, at most. */
export const maxRuns = 200;
/** Runs of one job that are read at a time. */
const width = 4;

/**
 * Reads the runs of a job that ended since then (ms since the epoch), newest first, and the evidence of those that
 * failed; then on to the last success before, on which they look back, at most 20 runs. Each object is read once.
 */
export async function collectFailures(
  deps: CollectDeps,
  place: JobPlace,
  since: number,
): Promise<Found<CollectedJob>> {
  const wanted = { after: '0', near: buildIdAt(since), max: maxRuns + 1 };
  const { builds, missed } = await deps.pool(() => listBuilds(deps.source, place.folder, wanted));
  if (missed !== null) return missed;
  const looks = await lookBack(deps, builds.slice(0, maxRuns), since);
  const read = looks.flatMap((look) => (look.kind === 'found' ? [look.value] : []));
  read.sort((a, b) => (isLaterBuild(a.run.buildId, b.run.buildId) ? -1 : 1));
  const runs = read.map(({ run }) => run);
  const failures = read.flatMap(({ run, folder, evidence }) =>
    evidence === null ? [] : [asFailure(deps.settings.prowUrl, folder, run, evidence)],
  );
  const isCut = builds.length > maxRuns && !runs.some((run) => endedBefore(run, since));
  const record = { jobName: place.jobName, runs, failures };
  return { kind: 'found', value: { place, record, isCut, unread: looks.flatMap(listUnread) } };
}

function listUnread(look: Look): string[] {
  if (look.kind === 'unavailable') return [look.why];
  if (look.kind !== 'found' || look.value.evidence?.retryable !== true) return [];
  return [`build ${look.value.run.buildId}: ${formatGaps(look.value.evidence.gaps)}`];
}

async function lookBack(
  { source, pool, onRun }: CollectDeps,
  builds: readonly Build[],
  since: number,
): Promise<Look[]> {
  const waiting = [...builds];
  const looks: Look[] = [];
  async function lookOn(): Promise<boolean> {
    const build = isEnough(looks, since) ? undefined : waiting.shift();
    if (build === undefined) return false;
    looks.push(await lookAt(source, build, since));
    onRun();
    return true;
  }
  async function lookOnAndOn(): Promise<void> {
    while (await pool(lookOn));
  }
  await Promise.all(Array.from({ length: width }, lookOnAndOn));
  return looks;
}

async function lookAt(source: ArtifactSource, build: Build, since: number): Promise<Look> {
  const once = readOnce(source);
  const found = await readPastRun(once, build);
  if (found.kind !== 'found') return found;
  const run = found.value;
  const { folder } = build;
  const evidence = isWanted(run, since) ? await gatherAll(once, folder) : null;
  return { kind: 'found', value: { run, folder, evidence } };
}

async function gatherAll(source: ArtifactSource, folder: Folder): Promise<GatheredEvidence> {
  const [evidence, known] = await Promise.all([
    gatherEvidence(source, folder),
    readKnownFailures(source, folder),
  ]);
  return withFinalLabels(evidence, known);
}

/** Whether the runs reach back to the window's beginning, and beyond it as far as a failing streak can. */
function isEnough(looks: readonly Look[], since: number): boolean {
  const runs = looks.flatMap((each) => (each.kind === 'found' ? [each.value.run] : []));
  const older = runs.filter((run) => endedBefore(run, since));
  if (older.length === 0) return false;
  if (older.length >= initialHistorySize || older.some(({ status }) => status === 'SUCCESS')) return true;
  return !runs.some((run) => isWanted(run, since));
}

function isWanted(run: PastRun, since: number): boolean {
  const at = endOf(run);
  return at !== null && at >= since && isFinished(run.status) && run.status !== 'SUCCESS';
}

function endedBefore(run: PastRun, since: number): boolean {
  return (endOf(run) ?? Infinity) < since;
}

function endOf({ finishedAt, startedAt }: PastRun): number | null {
  return finishedAt ?? startedAt;
}

function asFailure(prowUrl: string, folder: Folder, run: PastRun, evidence: GatheredEvidence): Failure {
  return { buildId: run.buildId, endedAt: endOf(run) ?? 0, url: runUrl(prowUrl, folder), evidence };
}
