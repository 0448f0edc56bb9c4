import { type PastRun, ranWithin } from './past-run.ts';

export interface AttemptFacts {
  /** Our attempts, however they ended. */
  count: number;
  /** The share of them that passed, from 0 to 1; `null` where there was none. */
  flakeRate: number | null;
}

/** What came of the attempts that ran within `windowMs` before `now`. */
export function weighAttempts(runs: readonly PastRun[], windowMs: number, now: number): AttemptFacts {
  const attempts = runs.filter((run) => run.attempt > 0 && ranWithin(run, windowMs, now));
  const passed = attempts.filter(({ status }) => status === 'SUCCESS').length;
  return { count: attempts.length, flakeRate: attempts.length === 0 ? null : passed / attempts.length };
}
