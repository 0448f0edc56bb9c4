import type { RuleTrace } from './examine-rule.ts';
import type { Rule } from '../language/rule.ts';

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
