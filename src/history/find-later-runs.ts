import type { ArtifactSource } from '../evidence/artifacts/artifact-source.ts';
import { fetchJson } from '../evidence/artifacts/fetch-artifact.ts';
import { type ProwJob, readProwJob } from '../evidence/artifacts/prow-job.ts';
import type { Folder } from '../job/run.ts';
import { type Build, type BuildList, listBuilds, type Wanted } from './list-builds.ts';

export interface BucketRun extends Build {
  /** `null`: its `prowjob.json` is not there yet, or is broken. */
  prowJob: ProwJob | null;
  /** Its `prowjob.json` could not be read this time; another try can help. */
  isUnread: boolean;
}

interface LaterRuns extends Omit<BuildList, 'builds'> {
  /** Newest first, with their ProwJobs. */
  runs: BucketRun[];
}

/** A job that starts this often between two polls is out of any rule's reach. */
const maxRuns = 20;

/**
 * The runs of a job that began after a build, in all buckets. `jobFolder` is the job's folder in one of them. A search
 * may use what can be read now; a proof that there is no other run needs `missed` to be `null` or `absent`.
 */
export async function findLaterRuns(
  source: ArtifactSource,
  jobFolder: Folder,
  wanted: Pick<Wanted, 'after' | 'near'>,
): Promise<LaterRuns> {
  const { builds, ...rest } = await listBuilds(source, jobFolder, { ...wanted, max: maxRuns });
  return { ...rest, runs: await Promise.all(builds.map((build) => readRun(source, build))) };
}

async function readRun(source: ArtifactSource, { folder, buildId }: Build): Promise<BucketRun> {
  const { value, retryable, denied } = await fetchJson(source, folder, 'prowjob.json', readProwJob);
  return { buildId, folder, prowJob: value, isUnread: retryable || denied !== null };
}
