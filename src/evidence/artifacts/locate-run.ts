import {
  aliasPath,
  batchFolder,
  bucketOf,
  bucketPattern,
  type Folder,
  logsFolder,
  moveToBucket,
  readRunUrl,
} from '../../job/run.ts';
import { type ArtifactSource, describeDenied, type Found } from './artifact-source.ts';
import { jsonBytes } from './fetch-artifact.ts';
import { parseJsonObject } from '../../text/json.ts';
import { type ProwJob, readProwJob } from './prow-job.ts';

/** Why a run that was not found may exist. */
export interface Hidden {
  /** Buckets that refuse to be read. */
  denied: readonly string[];
  /** The bucket that the run's alias names and that is not configured. */
  elsewhere: string | null;
}

/**
 * Where a run lies. `absent`: Prow has not begun to upload, or there is no such run, as far as the buckets could be
 * read.
 */
export type Located =
  | { kind: 'found'; value: Folder }
  | ({ kind: 'absent' } & Hidden)
  | { kind: 'unavailable'; why: string };

/** The result of a search in one bucket; `elsewhere`: the run is in a bucket that is not ours. */
type Look = Found<Folder> | { kind: 'elsewhere'; bucket: string };

const aliasBytes = 4_096;
const aliasAddress = new RegExp(`^gs://(${bucketPattern})/(.+?)/?$`);

/**
 * Finds the folder of a run in the first of the buckets that has it (PROW.md, 3): `logs/<job>/<build>` for periodics and
 * postsubmits, the folder that Prow's alias names for presubmits, which may lie in another of the buckets, or
 * `pr-logs/pull/batch/<job>/<build>` for batches. An alias to another path is `unavailable`, and `why` names it.
 */
export async function locateRun(source: ArtifactSource, jobName: string, buildId: string): Promise<Located> {
  return searchBuckets(source.buckets, (bucket) => lookInBucket(source, bucket, jobName, buildId));
}

/** Finds a run by its folder: there, or at the same path in the first other bucket that has it. */
export async function locateFolder(source: ArtifactSource, folder: Folder): Promise<Located> {
  const own = bucketOf(folder);
  const isOwn = (bucket: string): boolean => bucket === own;
  const others = source.buckets.filter((bucket) => !isOwn(bucket));
  return searchBuckets([...source.buckets.filter(isOwn), ...others], (bucket) =>
    probeFolder(source, moveToBucket(folder, bucket)),
  );
}

/** Why a run that is `absent` may exist all the same, a phrase each. */
export function describeHidden({ denied, elsewhere }: Hidden): string[] {
  return [
    ...(denied.length === 0 ? [] : [describeDenied(denied)]),
    ...(elsewhere === null
      ? []
      : [`the run lies in bucket ${elsewhere}, which RETRIGGER_GCS_BUCKET does not name`]),
  ];
}

async function searchBuckets(
  buckets: readonly string[],
  look: (bucket: string) => Promise<Look>,
): Promise<Located> {
  const looks: Look[] = [];
  for (const bucket of buckets) {
    const found = await look(bucket);
    if (found.kind === 'found') return found;
    looks.push(found);
  }
  const missed = looks.find((each) => each.kind === 'unavailable');
  if (missed !== undefined) return missed;
  const denied = looks.flatMap((each) => (each.kind === 'denied' ? [each.bucket] : []));
  const elsewhere = looks.find((each) => each.kind === 'elsewhere')?.bucket ?? null;
  return { kind: 'absent', denied: [...new Set(denied)], elsewhere };
}

async function lookInBucket(
  source: ArtifactSource,
  bucket: string,
  jobName: string,
  buildId: string,
): Promise<Look> {
  const [folder, pointer] = await Promise.all([
    probeFolder(source, logsFolder(bucket, jobName, buildId)),
    source.read(aliasPath(bucket, jobName, buildId), aliasBytes),
  ]);
  if (folder.kind === 'found' || folder.kind === 'denied') return folder;
  if (pointer.kind === 'unavailable' || pointer.kind === 'denied') return pointer;
  // An alias is one short line; anything longer is a page in its place.
  if (pointer.kind === 'found' && pointer.value.startsWith('gs://'))
    return readAlias(source, pointer.value.trim(), `/${jobName}/${buildId}`);
  if (folder.kind === 'unavailable') return folder;
  return probeFolder(source, batchFolder(bucket, jobName, buildId));
}

/**
 * A run's folder holds one of these from its start on. If its ProwJob names another of the buckets, and the run is
 * there as well, that is where Prow uploads.
 */
async function probeFolder(source: ArtifactSource, folder: Folder): Promise<Found<Folder>> {
  const found = await readRunFiles(source, folder);
  const named = found.kind === 'found' ? bucketFor(source, found.value, folder) : null;
  if (named !== null) {
    const moved = moveToBucket(folder, named);
    if ((await readRunFiles(source, moved)).kind === 'found') return { kind: 'found', value: moved };
  }
  return found.kind === 'found' ? { kind: 'found', value: folder } : found;
}

async function readRunFiles(source: ArtifactSource, folder: Folder): Promise<Found<ProwJob | null>> {
  const names = ['prowjob.json', 'started.json', 'finished.json'];
  const found = await Promise.all(names.map((name) => source.read(`${folder}/${name}`, jsonBytes)));
  const texts = found.map((each) => (each.kind === 'found' ? each.value : ''));
  // A file that is too large to be read exists.
  const isThere = found.some(({ kind }) => kind === 'too-large');
  if (isThere || texts.some((text) => parseJsonObject(text) !== null)) {
    return { kind: 'found', value: readProwJob(texts[0] ?? '') };
  }
  const missed =
    found.find((each) => each.kind === 'unavailable') ?? found.find((each) => each.kind === 'denied');
  return missed ?? { kind: 'absent' };
}

/** The other bucket of ours that the ProwJob in this folder names; `null`: it names none. */
function bucketFor({ buckets }: ArtifactSource, prowJob: ProwJob | null, folder: Folder): string | null {
  const place = prowJob?.url == null ? null : readRunUrl(prowJob.url);
  const named = prowJob?.bucket ?? (place === null ? null : bucketOf(place.folder));
  return named !== null && named !== bucketOf(folder) && buckets.includes(named) ? named : null;
}

function readAlias({ buckets }: ArtifactSource, address: string, end: string): Look {
  const [, bucket = '', path = ''] = aliasAddress.exec(address) ?? [];
  const isClean = !/\s|\/\/|(?:^|\/)\.{1,2}(?:\/|$)/.test(path);
  if (!isClean || !path.startsWith('pr-logs/')) return rejectAlias('a place outside of pr-logs/');
  if (!path.endsWith(end)) return rejectAlias('the folder of another run');
  if (!buckets.includes(bucket)) return { kind: 'elsewhere', bucket };
  return { kind: 'found', value: `${bucket}/${path}` };
}

function rejectAlias(where: string): Look {
  return { kind: 'unavailable', why: `The run's alias points to ${where}.` };
}
