import type { ArtifactSource, Found } from '../evidence/artifact-source.ts';
import { type Artifact, fetchJson } from '../evidence/fetch-artifact.ts';
import { readFinished } from '../evidence/read-finished.ts';
import { readProwJob } from '../evidence/read-prow-job.ts';
import { readStarted } from '../evidence/read-started.ts';
import type { PastRun } from '../history/past-run.ts';
import type { Folder } from '../job/run.ts';
import { isFinished } from '../job/status.ts';
import { readLineage } from '../trigger/lineage.ts';

/** Reads how a run ended; `absent`: it has not, or its `finished.json` never came. */
export async function readPastRun(
  source: ArtifactSource,
  jobFolder: Folder,
  buildId: string,
): Promise<Found<PastRun>> {
  const folder = `${jobFolder}/${buildId}`;
  const finished = await fetchJson(source, folder, 'finished.json', readFinished);
  if (finished.value === null) return finished.retryable ? refuse(folder, finished) : { kind: 'absent' };
  const prowJob = await fetchJson(source, folder, 'prowjob.json', readProwJob);
  if (prowJob.retryable) return refuse(folder, prowJob);
  const startTime = prowJob.value?.startTime ?? null;
  const started = startTime === null ? await fetchJson(source, folder, 'started.json', readStarted) : null;
  if (started?.retryable === true) return refuse(folder, started);
  const { status, finishedAt } = finished.value;
  const state = prowJob.value?.state ?? 'UNKNOWN';
  const run: PastRun = {
    buildId,
    prowJobId: prowJob.value?.name ?? null,
    status: status === 'UNKNOWN' && isFinished(state) ? state : status,
    startedAt: startTime ?? started?.value?.startedAt ?? null,
    finishedAt: finishedAt ?? prowJob.value?.completionTime ?? null,
    attempt: prowJob.value === null ? 0 : (readLineage(prowJob.value)?.attempt ?? 0),
  };
  return { kind: 'found', value: run };
}

function refuse(folder: Folder, { gaps }: Artifact<unknown>): Found<never> {
  return { kind: 'unavailable', why: `${folder}: ${gaps.join(', ')}` };
}
