import type { ArtifactSource, Found } from '../evidence/artifacts/artifact-source.ts';
import { type Artifact, fetchJson } from '../evidence/artifacts/fetch-artifact.ts';
import { readEnd } from '../evidence/artifacts/read-end.ts';
import { readStarted } from '../evidence/artifacts/read-started.ts';
import type { PastRun } from './past-run.ts';
import { readLineage } from '../trigger/lineage.ts';
import type { Folder } from '../job/run.ts';
import type { Build } from './list-builds.ts';

/** Reads how a run ended; `absent`: no artifact says that it has. */
export async function readPastRun(
  source: ArtifactSource,
  { folder, buildId }: Build,
): Promise<Found<PastRun>> {
  const { finished, prowJob, end } = await readEnd(source, folder);
  if (finished.retryable) return refuse(folder, finished);
  if (prowJob.retryable) return refuse(folder, prowJob);
  if (end.kind !== 'ended') return { kind: 'absent' };
  const startTime = prowJob.value?.startTime ?? null;
  const started = startTime === null ? await fetchJson(source, folder, 'started.json', readStarted) : null;
  if (started?.retryable === true) return refuse(folder, started);
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

function refuse(folder: Folder, { gaps }: Artifact<unknown>): Found<never> {
  return { kind: 'unavailable', why: `${folder}: ${gaps.join(', ')}` };
}
