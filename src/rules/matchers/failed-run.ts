import type { Evidence } from '../../evidence/evidence.ts';
import type { ManagedBy } from '../../job/managed-by.ts';

/** What is judged: a finished run, which attempt it was, and what it left behind. */
export interface FailedRun {
  jobName: string;
  attempt: number;
  /** What else retries or counts the run, or the run that its chain began with; `null`: nothing does. */
  managedBy: ManagedBy | null;
  evidence: Evidence;
}
