import { goTime } from '../artifacts/go-duration.ts';
import type { ProwRun } from '../cluster/prow-run.ts';
import type { AnswerStyle } from './answer.ts';
import type { CreateRequest } from './create-request.ts';

/** `2024` is the image `v20240709`: no List, Get with id and status only, no SCHEDULING. */
export type GangwayVersion = 'current' | '2024';

export const executionStatuses = [
  'JOB_EXECUTION_STATUS_UNSPECIFIED',
  'TRIGGERED',
  'PENDING',
  'SUCCESS',
  'FAILURE',
  'ABORTED',
  'ERROR',
  'SCHEDULING',
] as const;

type Fields = Record<string, unknown>;

/** What Create answers: always TRIGGERED, the request echoed, no times, no address. */
export function createdFields(run: ProwRun, request: CreateRequest, version: GangwayVersion): Fields {
  return {
    ...primitives(version),
    id: run.prowJobId,
    job_name: request.jobName,
    job_type: request.type,
    job_status: 'TRIGGERED',
    ...(request.refs === null
      ? {}
      : {
          refs: {
            ...request.refs,
            work_dir: false,
            skip_submodules: false,
            clone_depth: 0,
            skip_fetch_head: false,
          },
        }),
    ...(request.options === null ? {} : { pod_spec_options: request.options }),
  };
}

/** What Get answers: no refs, no labels; the address only once the run is pending. */
export function gotFields(run: ProwRun, version: GangwayVersion): Fields {
  const base = { ...primitives(version), id: run.prowJobId, job_status: statusOf(run, version) };
  if (version === '2024') return base;
  return {
    ...base,
    job_name: run.jobName,
    job_type: run.job.type.toUpperCase(),
    create_time: goTime(run.createdAt),
    ...(run.completedAt === null ? {} : { completion_time: goTime(run.completedAt) }),
    job_url: run.url,
  };
}

/** What List answers of each run: who and how, nothing else. */
export function listedFields(run: ProwRun): Fields {
  const { prowJobId: id, jobName: job_name } = run;
  return {
    ...primitives('current'),
    id,
    job_name,
    job_type: run.job.type.toUpperCase(),
    job_status: statusOf(run, 'current'),
  };
}

export function statusOf(run: ProwRun, version: GangwayVersion): string {
  if (run.state === 'scheduling' && version === '2024') return 'JOB_EXECUTION_STATUS_UNSPECIFIED';
  return run.state.toUpperCase();
}

/** Prints a message: OpenShift's Envoy in snake_case with every primitive, ESPv2 in camel case without defaults. */
export function printMessage(fields: Fields, style: AnswerStyle): string {
  return style === 'openshift' ? `${JSON.stringify(fields, null, 1)}\n` : JSON.stringify(toCamel(fields));
}

function primitives(version: GangwayVersion): Fields {
  return {
    id: '',
    job_name: '',
    job_type: 'JOB_EXECUTION_TYPE_UNSPECIFIED',
    job_status: 'JOB_EXECUTION_STATUS_UNSPECIFIED',
    gcs_path: '',
    ...(version === 'current' ? { job_url: '' } : {}),
  };
}

const freeKeys = new Set(['envs', 'labels', 'annotations']);

function toCamel(fields: Fields): Fields {
  const entries = Object.entries(fields).flatMap(([key, value]): [string, unknown][] => {
    if (isDefault(value)) return [];
    const name = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (Array.isArray(value)) return [[name, value.map((item) => toCamel(item as Fields))]];
    const isMessage = typeof value === 'object' && value !== null && !freeKeys.has(key);
    return [[name, isMessage ? toCamel(value as Fields) : value]];
  });
  return Object.fromEntries(entries);
}

function isDefault(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false || String(value).endsWith('_UNSPECIFIED');
}
