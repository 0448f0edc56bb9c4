import type { RuleTrace } from './examine-rule.ts';

/** The rule that fewest conditions kept from matching, the first of several; `null`: none was kept from it. */
export function findNearestMiss(trace: readonly RuleTrace[]): RuleTrace | null {
  const misses = trace.filter(({ verdict }) => verdict === 'fails');
  return misses.toSorted((a, b) => countMisses(a) - countMisses(b))[0] ?? null;
}

function countMisses({ findings, exceptions }: RuleTrace): number {
  const against = findings.filter(({ verdict }) => verdict === 'fails');
  return against.length + exceptions.filter(({ verdict }) => verdict === 'holds').length;
}
