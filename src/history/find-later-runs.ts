import type { ArtifactSource, Found } from '../evidence/artifacts/artifact-source.ts';
import { fetchJson } from '../evidence/artifacts/fetch-artifact.ts';
import { type ProwJob, readProwJob } from '../evidence/artifacts/prow-job.ts';
import type { Folder } from '../job/run.ts';
import { type Build, listBuilds, listReadableBuilds } from './list-builds.ts';

export interface BucketRun extends Build {
  /** `null` where its `prowjob.json` is not there yet, or is broken. */
  prowJob: ProwJob | null;
  /** Its `prowjob.json` could not be read this time; another look may tell. */
  isUnread: boolean;
}

/** A job that is started this often between two looks is out of any rule's reach. */
const maxRuns = 20;

/**
 * The runs of a job that began after build `after`, newest first, with what their ProwJobs say. `jobFolder` is the job's
 * folder in one bucket; all buckets are listed (`listBuilds` has the rules).
 */
export async function findLaterRuns(
  source: ArtifactSource,
  jobFolder: Folder,
  after: string,
): Promise<Found<BucketRun[]>> {
  const builds = await listBuilds(source, jobFolder, { after, most: maxRuns });
  if (builds.kind !== 'found') return builds;
  return { kind: 'found', value: await readRuns(source, builds.value) };
}

/**
 * The same as far as the buckets can be read now, for a search that does not need a complete list. `near` is a build that is
 * probably near the newest one (`Wanted`).
 */
export async function findReadableRuns(
  source: ArtifactSource,
  jobFolder: Folder,
  after: string,
  near?: string,
): Promise<{ runs: BucketRun[]; denied: string[] }> {
  const { builds, denied } = await listReadableBuilds(source, jobFolder, { after, near, most: maxRuns });
  return { runs: await readRuns(source, builds), denied };
}

function readRuns(source: ArtifactSource, builds: readonly Build[]): Promise<BucketRun[]> {
  return Promise.all(builds.map((build) => readRun(source, build)));
}

async function readRun(source: ArtifactSource, { folder, buildId }: Build): Promise<BucketRun> {
  const { value, retryable, denied } = await fetchJson(source, folder, 'prowjob.json', readProwJob);
  return { buildId, folder, prowJob: value, isUnread: retryable || denied !== null };
}
