import type { RunId } from '../job/run.ts';
import { type Chain, isOpen } from './chain.ts';

/**
 * What a notification adds to a chain that holds its run already: the build id of an attempt, which the attempt's
 * own `job-re-trigger` step tells sooner than Gangway or the bucket do. A repeat adds nothing.
 */
export function joinChain(known: Chain, run: RunId, now: number): Chain {
  const told = known.runs.find(({ prowJobId }) => prowJobId === run.prowJobId);
  const isSilent = told?.buildId !== null || run.jobName !== known.jobName;
  // Two runs never share a folder.
  const isTaken = known.runs.some(({ buildId }) => buildId === run.buildId);
  if (told === undefined || isSilent || isTaken || !isOpen(known)) return known;
  const runs = known.runs.map((each) => (each === told ? { ...each, buildId: run.buildId } : each));
  return { ...known, runs, updatedAt: now };
}
