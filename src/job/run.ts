/** What names one Prow job execution. Build ids exceed 2^53, so every id is a string. */
export interface RunId {
  jobName: string;
  /** Gangway's id, the ProwJob's name: often a UUID, not always (PROW.md, 2). */
  prowJobId: string;
  /** The run's folder in the bucket; Prow makes it when the run turns pending. */
  buildId: string;
}

/** Where a run's artifacts lie: a path in the bucket without slashes at its ends. */
export type Folder = string;

/** The folder of a periodic's or a postsubmit's run (pkg/gcs/target.go in Prow). */
export function logsFolder(jobName: string, buildId: string): Folder {
  return `logs/${jobName}/${buildId}`;
}

/** The object that holds the `gs://` address of a presubmit's or batch's run. */
export function aliasPath(jobName: string, buildId: string): string {
  return `pr-logs/directory/${jobName}/${buildId}.txt`;
}

/** The folder that holds all runs of the same job, for the same pull request where there is one. */
export function parentFolder(folder: Folder): Folder {
  return folder.slice(0, folder.lastIndexOf('/'));
}

/** Compares build ids by number: they are snowflakes, so a later run has the larger one. */
export function isLaterBuild(buildId: string, than: string): boolean {
  return buildId.length === than.length ? buildId > than : buildId.length > than.length;
}
