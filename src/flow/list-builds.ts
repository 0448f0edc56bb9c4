import type { ArtifactSource, Found } from '../evidence/artifact-source.ts';
import { type Folder, isLaterBuild } from '../job/run.ts';

/** Ids of this length sort by text as they do by number; a listing may start at one. */
const snowflakeLength = 19;

/** The build ids in a job's folder that are later than `after`, newest first; `'0'` asks for all. */
export async function listBuilds(
  source: ArtifactSource,
  jobFolder: Folder,
  after: string,
): Promise<Found<string[]>> {
  const from = after.length === snowflakeLength ? after : '';
  const listed = await source.listFolders(jobFolder, from);
  if (listed.kind !== 'found') return listed;
  const later = listed.value.filter((name) => /^\d+$/.test(name) && isLaterBuild(name, after));
  return { kind: 'found', value: later.toSorted((a, b) => (isLaterBuild(a, b) ? -1 : 1)) };
}
