import type { Manager } from '../job/managed-by.ts';
import { type Refs, type JobType, findObstacle } from '../job/type.ts';
import { markLineage } from './lineage.ts';
import type { ExecutionRequest } from './execution-api.ts';

/** What a retry takes from the chain that it belongs to. */
interface RetriedRun {
  jobName: string;
  type: JobType | null;
  refs: Refs | null;
  /** The first run's `prow_job_id`. */
  root: string;
  managedBy: Manager | null;
  /** The rule's variables. */
  envs: Record<string, string>;
}

/**
 * The request that starts the chain's next attempt, with the overrides of the chain's first run and the rule's variables
 * over them; `null` if Prow would not take one (DESIGN.md, reasons).
 */
export function buildRequest(
  { type, refs, jobName, root, managedBy, envs }: RetriedRun,
  attempt: number,
  overrides: Record<string, string>,
): ExecutionRequest | null {
  if (type === null || type === 'batch' || findObstacle(type, refs) !== null) return null;
  return {
    jobName,
    type,
    refs: type === 'periodic' ? null : refs,
    ...markLineage({ root, attempt }, managedBy),
    envs: { ...overrides, ...envs },
  };
}
