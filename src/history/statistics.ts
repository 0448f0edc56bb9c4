import { type PastRun, ranWithin } from './past-runs.ts';

/**
 * How often in a row the job failed lately, within `windowMs` before `now`. A success ends the row, whenever it was;
 * an aborted run says nothing about the job, so it neither counts nor ends it. `runs` come newest first.
 */
export function countFailuresInRow(runs: readonly PastRun[], windowMs: number, now: number): number {
  const success = runs.findIndex(({ status }) => status === 'SUCCESS');
  const row = success === -1 ? runs : runs.slice(0, success);
  const failed = row.filter(({ status }) => status === 'FAILURE' || status === 'ERROR');
  return failed.filter((run) => ranWithin(run, windowMs, now)).length;
}

interface AttemptFacts {
  /** Our attempts, however they ended. */
  count: number;
  /** The share of them that passed, from 0 to 1; `null`: there was none. */
  flakeRate: number | null;
}

/** The results of the attempts that ran within `windowMs` before `now`. */
export function summarizeAttempts(runs: readonly PastRun[], windowMs: number, now: number): AttemptFacts {
  const attempts = runs.filter((run) => run.attempt > 0 && ranWithin(run, windowMs, now));
  const passed = attempts.filter(({ status }) => status === 'SUCCESS').length;
  return { count: attempts.length, flakeRate: attempts.length === 0 ? null : passed / attempts.length };
}

/** A job's past by its bucket, for people; `null`: it could not be read. */
export interface PastView {
  /** How far back the counts go before the run's end: as far as the rules count, ms. */
  window_ms: number;
  /** Within that time, this run included. */
  consecutive_failures: number | null;
  /** Ours, within the same time, this run not included, and the share of them that passed. */
  attempts: number | null;
  flake_rate: number | null;
  /** The build id of an attempt of this very run, else of the newest run that began later; `none`. */
  newer_run: string | null;
  /** Which attempt of this very run that one is by its labels; `null`: it is another run. */
  newer_attempt: number | null;
  /** What could not be read, a plain sentence each. */
  gaps: string[];
}
