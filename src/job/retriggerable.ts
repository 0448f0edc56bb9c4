import type { Refs } from './refs.ts';
import type { JobType } from './type.ts';

/** Why Gangway would not start such a run (PROW.md, 1), in a sentence; `null`: it would. */
export function findObstacle(type: JobType, refs: Refs | null): string | null {
  if (type === 'batch') return 'The run is a batch, which Gangway does not start.';
  if (type === 'periodic') return null;
  if (refs === null) return `The run is a ${type}, and its prowjob.json names no refs.`;
  if (type === 'presubmit' && refs.pulls.length === 0) {
    return 'The run is a presubmit, and its prowjob.json names no pull request.';
  }
  return null;
}
