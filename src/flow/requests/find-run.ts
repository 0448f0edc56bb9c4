import { type ArtifactSource, describeMiss } from '../../evidence/artifacts/artifact-source.ts';
import {
  describeHidden,
  type Hidden,
  type Located,
  locateFolder,
  locateRun,
} from '../../evidence/artifacts/locate-run.ts';
import type { RunRecords } from '../../evidence/artifacts/run-records.ts';
import { bucketOf, type Folder, moveToBucket, readRunUrl, hasNameCharacters } from '../../job/run.ts';
import { readPastedRun } from '../../job/pasted-run.ts';
import type { NoRun } from '../../report/explanation.ts';

/** A run that is in one of the buckets. */
export interface FoundRun {
  jobName: string;
  buildId: string;
  folder: Folder;
}

export interface Search {
  source: ArtifactSource;
  records: RunRecords;
}

type Searched = { kind: 'found'; run: FoundRun } | NoRun;

const howToAsk =
  'Name a job and a build id, or the address of a run: https://prow…/view/gs/BUCKET/logs/JOB/BUILD';

/**
 * Finds the run that a person names by job and build id, or by whatever address of it they paste: `place` has those
 * words. Only the configured buckets and Deck at RETRIGGER_PROW_URL are asked, never the host of a link.
 */
export async function findRun(search: Search, place: readonly string[]): Promise<Searched> {
  const [first = '', buildId] = place;
  if (buildId !== undefined) return findBuild(search, first, buildId);
  const pasted = readPastedRun(first);
  switch (pasted.kind) {
    case 'folder':
      return findFolder(search, pasted, pasted.folder, pasted.hasBucket ? bucketOf(pasted.folder) : null);
    case 'build':
      return findBuild(search, pasted.jobName, pasted.buildId);
    case 'prow-job':
      return findByRecord(search, pasted.prowJobId);
    case 'many':
      return {
        kind: 'malformed',
        says: 'That is a page of many runs: open one of them and paste its address.',
      };
    case 'none':
      return { kind: 'malformed', says: howToAsk };
  }
}

async function findBuild({ source }: Search, jobName: string, buildId: string): Promise<Searched> {
  if (!/^\d+$/.test(buildId) || !hasNameCharacters(jobName)) {
    return { kind: 'malformed', says: `${jobName} ${buildId} is no job name and build id.` };
  }
  return answer(source, { jobName, buildId }, null, await locateRun(source, jobName, buildId));
}

/** `linked`: the bucket that the address names. Links outlive buckets, so every configured one is searched. */
async function findFolder(
  { source }: Search,
  run: Omit<FoundRun, 'folder'>,
  folder: Folder,
  linked: string | null,
): Promise<Searched> {
  const [firstBucket = ''] = source.buckets;
  const start = linked === null ? moveToBucket(folder, firstBucket) : folder;
  return answer(source, run, linked, await locateFolder(source, start));
}

/** Prow's record of the run shows where it lies, as long as Prow keeps the record. */
async function findByRecord(search: Search, prowJobId: string): Promise<Searched> {
  const found = await search.records.read(prowJobId);
  if (found.kind === 'absent' || found.kind === 'denied') {
    const says =
      `Prow has no record of ${prowJobId}: it deletes its records about two days after the run. ` +
      'Paste the address of the run, or name its job and build id.';
    return { kind: 'absent', says };
  }
  if (found.kind === 'unavailable' || found.kind === 'too-large') {
    return {
      kind: 'unavailable',
      says: `Prow's record of ${prowJobId} could not be read: ${describeMiss(found)}.`,
    };
  }
  const { jobName, buildId, url } = found.value;
  const place = url === null ? null : readRunUrl(url);
  if (place !== null) return findFolder(search, place, place.folder, bucketOf(place.folder));
  if (buildId !== null) return findBuild(search, jobName, buildId);
  return { kind: 'absent', says: `The run ${prowJobId} of ${jobName} has not started yet: ask again later.` };
}

function answer(
  { buckets }: ArtifactSource,
  run: Omit<FoundRun, 'folder'>,
  linked: string | null,
  located: Located,
): Searched {
  if (located.kind === 'found') {
    const { jobName, buildId } = run;
    return { kind: 'found', run: { jobName, buildId, folder: located.value } };
  }
  if (located.kind === 'unavailable') {
    return { kind: 'unavailable', says: `The bucket could not be read: ${located.why}.` };
  }
  const { denied } = located;
  return {
    kind: denied.length === 0 ? 'absent' : 'denied',
    says: describeNotFound(buckets, run, linked, located),
  };
}

function describeNotFound(
  buckets: readonly string[],
  { jobName, buildId }: Omit<FoundRun, 'folder'>,
  linked: string | null,
  hidden: Hidden,
): string {
  const readable = buckets.filter((bucket) => !hidden.denied.includes(bucket));
  const named = hidden.elsewhere ?? linked;
  const missing = named === null || buckets.includes(named) ? null : named;
  return [
    ...(readable.length === 0 ? [] : [describeNone(readable, jobName, buildId)]),
    ...describeHidden({ ...hidden, elsewhere: null }).map((why) => `${capitalize(why)}.`),
    ...(missing === null ? [] : [describeMissing(missing, buckets, hidden.elsewhere === null)]),
  ].join(' ');
}

function describeNone(buckets: readonly string[], jobName: string, buildId: string): string {
  const where =
    buckets.length === 1 ? `The bucket ${buckets[0]} has` : `The buckets ${buckets.join(', ')} have`;
  return `${where} no run ${buildId} of ${jobName}.`;
}

function describeMissing(bucket: string, buckets: readonly string[], isLinked: boolean): string {
  const what = isLinked ? `The address names bucket ${bucket}` : `The run lies in bucket ${bucket}`;
  return `${what}, which is not configured: set RETRIGGER_GCS_BUCKET=${[...buckets, bucket].join(',')} if it is public.`;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
