import type { Cluster } from '../cluster/cluster.ts';
import type { JobDefinition } from '../cluster/job-definition.ts';
import { isLabelValue, isQualifiedName } from '../cluster/run-labels.ts';
import { grpc, grpcError, textAnswer, type Answer, type AnswerStyle } from './answer.ts';
import { readCreateRequest, refuseRequest, type CreateRequest } from './create-request.ts';
import {
  createdFields,
  executionStatuses,
  gotFields,
  listedFields,
  printMessage,
  statusOf,
  type GangwayVersion,
} from './print-execution.ts';
import { BadJson, enumValue, parseBody } from './proto-json.ts';

/** Which Gangway this is. `bodyForm` 404 or 405: only `POST /v1/executions/{job}` works. */
export interface GangwayForm {
  style: AnswerStyle;
  version: GangwayVersion;
  bodyForm: true | 404 | 405;
}

export type ApiCall =
  | { kind: 'create'; body: Buffer; jobName: string | null }
  | { kind: 'get'; id: string }
  | { kind: 'list'; query: URLSearchParams };

/** Routes a request; `null` for a path or method that Envoy has no route for. */
export function callOf(
  method: string,
  target: string,
  body: Buffer,
  form: GangwayForm,
): ApiCall | 'no-body-form' | null {
  const { pathname, searchParams } = new URL(target, 'http://gangway');
  const [, last] = /^\/v1\/executions(?:\/([^/]+))?$/.exec(pathname) ?? [];
  if (!/^\/v1\/executions(\/[^/]+)?$/.test(pathname)) return null;
  const name = last === undefined ? null : decodeURIComponent(last);
  if (method === 'POST' && name === null && form.bodyForm !== true) return 'no-body-form';
  if (method === 'POST') return { kind: 'create', body, jobName: name };
  if (method !== 'GET') return null;
  return name === null ? { kind: 'list', query: searchParams } : { kind: 'get', id: name };
}

/** Carries a call out as Gangway does. */
export function answerCall(
  cluster: Cluster,
  call: ApiCall,
  mayTrigger: (jobName: string) => boolean,
  form: GangwayForm,
): Answer {
  try {
    if (call.kind === 'create') return create(cluster, call, mayTrigger, form);
    return call.kind === 'get' ? get(cluster, call.id, form) : list(cluster, call.query, form);
  } catch (error) {
    if (error instanceof BadJson) return textAnswer(400, error.message);
    throw error;
  }
}

function create(
  cluster: Cluster,
  call: { body: Buffer; jobName: string | null },
  mayTrigger: (jobName: string) => boolean,
  { style, version }: GangwayForm,
): Answer {
  const read = readCreateRequest(parseBody(call.body));
  const named = { ...read, jobName: call.jobName ?? read.jobName };
  const request = style === 'openshift' ? nameExecutor(named) : named;
  const invalid = refuseRequest(request);
  if (invalid !== null) return grpcError(style, grpc.invalidArgument, invalid);
  const job = findJob(cluster, request);
  if (typeof job === 'string') return grpcError(style, grpc.unknown, job);
  if (!mayTrigger(request.jobName)) {
    return grpcError(style, grpc.permissionDenied, 'client is not authorized to execute the given job');
  }
  const { envs = {}, labels = {}, annotations = {} } = request.options ?? {};
  const badKey = [...Object.keys(labels), ...Object.keys(annotations)].find((key) => !isQualifiedName(key));
  if (badKey !== undefined) {
    const why = `ProwJob.prow.k8s.io is invalid: metadata.labels: Invalid value: ${JSON.stringify(badKey)}`;
    return grpcError(style, grpc.unknown, why);
  }
  const run = cluster.start(job.name, {
    envs,
    labels,
    annotations,
    refs: request.refs,
    createdBy: 'gangway',
  });
  return json(printMessage(createdFields(run, request, version), style));
}

/** OpenShift's Lua filter writes into the request, so that Create echoes it too. */
function nameExecutor(request: CreateRequest): CreateRequest {
  const { envs = {}, labels = {}, annotations = {} } = request.options ?? {};
  return { ...request, options: { envs, labels, annotations: { ...annotations, executor: 'gangway' } } };
}

/** The job's definition, or the plain Go error that becomes a 500. */
function findJob(cluster: Cluster, { jobName, type, refs }: CreateRequest): JobDefinition | string {
  if (type === 'BATCH' || type.startsWith('#'))
    return `unsupported JobExecutionType type: ${type.replace('#', '')}`;
  if (type === 'PRESUBMIT' && refs?.pulls.length === 0) return 'at least 1 Pulls is required';
  const job = cluster.job(jobName);
  const isIt = job?.type === type.toLowerCase();
  const isHere =
    refs === null || job?.refs === undefined || (job.refs.org === refs.org && job.refs.repo === refs.repo);
  if (job !== null && isIt && isHere) return job;
  const from = refs === null ? '' : ` from orgRepo ${JSON.stringify(`${refs.org}/${refs.repo}`)}`;
  return `failed to find associated ${type.toLowerCase()} job ${JSON.stringify(jobName)}${from}`;
}

function get(cluster: Cluster, id: string, { style, version }: GangwayForm): Answer {
  const run = cluster.find(id);
  if (run === null)
    return grpcError(style, grpc.unknown, `prowjobs.prow.k8s.io ${JSON.stringify(id)} not found`);
  return json(printMessage(gotFields(run, version), style));
}

/** A job name that is no label value makes the API server refuse; Gangway logs that and answers an empty list. */
function list(cluster: Cluster, query: URLSearchParams, { style, version }: GangwayForm): Answer {
  if (version === '2024') return grpcError(style, grpc.unimplemented, 'unknown method ListJobExecutions');
  const jobName = query.get('job_name') ?? query.get('jobName') ?? '';
  const status = enumValue(query.get('status') ?? undefined, executionStatuses);
  const known = isLabelValue(jobName) ? cluster.listByLabel(jobName) : [];
  const all = status === 'JOB_EXECUTION_STATUS_UNSPECIFIED';
  const runs = known.filter((run) => all || statusOf(run, version) === status);
  return json(printMessage({ job_execution: runs.map(listedFields) }, style));
}

function json(body: string): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}
