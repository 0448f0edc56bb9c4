import type { Config } from '../config.ts';
import type { ArtifactSource } from '../evidence/artifact-source.ts';
import { locateRun } from '../evidence/locate-run.ts';
import type { Folder } from '../job/run.ts';
import { readRunUrl } from '../job/run-url.ts';
import { CommandFailure } from './terminal.ts';

/** A run that is in the bucket. */
export interface FoundRun {
  jobName: string;
  buildId: string;
  folder: Folder;
}

type NamedRun = Omit<FoundRun, 'folder'> & { folder: Folder | null };

/** Finds the run that a person names by job and build id, or by its address. */
export async function findRun(
  { gcsBucket }: Config,
  source: ArtifactSource,
  words: readonly string[],
): Promise<FoundRun> {
  const { jobName, buildId, folder } = readWords(gcsBucket, words);
  if (!/^\d+$/.test(buildId) || !/^[A-Za-z0-9._-]+$/.test(jobName)) {
    throw new CommandFailure(`${jobName} ${buildId} is no job name and build id.`, 2);
  }
  if (folder !== null) return { jobName, buildId, folder };
  const found = await locateRun(source, gcsBucket, jobName, buildId);
  if (found.kind === 'found') return { jobName, buildId, folder: found.value };
  if (found.kind === 'unavailable') throw new CommandFailure(`The bucket could not be read: ${found.why}.`);
  throw new CommandFailure(`The bucket ${gcsBucket} has no run ${buildId} of ${jobName}.`);
}

function readWords(gcsBucket: string, [first = '', buildId]: readonly string[]): NamedRun {
  if (buildId !== undefined) return { jobName: first, buildId, folder: null };
  const place = readRunUrl(first);
  if (place === null) {
    throw new CommandFailure(
      'Name a job and a build id, or the address of a run: https://prow…/view/gs/BUCKET/logs/JOB/BUILD',
      2,
    );
  }
  if (place.bucket === gcsBucket) return place;
  throw new CommandFailure(
    `The run is in bucket ${place.bucket}: set RETRIGGER_GCS_BUCKET=${place.bucket}.`,
    2,
  );
}
