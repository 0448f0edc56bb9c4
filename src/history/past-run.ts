import type { JobStatus } from '../job/status.ts';

/** A finished run of a job, as the bucket's record has it. Times are milliseconds since the epoch. */
export interface PastRun {
  buildId: string;
  prowJobId: string | null;
  status: JobStatus;
  startedAt: number | null;
  finishedAt: number | null;
  /** Which of our attempts it was, by its labels; 0 for every other run. */
  attempt: number;
}

/** Whether the run ended, or at least began, within `windowMs` before `now`; one without any time did not. */
export function ranWithin({ startedAt, finishedAt }: PastRun, windowMs: number, now: number): boolean {
  const at = finishedAt ?? startedAt;
  return at !== null && at >= now - windowMs;
}
