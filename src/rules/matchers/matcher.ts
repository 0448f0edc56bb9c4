import type { FailedRun } from '../failed-run.ts';
import type { Match } from '../rule.ts';

/** What one condition came to. `unknown`: no artifact tells, so it neither holds nor fails. */
export interface Finding {
  key: keyof Match;
  verdict: 'holds' | 'fails' | 'unknown';
  asked: readonly string[];
  /** The value in the evidence; `null` where no artifact tells. */
  saw: string | null;
}

/** One condition of a rule; `null` where the rule sets no such condition. */
export type Matcher = (match: Match, run: FailedRun) => Finding | null;

/** A condition that holds when the value is one of those asked for. */
export function findAmong(
  key: keyof Match,
  asked: readonly string[] | undefined,
  saw: string | null,
): Finding | null {
  if (asked === undefined) return null;
  if (saw === null) return { key, verdict: 'unknown', asked, saw };
  return { key, verdict: asked.includes(saw) ? 'holds' : 'fails', asked, saw };
}
