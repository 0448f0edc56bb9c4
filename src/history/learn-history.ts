import type { ArtifactSource, Found } from '../evidence/artifacts/artifact-source.ts';
import { type PastRun, initialHistorySize, type PastRuns } from './past-runs.ts';
import { type Folder, pathInBucket } from '../job/run.ts';
import type { KeyedLock } from '../time/keyed-lock.ts';
import { createPool } from '../time/work-pool.ts';
import { type Build, listBuilds, type Wanted } from './list-builds.ts';
import { type Artifact, fetchJson } from '../evidence/artifacts/fetch-artifact.ts';
import { formatGaps } from '../evidence/gap.ts';
import { readEnd, readStarted } from '../evidence/artifacts/metadata.ts';
import { readLineage } from '../trigger/lineage.ts';

interface HistoryDeps {
  source: ArtifactSource;
  pastRuns: PastRuns;
  locks: KeyedLock;
}

/** The maximum number of runs that one call reads. After a longer break, the history has a gap behind them. */
const maxRuns = 100;
/** Runs that are read at a time. */
const width = 4;

/**
 * The finished runs of a job in all buckets, newest first, the latest included. `jobFolder` is the job's folder in one of
 * them. Each run is read once: the last 20 when the job is first seen, later those that ended since. `part` limits the
 * runs to those before a build, or names a build near them (`Wanted`). `unavailable`: some could not be read this time;
 * what was read is kept. `denied`: the bucket of `jobFolder` is not public. Throws `StoreUnavailable`.
 */
export function learnHistory(
  deps: HistoryDeps,
  jobFolder: Folder,
  part: Pick<Wanted, 'before' | 'near'> = {},
): Promise<Found<PastRun[]>> {
  // Two reads of one job at the same time would read the same runs.
  return deps.locks.run(`learn ${pathInBucket(jobFolder)}`, () => learn(deps, jobFolder, part));
}

async function learn(
  { source, pastRuns }: HistoryDeps,
  jobFolder: Folder,
  part: Pick<Wanted, 'before' | 'near'>,
): Promise<Found<PastRun[]>> {
  // One history over all buckets: a job that moves to another one keeps its past.
  const key = pathInBucket(jobFolder);
  const known = await pastRuns.known(key);
  // A run that is not known yet is new, or slow, or never ends. It is asked for until 20 later ones are known, so a
  // slow one is not skipped and a dead one is not asked for for ever.
  const oldest = known[initialHistorySize - 1]?.buildId ?? null;
  const max = oldest === null ? initialHistorySize : maxRuns;
  const { builds, missed } = await listBuilds(source, jobFolder, { ...part, after: oldest ?? '0', max });
  if (missed !== null) return missed;
  const knownIds = new Set(known.map(({ buildId }) => buildId));
  const unknown = builds.filter(({ buildId }) => !knownIds.has(buildId));
  const pool = createPool(width);
  const results = await Promise.all(unknown.map((build) => pool(() => readPastRun(source, build))));
  const read = results.flatMap((result) => (result.kind === 'found' ? [result.value] : []));
  if (read.length > 0) await pastRuns.add(key, read);
  const unread = results.find((result) => result.kind === 'unavailable');
  return unread ?? { kind: 'found', value: await pastRuns.known(key) };
}

/** Reads how a run ended; `absent`: no artifact says that it has. */
export async function readPastRun(
  source: ArtifactSource,
  { folder, buildId }: Build,
): Promise<Found<PastRun>> {
  const { finished, prowJob, end } = await readEnd(source, folder);
  if (finished.retryable) return reportUnread(folder, finished);
  if (prowJob.retryable) return reportUnread(folder, prowJob);
  if (end.kind !== 'ended') return { kind: 'absent' };
  const startTime = prowJob.value?.startTime ?? null;
  const started = startTime === null ? await fetchJson(source, folder, 'started.json', readStarted) : null;
  if (started?.retryable === true) return reportUnread(folder, started);
  const run: PastRun = {
    buildId,
    prowJobId: prowJob.value?.name ?? null,
    status: end.status,
    startedAt: startTime ?? started?.value?.startedAt ?? null,
    finishedAt: finished.value?.finishedAt ?? prowJob.value?.completionTime ?? null,
    attempt: prowJob.value === null ? 0 : (readLineage(prowJob.value)?.attempt ?? 0),
  };
  return { kind: 'found', value: run };
}

function reportUnread(folder: Folder, { gaps }: Artifact<unknown>): Found<never> {
  return { kind: 'unavailable', why: `${folder}: ${formatGaps(gaps)}` };
}
