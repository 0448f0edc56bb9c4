import type { Refs, JobType } from '../../../src/job/type.ts';
import type { RunPlan } from './run-plan.ts';

/** A job as Prow's configuration has it, with how its runs go. */
export interface JobDefinition {
  name: string;
  type: JobType;
  /** The n-th run plays `plan[n]`; the last one repeats. */
  plan: RunPlan[];
  /** What `startRun` runs it for, and the repository in which Gangway finds it. */
  refs?: Refs;
  /** ci-operator's test name (`as`); by default the last two words of the job's name. */
  test?: string;
  /** Runs of the job at the same time; the rest stay TRIGGERED. Unlimited by default. */
  maxConcurrency?: number;
  extraLabels?: Record<string, string>;
  extraAnnotations?: Record<string, string>;
}

export function testName(job: JobDefinition): string {
  return job.test ?? job.name.split('-').slice(-2).join('-');
}

/** The plan of a job's n-th run, counted from 0; a job without a plan passes. */
export function planOf(job: JobDefinition, n: number): RunPlan {
  return job.plan[Math.min(n, job.plan.length - 1)] ?? { outcome: 'pass' };
}
