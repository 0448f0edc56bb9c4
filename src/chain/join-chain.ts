import type { RunId } from '../job/run.ts';
import { type Chain, isOpen } from './chain.ts';

/**
 * What a notification adds to a chain that holds its run already: the build id of an attempt, which the attempt's
 * own `job-re-trigger` step tells sooner than Gangway or the bucket do. A repeat adds nothing.
 */
export function joinChain(known: Chain, run: RunId, now: number): Chain {
  const told = known.runs.find(({ prowJobId }) => prowJobId === run.prowJobId);
  if (told === undefined || told.buildId !== null || !isOpen(known)) return known;
  const runs = known.runs.map((each) => (each === told ? { ...each, buildId: run.buildId } : each));
  return { ...known, runs, updatedAt: now };
}
