import { compileJobGlob } from '../../job/glob.ts';
import type { Condition } from '../language/condition.ts';
import { type FailedRun, findAmong } from './matcher.ts';
import type { Finding } from '../../chain/decision.ts';

export function matchJob({ job }: Condition, { jobName }: FailedRun): Finding | null {
  if (job === undefined) return null;
  return findAmong('job', job, [jobName], (value) => job.some((glob) => compileJobGlob(glob)(value)));
}
