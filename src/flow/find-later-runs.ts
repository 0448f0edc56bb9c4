import type { ArtifactSource, Found } from '../evidence/artifact-source.ts';
import { type ProwJob, readProwJob } from '../evidence/read-prow-job.ts';
import type { Folder } from '../job/run.ts';
import { listBuilds } from './list-builds.ts';

export interface BucketRun {
  buildId: string;
  folder: Folder;
  /** `null` where its `prowjob.json` is not there yet, or is broken. */
  prowJob: ProwJob | null;
  /** Its `prowjob.json` could not be read this time; another look may tell. */
  isUnread: boolean;
}

/** A job that is started this often between two looks is out of any rule's reach. */
const mostRuns = 20;
const maxProwJobBytes = 2 * 1024 * 1024;

/** The runs in a job's folder that began after `after`, newest first, with what their ProwJobs say. */
export async function findLaterRuns(
  source: ArtifactSource,
  jobFolder: Folder,
  after: string,
): Promise<Found<BucketRun[]>> {
  const builds = await listBuilds(source, jobFolder, after);
  if (builds.kind !== 'found') return builds;
  const runs = await Promise.all(
    builds.value.slice(0, mostRuns).map((buildId) => readRun(source, `${jobFolder}/${buildId}`, buildId)),
  );
  return { kind: 'found', value: runs };
}

async function readRun(source: ArtifactSource, folder: Folder, buildId: string): Promise<BucketRun> {
  const found = await source.read(`${folder}/prowjob.json`, maxProwJobBytes);
  const prowJob = found.kind === 'found' ? readProwJob(found.value) : null;
  return { buildId, folder, prowJob, isUnread: found.kind === 'unavailable' };
}
