import { aliasPath, logsFolder, type Folder } from '../job/run.ts';
import type { ArtifactSource, Found } from './artifact-source.ts';
import { parseJsonObject } from './read-json.ts';

const jsonBytes = 2 * 1_048_576;
const aliasBytes = 4_096;

/**
 * Finds the folder of a run: `logs/<job>/<build>` for periodics and postsubmits, else where Prow's alias says.
 * `absent`: Prow has not begun to upload, or there is no such run. An alias that leads out of `bucket` or of
 * `pr-logs/` is `unavailable` and says so.
 */
export async function locateRun(
  source: ArtifactSource,
  bucket: string,
  jobName: string,
  buildId: string,
): Promise<Found<Folder>> {
  const folder = logsFolder(jobName, buildId);
  const alias = aliasPath(jobName, buildId);
  const [frame, pointer] = await Promise.all([probeFrame(source, folder), source.read(alias, aliasBytes)]);
  if (frame.kind === 'found') return frame;
  if (pointer.kind === 'unavailable') return pointer;
  // An alias is one short line; anything longer is a page in its place.
  if (pointer.kind === 'absent' || !pointer.value.startsWith('gs://')) return frame;
  return readAlias(pointer.value.trim(), bucket, `/${jobName}/${buildId}`);
}

/** A run's folder holds one of these from its start on. */
async function probeFrame(source: ArtifactSource, folder: Folder): Promise<Found<Folder>> {
  const names = ['started.json', 'prowjob.json', 'finished.json'];
  const found = await Promise.all(names.map((name) => source.read(`${folder}/${name}`, jsonBytes)));
  if (found.some((each) => each.kind === 'found' && parseJsonObject(each.value) !== null)) {
    return { kind: 'found', value: folder };
  }
  return found.find((each) => each.kind === 'unavailable') ?? { kind: 'absent' };
}

function readAlias(address: string, bucket: string, end: string): Found<Folder> {
  const [, owner, path = ''] = /^gs:\/\/([^/]+)\/(.+?)\/?$/.exec(address) ?? [];
  if (owner !== bucket) return refuse('another bucket');
  const tidy = !/\s|\/\/|(?:^|\/)\.{1,2}(?:\/|$)/.test(path);
  if (!tidy || !path.startsWith('pr-logs/')) return refuse('a place outside of pr-logs/');
  if (!path.endsWith(end)) return refuse('the folder of another run');
  return { kind: 'found', value: path };
}

function refuse(where: string): Found<Folder> {
  return { kind: 'unavailable', why: `The run's alias points to ${where}.` };
}
