import { keysOf } from '../../chain/hold.ts';
import type { Outage } from '../language/rule.ts';

/** A failure as the search for outages sees it. */
export interface FailureRecord {
  jobName: string;
  steps: readonly string[];
  signature: string | null;
  /** When the run ended, in ms since the epoch. */
  at: number;
}

/** Many jobs fail alike: their attempts wait while a canary goes first. */
export interface OutageMatch {
  /** What they have in common: `step ipi-install-install`, or `signature d073610dd21a0683`. */
  key: string;
  /** How many different jobs. */
  jobs: number;
  /** Milliseconds for which the others wait. */
  holdMs: number;
}

/**
 * The outage that a failure is part of, by the key that most jobs share; `null`: there is none. Failures are judged in
 * any order, so the window in which the jobs failed may begin, end or lie around this one.
 */
export function findOutage(
  settings: Outage | null,
  failure: FailureRecord,
  others: readonly FailureRecord[],
): OutageMatch | null {
  if (settings === null) return null;
  const { within } = settings;
  // What lies further away shares no window with the failure.
  const near = [failure, ...others.filter(({ at }) => Math.abs(at - failure.at) < within)];
  const signs = keysOf(failure).map((key) => {
    const alike = near.filter((each) => keysOf(each).includes(key));
    return { key, jobs: countJobs(alike, within) };
  });
  const widest = signs.toSorted((a, b) => b.jobs - a.jobs)[0];
  if (widest === undefined || widest.jobs < settings.same_step_jobs) return null;
  return { ...widest, holdMs: settings.hold };
}

/** The most jobs that failed within one window. */
function countJobs(failures: readonly FailureRecord[], within: number): number {
  const starts = new Set(failures.map(({ at }) => at));
  const counts = [...starts].map((start) => {
    const inside = failures.filter(({ at }) => at >= start && at < start + within);
    return new Set(inside.map(({ jobName }) => jobName)).size;
  });
  return Math.max(...counts);
}
