import { compileGlob } from '../../job/glob.ts';
import type { Finding } from './matcher.ts';
import type { FailedRun } from '../failed-run.ts';
import type { Match } from '../rule.ts';

export function matchJob({ job }: Match, { jobName }: FailedRun): Finding | null {
  if (job === undefined) return null;
  const holds = job.some((glob) => compileGlob(glob)(jobName));
  return { key: 'job', verdict: holds ? 'holds' : 'fails', asked: job, saw: jobName };
}
