import type { ReasonOf } from '../../chain/decision.ts';
import { compileJobGlob } from '../../job/glob.ts';
import type { Budget } from '../language/rule.ts';

/** An attempt that was made, or is about to be. */
export interface Spending {
  jobName: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** The budget that does not allow one more attempt of the job at `now`; `null`: all do. */
export function findSpentBudget(
  budgets: readonly Budget[],
  jobName: string,
  spendings: readonly Spending[],
  now: number,
): ReasonOf<'budget-spent'> | null {
  for (const { job, retries, per } of budgets) {
    const covers = compileJobGlob(job);
    if (!covers(jobName)) continue;
    const spent = spendings.filter((each) => each.at > now - per && covers(each.jobName)).length;
    if (spent >= retries) {
      return { kind: 'budget-spent', job, spent, retries, perMs: per };
    }
  }
  return null;
}
