import type { Chain } from '../chain/chain.ts';
import { markLineage } from '../job/lineage.ts';
import type { ExecutionRequest } from './execution-api.ts';
import { findObstacle } from './find-obstacle.ts';

/**
 * The request that starts the chain's next attempt, with the overrides of the chain's first run and the rule's variables
 * over them; `null` if Prow would not take one (DESIGN.md, reasons).
 */
export function buildRequest(
  chain: Chain,
  attempt: number,
  overrides: Record<string, string>,
): ExecutionRequest | null {
  const { type, refs, jobName, root, managedBy } = chain;
  if (type === null || type === 'batch' || findObstacle(type, refs) !== null) return null;
  return {
    jobName,
    type,
    refs: type === 'periodic' ? null : refs,
    ...markLineage({ root, attempt }, managedBy),
    envs: { ...overrides, ...chain.envs },
  };
}
