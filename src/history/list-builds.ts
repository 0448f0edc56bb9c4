import type { ArtifactSource, Found } from '../evidence/artifacts/artifact-source.ts';
import { bucketOf, type Folder, isLaterBuild, logsFolder, moveToBucket, parentFolder } from '../job/run.ts';
import { listNewest, type Wanted } from './list-newest.ts';

/** A run of a job, by where it lies. */
export interface Build {
  buildId: string;
  folder: Folder;
}

/**
 * The newest runs of a job, newest first, over all buckets. `jobFolder` is the job's folder in one bucket: if that bucket
 * is `denied`, so is the answer, while another one that is denied counts as empty. `unavailable`, `too-large`: one of the
 * buckets could not be listed, so runs may be missing.
 */
export async function listBuilds(
  source: ArtifactSource,
  jobFolder: Folder,
  wanted: Wanted,
): Promise<Found<Build[]>> {
  const lists = await listAll(source, jobFolder, wanted);
  const missed =
    lists.find(({ kind }) => kind === 'unavailable') ?? lists.find(({ kind }) => kind === 'too-large');
  if (missed !== undefined) return missed;
  const [own] = lists;
  if (own?.kind === 'denied') return own;
  if (lists.every(({ kind }) => kind === 'absent')) return { kind: 'absent' };
  return { kind: 'found', value: join(lists, wanted) };
}

/**
 * The same as far as the buckets can be read now, for a search that needs no proof that nothing is missing; `denied`
 * names the buckets that are not public.
 */
export async function listReadableBuilds(
  source: ArtifactSource,
  jobFolder: Folder,
  wanted: Wanted,
): Promise<{ builds: Build[]; denied: string[] }> {
  const lists = await listAll(source, jobFolder, wanted);
  const denied = lists.flatMap((list) => (list.kind === 'denied' ? [list.bucket] : []));
  return { builds: join(lists, wanted), denied };
}

/** A job's folder in each bucket, the one that is given first. */
export function foldersOf(source: ArtifactSource, jobFolder: Folder): Folder[] {
  const own = bucketOf(jobFolder);
  const others = source.buckets.filter((bucket) => bucket !== own);
  return [jobFolder, ...others.map((bucket) => moveToBucket(jobFolder, bucket))];
}

/** The folder of a job whose run lies in `folder`; `null`: unknown, so the job counts as a periodic. */
export function jobFolderOf(source: ArtifactSource, jobName: string, folder: Folder | null): Folder {
  return parentFolder(folder ?? logsFolder(source.buckets[0] ?? '', jobName, '0'));
}

function listAll(source: ArtifactSource, jobFolder: Folder, wanted: Wanted): Promise<Found<Build[]>[]> {
  return Promise.all(foldersOf(source, jobFolder).map((folder) => listOne(source, folder, wanted)));
}

async function listOne(source: ArtifactSource, folder: Folder, wanted: Wanted): Promise<Found<Build[]>> {
  const listed = await listNewest(source, folder, wanted);
  if (listed.kind !== 'found') return listed;
  const { after, before } = wanted;
  const isWanted = (name: string): boolean =>
    /^\d+$/.test(name) && isLaterBuild(name, after) && (before === undefined || isLaterBuild(before, name));
  return {
    kind: 'found',
    value: listed.value.filter(isWanted).map((buildId) => ({ buildId, folder: `${folder}/${buildId}` })),
  };
}

/** A build that lies in two buckets counts once, in the first of them. */
function join(lists: readonly Found<Build[]>[], { most }: Wanted): Build[] {
  const all = lists.flatMap((list) => (list.kind === 'found' ? list.value : []));
  const byId = new Map(all.toReversed().map((build) => [build.buildId, build]));
  return [...byId.values()].toSorted((a, b) => (isLaterBuild(a.buildId, b.buildId) ? -1 : 1)).slice(0, most);
}
