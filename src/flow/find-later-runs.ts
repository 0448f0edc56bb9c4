import type { ArtifactSource, Found } from '../evidence/artifact-source.ts';
import { type ProwJob, readProwJob } from '../evidence/read-prow-job.ts';
import { type Folder, isLaterBuild } from '../job/run.ts';

export interface BucketRun {
  buildId: string;
  folder: Folder;
  /** `null` where its `prowjob.json` is not there yet, or is broken. */
  prowJob: ProwJob | null;
}

/** A job that is started this often between two looks is out of any rule's reach. */
const mostRuns = 20;
const maxProwJobBytes = 2 * 1024 * 1024;
/** Ids of this length sort by text as they do by number; a listing may start at one. */
const snowflakeLength = 19;

/** The runs in a job's folder that began after `after`, newest first, with what their ProwJobs say. */
export async function findLaterRuns(
  source: ArtifactSource,
  jobFolder: Folder,
  after: string,
): Promise<Found<BucketRun[]>> {
  const from = after.length === snowflakeLength ? after : '';
  const listed = await source.listFolders(jobFolder, from);
  if (listed.kind !== 'found') return listed;
  const later = listed.value.filter((name) => /^\d+$/.test(name) && isLaterBuild(name, after));
  const newest = later.toSorted((a, b) => (isLaterBuild(a, b) ? -1 : 1)).slice(0, mostRuns);
  const runs = await Promise.all(
    newest.map((buildId) => readRun(source, `${jobFolder}/${buildId}`, buildId)),
  );
  return { kind: 'found', value: runs };
}

async function readRun(source: ArtifactSource, folder: Folder, buildId: string): Promise<BucketRun> {
  const found = await source.read(`${folder}/prowjob.json`, maxProwJobBytes);
  return { buildId, folder, prowJob: found.kind === 'found' ? readProwJob(found.value) : null };
}
