import { readJobStatus } from '../../job/status.ts';
import type { Execution, ExecutionRequest, Lookup } from '../../trigger/execution-api.ts';

const executionTypes = { periodic: 1, postsubmit: 2, presubmit: 3 } as const;

type Fields = Record<string, unknown>;

/** The body of `POST /v1/executions`, in proto names; empty parts stay out (an empty list would turn into `{}`). */
export function writeRequest(request: ExecutionRequest): Fields {
  const { labels, annotations, envs, refs } = request;
  return {
    job_name: request.jobName,
    job_execution_type: executionTypes[request.type],
    ...(refs === null ? {} : { refs: writeRefs(refs) }),
    pod_spec_options: { labels, annotations, ...(Object.keys(envs).length === 0 ? {} : { envs }) },
  };
}

function writeRefs(refs: NonNullable<ExecutionRequest['refs']>): Fields {
  const { pulls, ...rest } = refs;
  return pulls.length === 0 ? rest : { ...rest, pulls };
}

/** The id of a created run; `null` where the answer holds none. */
export function readCreatedId(body: unknown): string | null {
  const id = readText(body, 'id', 'id');
  return id === null || !/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(id) ? null : id;
}

/** Reads both spellings, Envoy's snake_case and ESPv2's lowerCamelCase; what is absent is unknown. */
export function readExecution(body: unknown): Lookup & { kind: 'found' } {
  return {
    kind: 'found',
    status: readJobStatus(readText(body, 'job_status', 'jobStatus')),
    jobUrl: readText(body, 'job_url', 'jobUrl'),
    jobName: readText(body, 'job_name', 'jobName'),
  };
}

/** The runs of `jobName`: a list by a name that is cut as the label is holds other jobs' runs, too. */
export function readExecutions(body: unknown, jobName: string): Execution[] {
  const list = isFields(body) ? (body['job_execution'] ?? body['jobExecution']) : null;
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => {
    const prowJobId = readText(each, 'id', 'id');
    const name = readText(each, 'job_name', 'jobName');
    if (prowJobId === null || (name !== null && name !== jobName)) return [];
    return [{ prowJobId, status: readJobStatus(readText(each, 'job_status', 'jobStatus')) }];
  });
}

function readText(body: unknown, snake: string, camel: string): string | null {
  if (!isFields(body)) return null;
  const value = body[snake] ?? body[camel];
  return typeof value === 'string' && value !== '' ? value : null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
