import type { ArtifactSource, Found } from '../evidence/artifact-source.ts';
import type { PastRun } from '../history/past-run.ts';
import { firstSightRuns, type PastRuns } from '../history/past-runs.ts';
import type { Folder } from '../job/run.ts';
import { inTurn } from './in-turn.ts';
import { listBuilds } from './list-builds.ts';
import { readPastRun } from './read-past-run.ts';

export interface HistoryDeps {
  source: ArtifactSource;
  pastRuns: PastRuns;
}

/** Runs that are read in one look; who was away for longer has a gap behind them. */
const mostRuns = 100;
/** Runs that are read at a time. */
const width = 4;

/**
 * The finished runs in a job's folder, newest first, the latest included. Each is read from the bucket once: the last
 * 20 when the job is first seen, later those that ended since. `unavailable`: some could not be read this time; what
 * was read is kept. Throws `StoreUnavailable`.
 */
export function learnHistory(deps: HistoryDeps, jobFolder: Folder): Promise<Found<PastRun[]>> {
  // Two looks at one job at once would read the same runs.
  return inTurn(deps.pastRuns, `learn ${jobFolder}`, () => learn(deps, jobFolder));
}

async function learn({ source, pastRuns }: HistoryDeps, jobFolder: Folder): Promise<Found<PastRun[]>> {
  const known = await pastRuns.known(jobFolder);
  // A run that is not known yet is new, or slow, or never ends. It is asked for until 20 later ones are known, so a
  // slow one is not skipped and a dead one is not asked for for ever.
  const oldest = known[firstSightRuns - 1]?.buildId ?? null;
  const listed = await listBuilds(source, jobFolder, oldest ?? '0');
  if (listed.kind !== 'found') return listed;
  const latest = listed.value.slice(0, oldest === null ? firstSightRuns : mostRuns);
  const knownIds = new Set(known.map(({ buildId }) => buildId));
  const looks = await readRuns(
    source,
    jobFolder,
    latest.filter((buildId) => !knownIds.has(buildId)),
  );
  const read = looks.flatMap((look) => (look.kind === 'found' ? [look.value] : []));
  if (read.length > 0) await pastRuns.add(jobFolder, read);
  const missed = looks.find((look) => look.kind === 'unavailable');
  return missed ?? { kind: 'found', value: await pastRuns.known(jobFolder) };
}

async function readRuns(
  source: ArtifactSource,
  jobFolder: Folder,
  buildIds: readonly string[],
): Promise<Found<PastRun>[]> {
  const waiting = [...buildIds];
  const looks: Found<PastRun>[] = [];
  async function readOn(): Promise<void> {
    for (let buildId = waiting.shift(); buildId !== undefined; buildId = waiting.shift()) {
      looks.push(await readPastRun(source, jobFolder, buildId));
    }
  }
  await Promise.all(Array.from({ length: width }, readOn));
  return looks;
}
