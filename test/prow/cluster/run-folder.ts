import type { Refs } from '../../../src/job/type.ts';
import type { JobDefinition } from './job-definition.ts';

/** The folder of a run in its bucket, with OpenShift's path strategy `single` (pkg/pod-utils/gcs/target.go). */
export function runFolder(job: JobDefinition, refs: Refs | null, buildId: string): string {
  if (job.type === 'periodic' || job.type === 'postsubmit') return `logs/${job.name}/${buildId}`;
  if (job.type === 'batch' || refs === null) return `pr-logs/pull/batch/${job.name}/${buildId}`;
  const isDefault = refs.org === 'openshift' && refs.repo === 'origin';
  const segment = isDefault ? '' : `${refs.org}_${refs.repo}/`;
  return `pr-logs/pull/${segment}${refs.pulls[0]?.number ?? 0}/${job.name}/${buildId}`;
}

/** Where `latest-build.txt` is kept: beside the runs, for pull requests in the directory too. */
export function latestBuildPaths(job: JobDefinition, folder: string): string[] {
  const beside = `${folder.slice(0, folder.lastIndexOf('/'))}/latest-build.txt`;
  return folder.startsWith('logs/') ? [beside] : [`pr-logs/directory/${job.name}/latest-build.txt`, beside];
}
