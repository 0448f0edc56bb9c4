import type { Chain } from '../chain/chain.ts';
import type { ExecutionRequest } from './execution-api.ts';
import { findObstacle } from './find-obstacle.ts';
import { markLineage } from './lineage.ts';

/** The request that starts the chain's next attempt; `null` where Prow would not take one (DESIGN.md, reasons). */
export function buildRequest(chain: Chain, attempt: number): ExecutionRequest | null {
  const { type, refs, jobName, root } = chain;
  if (type === null || type === 'batch' || findObstacle(type, refs) !== null) return null;
  return {
    jobName,
    type,
    refs: type === 'periodic' ? null : refs,
    ...markLineage({ root, attempt }),
    envs: chain.envs,
  };
}
