import type { Pull, Refs } from '../../../src/job/type.ts';
import { isLabelValue } from '../cluster/run-labels.ts';
import {
  enumValue,
  field,
  intField,
  listField,
  mapField,
  objectField,
  stringField,
  type JsonObject,
} from './proto-json.ts';

export const executionTypes = [
  'JOB_EXECUTION_TYPE_UNSPECIFIED',
  'PERIODIC',
  'POSTSUBMIT',
  'PRESUBMIT',
  'BATCH',
] as const;

export type ExecutionType = (typeof executionTypes)[number] | `#${number}`;

export interface PodSpecOptions {
  envs: Record<string, string>;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export interface CreateRequest {
  jobName: string;
  type: ExecutionType;
  refs: Refs | null;
  options: PodSpecOptions | null;
}

/** Reads CreateJobExecutionRequest; unknown fields are ignored. Throws BadJson for what the transcoder refuses. */
export function readCreateRequest(body: JsonObject): CreateRequest {
  const options = objectField(body, 'pod_spec_options');
  const refs = objectField(body, 'refs');
  return {
    jobName: stringField(body, 'job_name'),
    type: enumValue(field(body, 'job_execution_type'), executionTypes),
    refs: refs === null ? null : readRefs(refs),
    options:
      options === null
        ? null
        : {
            envs: mapField(options, 'envs'),
            labels: mapField(options, 'labels'),
            annotations: mapField(options, 'annotations'),
          },
  };
}

function readRefs(refs: JsonObject): Refs {
  return {
    org: stringField(refs, 'org'),
    repo: stringField(refs, 'repo'),
    repo_link: stringField(refs, 'repo_link'),
    base_ref: stringField(refs, 'base_ref'),
    base_sha: stringField(refs, 'base_sha'),
    base_link: stringField(refs, 'base_link'),
    pulls: listField(refs, 'pulls').map(readPull),
    path_alias: stringField(refs, 'path_alias'),
    clone_uri: stringField(refs, 'clone_uri'),
  };
}

function readPull(pull: JsonObject): Pull {
  return {
    number: intField(pull, 'number'),
    author: stringField(pull, 'author'),
    sha: stringField(pull, 'sha'),
    title: stringField(pull, 'title'),
    link: stringField(pull, 'link'),
  };
}

/** Gangway's `Validate`: why the request is an InvalidArgument, or `null` (gangway.go 491-556). */
export function refuseRequest({ jobName, type, refs, options }: CreateRequest): string | null {
  if (jobName === '') return 'job_name field cannot be empty';
  if (type === 'JOB_EXECUTION_TYPE_UNSPECIFIED') return `unsupported JobExecutionType: ${type}`;
  if (type === 'PERIODIC' && refs !== null) return 'periodic jobs cannot also have gitRefs';
  if (type !== 'PERIODIC') {
    if (refs === null) return `gitRefs must be defined for "${type}"`;
    const why = refuseRefs(refs);
    if (why !== null) return `gitRefs: failed to validate: ${why}`;
  }
  return options === null ? null : refuseOptions(options);
}

function refuseRefs(refs: Refs): string | null {
  if (refs.org === '') return 'gitRefs: Org cannot be empty';
  if (refs.repo === '') return 'gitRefs: Repo cannot be empty';
  if (refs.base_ref === '') return 'gitRefs: BaseRef cannot be empty';
  if (refs.base_sha === '') return 'gitRefs: BaseSha cannot be empty';
  const bad = refs.pulls.find(({ sha }) => !/^[0-9a-f]{40}$/.test(sha));
  return bad === undefined ? null : `pull: invalid SHA: ${JSON.stringify(bad.sha)}`;
}

/** Keys are only looked at for being empty: a bad one fails later, at the API server. */
function refuseOptions({ envs, labels, annotations }: PodSpecOptions): string | null {
  const kinds = [
    ['environment variable', envs],
    ['label', labels],
    ['annotation', annotations],
  ] as const;
  for (const [kind, map] of kinds) {
    const empty = Object.entries(map).find(([key, value]) => key === '' || value === '');
    if (empty !== undefined)
      return `invalid ${kind} key/value pair: ${empty.map((text) => JSON.stringify(text)).join(', ')}`;
    if (kind !== 'label') continue;
    const bad = Object.values(map).find((value) => !isLabelValue(value));
    if (bad !== undefined)
      return `invalid label: the following errors found: ["must be a valid label value: ${bad}"]`;
  }
  return null;
}
