import type { Finding } from '../../chain/decision.ts';
import type { Condition } from '../language/condition.ts';
import type { Pattern } from '../language/pattern.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import type { ManagedBy } from '../../job/managed-by.ts';

/** One condition of a rule; `null`: the rule sets no such condition. */
export type Matcher = (condition: Condition, run: FailedRun) => Finding | null;

/**
 * A condition on one value, or on any of several; none at all is unknown. `saw` names the value that holds, or else
 * all of them.
 */
export function findAmong(
  key: keyof Condition,
  asked: readonly string[],
  values: readonly string[],
  holds: (value: string) => boolean,
): Finding {
  if (values.length === 0) return { key, verdict: 'unknown', asked, saw: null };
  const found = values.find(holds);
  return { key, verdict: found === undefined ? 'fails' : 'holds', asked, saw: found ?? values.join(', ') };
}

/** A value that may be absent, as a list. */
export function toList(value: string | null): string[] {
  return value === null ? [] : [value];
}

/** A condition on a long text; the account names the line in which it is found. `null`: no artifact has it. */
export function findInText(key: 'message' | 'log', pattern: Pattern, text: string | null): Finding {
  const asked = [pattern.source];
  if (text === null) return { key, verdict: 'unknown', asked, saw: null };
  if (!pattern.isIn(text)) return { key, verdict: 'fails', asked, saw: 'no such text' };
  const line = text.split('\n').find((each) => pattern.isIn(each)) ?? text;
  return { key, verdict: 'holds', asked, saw: JSON.stringify(line.trim().slice(0, 120)) };
}

/** What is judged: a finished run, which attempt it was, and what it left behind. */
export interface FailedRun {
  jobName: string;
  attempt: number;
  /** What else retries or counts the run, or the run that its chain began with; `null`: nothing does. */
  managedBy: ManagedBy | null;
  evidence: Evidence;
}
