/** What names one Prow job execution. Build ids exceed 2^53, so every id is a string. */
export interface RunId {
  jobName: string;
  /** Gangway's id, the ProwJob's name: often a UUID, not always (PROW.md, 2). */
  prowJobId: string;
  /** The run's folder in the bucket; Prow makes it when the run turns pending. */
  buildId: string;
}

/** Where artifacts lie: the name of a bucket, then a path in it, without slashes at its ends. */
export type Folder = string;

/** The folder of a periodic's or a postsubmit's run (PROW.md, 3). */
export function logsFolder(bucket: string, jobName: string, buildId: string): Folder {
  return `${bucket}/logs/${jobName}/${buildId}`;
}

/** The folder of a batch's run, for which Prow writes no alias (PROW.md, 3). */
export function batchFolder(bucket: string, jobName: string, buildId: string): Folder {
  return `${bucket}/pr-logs/pull/batch/${jobName}/${buildId}`;
}

/** The object that holds the `gs://` address of a presubmit's run. */
export function aliasPath(bucket: string, jobName: string, buildId: string): string {
  return `${bucket}/pr-logs/directory/${jobName}/${buildId}.txt`;
}

/** The name of the bucket in which a folder lies. */
export function bucketOf(folder: Folder): string {
  const slash = folder.indexOf('/');
  return slash === -1 ? folder : folder.slice(0, slash);
}

/** A folder's path in its bucket: the same for all runs of a job, whichever bucket each of them lies in. */
export function pathInBucket(folder: Folder): string {
  return folder.slice(bucketOf(folder).length + 1);
}

/** The same path in another bucket. */
export function moveToBucket(folder: Folder, bucket: string): Folder {
  return `${bucket}/${pathInBucket(folder)}`;
}

/** The folder that holds all runs of the same job, for the same pull request where there is one. */
export function parentFolder(folder: Folder): Folder {
  return folder.slice(0, folder.lastIndexOf('/'));
}

/** Compares build ids by number: they are snowflakes, so a later run has the larger one. */
export function isLaterBuild(buildId: string, than: string): boolean {
  return buildId.length === than.length ? buildId > than : buildId.length > than.length;
}
