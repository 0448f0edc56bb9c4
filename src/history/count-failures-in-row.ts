import { type PastRun, ranWithin } from './past-run.ts';

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
