/** What names one Prow job execution. Build ids exceed 2^53, so every id is a string. */
export interface RunId {
  jobName: string;
  /** Gangway's id, the ProwJob's name: often a UUID, not always (PROW.md, 2). */
  prowJobId: string;
  /** The run's folder in the bucket; Prow makes it when the run turns pending. */
  buildId: string;
}

/** A bucket's name, as a part of an expression (https://cloud.google.com/storage/docs/buckets#naming). */
export const bucketPattern = '[a-z0-9][a-z0-9._-]{0,221}';

const bucketName = new RegExp(`^${bucketPattern}$`);

export function isBucketName(text: string): boolean {
  return bucketName.test(text);
}

/** Whether a text can be the name of a job or of a ProwJob. */
export function isProwName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(text);
}

/** Whether a text has only the characters of a job's name, of any length: it may stand in a path. */
export function hasNameCharacters(text: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(text);
}

export function isBuildId(text: string): boolean {
  return /^\d{1,30}$/.test(text);
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

/** The job whose run lies in a folder; `null`: the folder is no run's. */
export function jobOf(folder: Folder): string | null {
  return folder.split('/').at(-2) ?? null;
}

/** The same path in another bucket. */
export function moveToBucket(folder: Folder, bucket: string): Folder {
  return `${bucket}/${pathInBucket(folder)}`;
}

/** The folder that holds all runs of the same job, for the same pull request where there is one. */
export function parentFolder(folder: Folder): Folder {
  return folder.slice(0, folder.lastIndexOf('/'));
}

/** Whether a build id is a time: since 2018 Prow makes ids of 19 digits, which sort the same by text and by number. */
export function isSnowflake(buildId: string): boolean {
  return /^[1-9]\d{18}$/.test(buildId);
}

/** Twitter's epoch in ms, from which Prow's build ids count. */
const snowflakeEpoch = 1_288_834_974_657;

/** The smallest build id of a time (ms since the epoch); before 2018 it has fewer than 19 digits. */
export function buildIdAt(time: number): string {
  return String(BigInt(Math.max(0, Math.floor(time) - snowflakeEpoch)) << 22n);
}

/** Compares build ids by number: they are snowflakes, so a later run has the larger one. */
export function isLaterBuild(buildId: string, than: string): boolean {
  return buildId.length === than.length ? buildId > than : buildId.length > than.length;
}

export interface RunPlace {
  folder: Folder;
  jobName: string;
  buildId: string;
}

const place = /^\/(?:view\/(?:gs|gcs)|gcs|gs)\/([^/]+\/(?:logs|pr-logs\/pull)\/(?:.+\/)?([^/]+)\/(\d+))\/?$/;

/** The page of a run in Prow's own web interface (Deck, spyglass). */
export function runUrl(prowUrl: string, folder: Folder): string {
  return `${prowUrl}/view/gs/${folder}`;
}

/**
 * Reads a run's folder from an address of the run: Deck's `/view/gs/BUCKET/logs/JOB/BUILD`, gcsweb's
 * `/gcs/BUCKET/…`, or `gs://BUCKET/…`. Anything else gives `null`.
 */
export function readRunUrl(text: string): RunPlace | null {
  const path = text
    .trim()
    .replace(/^gs:\//, '/gs')
    .replace(/^https?:\/\/[^/]+/, '')
    .replace(/[?#].*$/s, '');
  // What would lead out of the folder once it stands in an address is no run's.
  if (/\s|\/\.{0,2}\//.test(path)) return null;
  const [, folder, jobName, buildId] = place.exec(path) ?? [];
  if (folder === undefined || jobName === undefined || buildId === undefined) return null;
  return { folder, jobName, buildId };
}

/** Prow's record of a run, which is there from its start; a page in the bucket is made when it turns pending. */
export function recordUrl(prowUrl: string, prowJobId: string): string {
  return `${prowUrl}/prowjob?prowjob=${encodeURIComponent(prowJobId)}`;
}
