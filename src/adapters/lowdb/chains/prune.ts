import type { Chain } from '../../../chain/chain.ts';
import { isSettled } from '../../../chain/chain-card.ts';

export interface Retention {
  /** Runs a job. */
  keepRuns: number;
  /** Milliseconds since the end of a chain. */
  keepMs: number;
}

/**
 * Takes newest first and leaves out, oldest first, what is too old or too much. A chain that is not settled or is spared stays, whatever the limits say.
 */
export function prune(
  chains: readonly Chain[],
  { keepRuns, keepMs }: Retention,
  now: number,
  isSpared: (id: string) => boolean,
): Chain[] {
  let runs = chains.reduce((sum, chain) => sum + chain.runs.length, 0);
  const kept: Chain[] = [];
  for (const chain of chains.toReversed()) {
    const isOld = chain.closedAt !== null && chain.closedAt < now - keepMs;
    if (!isSettled(chain) || isSpared(chain.id) || (!isOld && runs <= keepRuns)) kept.push(chain);
    else runs -= chain.runs.length;
  }
  return kept.toReversed();
}
