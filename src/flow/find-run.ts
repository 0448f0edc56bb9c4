import type { ArtifactSource } from '../evidence/artifact-source.ts';
import { locateRun } from '../evidence/locate-run.ts';
import type { Folder } from '../job/run.ts';
import { readRunUrl } from '../job/run-url.ts';
import type { NoRun } from '../report/explanation.ts';

/** A run that is in the bucket. */
export interface FoundRun {
  jobName: string;
  buildId: string;
  folder: Folder;
}

type NamedRun = Omit<FoundRun, 'folder'> & { folder: Folder | null };

/** Finds the run that a person names by job and build id, or by its address: `place` has those words. */
export async function findRun(
  source: ArtifactSource,
  bucket: string,
  place: readonly string[],
): Promise<{ kind: 'found'; run: FoundRun } | NoRun> {
  const named = readPlace(bucket, place);
  if ('kind' in named) return named;
  const { jobName, buildId, folder } = named;
  if (!/^\d+$/.test(buildId) || !/^[A-Za-z0-9._-]+$/.test(jobName)) {
    return { kind: 'malformed', says: `${jobName} ${buildId} is no job name and build id.` };
  }
  if (folder !== null) return { kind: 'found', run: { jobName, buildId, folder } };
  const found = await locateRun(source, bucket, jobName, buildId);
  if (found.kind === 'found') return { kind: 'found', run: { jobName, buildId, folder: found.value } };
  if (found.kind === 'unavailable') {
    return { kind: 'unavailable', says: `The bucket could not be read: ${found.why}.` };
  }
  return { kind: 'absent', says: `The bucket ${bucket} has no run ${buildId} of ${jobName}.` };
}

function readPlace(bucket: string, [first = '', buildId]: readonly string[]): NamedRun | NoRun {
  if (buildId !== undefined) return { jobName: first, buildId, folder: null };
  const place = readRunUrl(first);
  if (place === null) {
    const says =
      'Name a job and a build id, or the address of a run: https://prow…/view/gs/BUCKET/logs/JOB/BUILD';
    return { kind: 'malformed', says };
  }
  if (place.bucket === bucket) return place;
  const says = `The run is in bucket ${place.bucket}: set RETRIGGER_GCS_BUCKET=${place.bucket}.`;
  return { kind: 'malformed', says };
}
