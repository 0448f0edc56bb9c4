import { isLaterBuild } from '../job/run.ts';
import { type PastRun, ranWithin } from './past-run.ts';
import { firstSightRuns } from './past-runs.ts';

const mostRuns = 100;
const longestMs = 90 * 24 * 60 * 60_000;

/**
 * What a store keeps of a job when `added` come to the `known` runs: newest first, each build once, at most 100, of
 * the last 90 days. The newest 20 stay, however old.
 */
export function retainRuns(known: readonly PastRun[], added: readonly PastRun[], now: number): PastRun[] {
  const byBuild = new Map([...added, ...known].map((run) => [run.buildId, run]));
  const newestFirst = [...byBuild.values()].toSorted((a, b) => (isLaterBuild(a.buildId, b.buildId) ? -1 : 1));
  return newestFirst
    .slice(0, mostRuns)
    .filter((run, index) => index < firstSightRuns || ranWithin(run, longestMs, now));
}

/** Whether none of the runs is of the last 90 days. */
export function isOutdated(runs: readonly PastRun[], now: number): boolean {
  return !runs.some((run) => ranWithin(run, longestMs, now));
}
