import type { ArtifactSource } from '../../evidence/artifacts/artifact-source.ts';
import { fetchJson } from '../../evidence/artifacts/fetch-artifact.ts';
import { readProwJob } from '../../evidence/artifacts/prow-job.ts';
import type { Folder } from '../../job/run.ts';

/** Whose folder it is, by the `prowjob.json` in it: only Prow writes there. `open`: nothing tells yet. */
export async function judgePlace(
  source: ArtifactSource,
  folder: Folder,
  prowJobId: string,
): Promise<'ours' | 'foreign' | 'open'> {
  const { value } = await fetchJson(source, folder, 'prowjob.json', readProwJob);
  const name = value?.name ?? null;
  if (name === null) return 'open';
  return name === prowJobId ? 'ours' : 'foreign';
}
