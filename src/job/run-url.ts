import type { Folder } from './run.ts';

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
 * Reads where a run lies from an address of it: Deck's `/view/gs/BUCKET/logs/JOB/BUILD`, gcsweb's
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
