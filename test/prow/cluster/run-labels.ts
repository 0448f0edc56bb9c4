import type { Refs } from '../../../src/job/type.ts';
import type { JobDefinition } from './job-definition.ts';

const maxLabelLength = 63;

/** A job's name as Prow puts it into a label: cut at 63 characters, `.` and `-` trimmed from the end. */
export function jobLabel(jobName: string): string {
  return jobName.length <= maxLabelLength ? jobName : jobName.slice(0, maxLabelLength).replace(/[.-]+$/, '');
}

/** Kubernetes' rule for a label's value: at most 63 characters, alphanumeric at both ends. */
export function isLabelValue(text: string): boolean {
  return text.length <= maxLabelLength && /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/.test(text);
}

/** Kubernetes' rule for a label's or annotation's key: an optional DNS prefix, then a name. */
export function isQualifiedName(text: string): boolean {
  const [, prefix, name] = /^(?:([^/]*)\/)?([^/]*)$/.exec(text) ?? [];
  if (name === undefined || name === '' || !isLabelValue(name)) return false;
  return prefix === undefined || (prefix.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(prefix));
}

/** The labels of a new ProwJob. What the caller sends wins over what Prow sets, as in the real one. */
export function labelsOf(
  job: JobDefinition,
  refs: Refs | null,
  extra: Record<string, string>,
): Record<string, string> {
  const pull = refs?.pulls[0];
  return {
    'created-by-prow': 'true',
    'prow.k8s.io/type': job.type,
    'prow.k8s.io/job': jobLabel(job.name),
    'prow.k8s.io/context': jobLabel(job.type === 'periodic' ? '' : job.name),
    ...(refs === null
      ? {}
      : {
          'prow.k8s.io/refs.org': refs.org,
          'prow.k8s.io/refs.repo': refs.repo,
          'prow.k8s.io/refs.base_ref': refs.base_ref.replaceAll('/', '-'),
        }),
    ...(pull === undefined ? {} : { 'prow.k8s.io/refs.pull': String(pull.number) }),
    ...job.extraLabels,
    ...extra,
  };
}

/** The annotations of a new ProwJob: the job's whole name among them. */
export function annotationsOf(job: JobDefinition, extra: Record<string, string>): Record<string, string> {
  return { 'prow.k8s.io/context': '', 'prow.k8s.io/job': job.name, ...job.extraAnnotations, ...extra };
}
