import type { FailedRun } from './failed-run.ts';
import { allMatchers } from './matchers/all-matchers.ts';
import type { Finding } from './matchers/matcher.ts';
import type { Rule } from './rule.ts';

/** How one rule fared: every condition that it sets, in order, and what they come to together. */
export interface RuleTrace {
  rule: string;
  verdict: 'matches' | 'fails' | 'unknown';
  findings: Finding[];
}

/** One condition that fails settles it, even where another is unknown. */
export function examineRule(rule: Rule, run: FailedRun): RuleTrace {
  const findings = allMatchers.flatMap((matcher) => matcher(rule.match, run) ?? []);
  const verdicts = findings.map(({ verdict }) => verdict);
  if (verdicts.includes('fails')) return { rule: rule.name, verdict: 'fails', findings };
  return { rule: rule.name, verdict: verdicts.includes('unknown') ? 'unknown' : 'matches', findings };
}
