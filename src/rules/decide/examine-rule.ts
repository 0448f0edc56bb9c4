import type { FailedRun } from '../matchers/failed-run.ts';
import { allMatchers } from '../matchers/all-matchers.ts';
import { refuseUnasked } from '../matchers/match-managed-by.ts';
import type { Finding } from '../matchers/matcher.ts';
import type { Rule } from '../language/rule.ts';

/** How one rule fared: every condition that it sets, in order, and what they come to together. */
export interface RuleTrace {
  rule: string;
  verdict: 'matches' | 'fails' | 'unknown' | 'expired';
  findings: Finding[];
  /** The conditions of `unless`: one that holds speaks against the rule. */
  exceptions: Finding[];
}

/** One condition that settles it does so even where another is unknown. `now` is in ms since the epoch. */
export function examineRule(rule: Rule, run: FailedRun, now: number): RuleTrace {
  const { match, unless = {}, expires = Infinity } = rule;
  const findings = [...allMatchers, refuseUnasked].flatMap((matcher) => matcher(match, run) ?? []);
  const exceptions = allMatchers.flatMap((matcher) => matcher(unless, run) ?? []);
  return { rule: rule.name, verdict: readVerdict(), findings, exceptions };

  function readVerdict(): RuleTrace['verdict'] {
    if (expires <= now) return 'expired';
    if (findings.some(({ verdict }) => verdict === 'fails')) return 'fails';
    if (exceptions.some(({ verdict }) => verdict === 'holds')) return 'fails';
    const isOpen = [...findings, ...exceptions].some(({ verdict }) => verdict === 'unknown');
    return isOpen ? 'unknown' : 'matches';
  }
}
