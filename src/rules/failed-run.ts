import type { Evidence } from '../evidence/evidence.ts';

/** What is judged: a finished run, which attempt it was, and what it left behind. */
export interface FailedRun {
  jobName: string;
  attempt: number;
  evidence: Evidence;
}
