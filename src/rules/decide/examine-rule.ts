import type { RuleTrace } from '../../chain/decision.ts';
import type { FailedRun } from '../matchers/matcher.ts';
import { allMatchers } from '../matchers/all-matchers.ts';
import { refuseUnasked } from '../matchers/match-managed-by.ts';
import type { Rule } from '../language/rule.ts';

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

/**
 * The rule that came nearest to a match; `null`: none was kept from one. One that would try again goes ahead of one
 * that says never, then the one that fewest conditions kept from it, its expiry being one; then the first.
 */
export function findNearestMiss(trace: readonly RuleTrace[], rules: readonly Rule[]): RuleTrace | null {
  const nevers = new Set(rules.filter(({ retry }) => retry === 'never').map(({ name }) => name));
  const misses = trace.filter(({ verdict }) => verdict === 'fails' || verdict === 'expired');
  const rank = ({ rule }: RuleTrace): number => (nevers.has(rule) ? 1 : 0);
  return misses.toSorted((a, b) => rank(a) - rank(b) || countMisses(a) - countMisses(b))[0] ?? null;
}

function countMisses({ verdict, findings, exceptions }: RuleTrace): number {
  const against = findings.filter((finding) => finding.verdict === 'fails');
  const excepted = exceptions.filter((finding) => finding.verdict === 'holds');
  return against.length + excepted.length + (verdict === 'expired' ? 1 : 0);
}
