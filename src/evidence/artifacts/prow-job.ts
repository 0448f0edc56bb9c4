import { readLineage } from '../../trigger/lineage.ts';
import { type Pull, type Refs, readJobType, type JobType } from '../../job/type.ts';
import { isBucketName } from '../../job/run.ts';
import { readJobStatus, type JobStatus } from '../../job/status.ts';
import { cleanText } from '../../text/clean-text.ts';
import { parseJsonObject, readDate, readObject, readString } from '../../text/json.ts';
import { type Overrides, readOverrides } from './overrides.ts';

/** What `prowjob.json` says of a run. Its state may lag behind `finished.json`. */
export interface ProwJob {
  /** The ProwJob's own name, Gangway's id. */
  name: string | null;
  job: string | null;
  type: JobType | null;
  refs: Refs | null;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: JobStatus;
  /** Prow's own words for the state, on one line: `Pod scheduling timeout.` */
  description: string | null;
  url: string | null;
  buildId: string | null;
  /** The bucket to which its artifacts are uploaded, by its decoration. */
  bucket: string | null;
  /** Milliseconds since the epoch. */
  startTime: number | null;
  completionTime: number | null;
  overrides: Overrides;
}

/** Kubernetes' own errors are quoted in a description, and they can be long. */
const descriptionLength = 500;

/** Reads `prowjob.json`; what is missing or of a wrong type is left out. `null`: it is not readable as JSON. */
export function readProwJob(text: string): ProwJob | null {
  const json = parseJsonObject(text);
  if (json === null) return null;
  const metadata = readObject(json['metadata']);
  const spec = readObject(json['spec']);
  const status = readObject(json['status']);
  const labels = readStrings(metadata['labels']);
  const annotations = readStrings(metadata['annotations']);
  const isByGangway = wasStartedByGangway({ labels, annotations });
  return {
    name: readString(metadata['name']),
    job: readString(spec['job']),
    type: readJobType(spec['type']),
    refs: readRefs(spec['refs']),
    labels,
    annotations,
    state: readJobStatus(status['state']),
    description: readDescription(status['description']),
    url: readString(status['url']),
    buildId: readString(status['build_id']),
    bucket: readBucket(spec),
    startTime: readDate(status['startTime']),
    completionTime: readDate(status['completionTime']),
    overrides: readOverrides(spec['pod_spec'], { isByGangway }),
  };
}

/**
 * OpenShift's filter in front of Gangway annotates what it starts with `executor: gangway`, and newer ones add the
 * user's name (PROW.md, 1). Other Prows have no such filter, so our own labels count, too.
 */
function wasStartedByGangway(marks: Pick<ProwJob, 'labels' | 'annotations'>): boolean {
  return (marks.annotations['executor'] ?? '') !== '' || readLineage(marks) !== null;
}

function readDescription(value: unknown): string | null {
  const text = cleanText(readString(value) ?? '')
    .replace(/\s+/g, ' ')
    .trim();
  return text === '' ? null : text.slice(0, descriptionLength).toWellFormed();
}

/** `spec.decoration_config.gcs_configuration.bucket`; other storage than GCS has a scheme of its own. */
function readBucket(spec: Record<string, unknown>): string | null {
  const decoration = readObject(spec['decoration_config']);
  const bucket = readString(readObject(decoration['gcs_configuration'])['bucket'])?.replace(/^gs:\/\//, '');
  return bucket !== undefined && isBucketName(bucket) ? bucket : null;
}

function readRefs(value: unknown): Refs | null {
  const json = readObject(value);
  const org = readString(json['org']);
  const repo = readString(json['repo']);
  const baseRef = readString(json['base_ref']);
  const baseSha = readString(json['base_sha']);
  if (org === null || repo === null || baseRef === null || baseSha === null) return null;
  const pulls = Array.isArray(json['pulls'])
    ? json['pulls'].map(readPull).filter((pull) => pull !== null)
    : [];
  const optional = pickStrings(json, ['repo_link', 'base_link', 'path_alias', 'clone_uri']);
  return { org, repo, base_ref: baseRef, base_sha: baseSha, pulls, ...optional };
}

function readPull(value: unknown): Pull | null {
  const json = readObject(value);
  const number = json['number'];
  const sha = readString(json['sha']);
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || sha === null) return null;
  return { number, sha, ...pickStrings(json, ['author', 'title', 'link']) };
}

function readStrings(value: unknown): Record<string, string> {
  const pairs = Object.entries(readObject(value)).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string',
  );
  return Object.fromEntries(pairs);
}

function pickStrings<K extends string>(
  json: Record<string, unknown>,
  keys: readonly K[],
): { [key in K]?: string } {
  const found = keys.filter((key) => typeof json[key] === 'string').map((key) => [key, json[key]]);
  return Object.fromEntries(found) as { [key in K]?: string };
}
