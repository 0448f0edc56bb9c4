import type { RuleTrace } from './examine-rule.ts';
import type { Finding } from '../matchers/matcher.ts';

/** Who answers for a rule, and where it is told why it stands, as far as it says. */
export function sayOwner({
  owner = null,
  issue = null,
}: {
  owner?: string | null | undefined;
  issue?: string | null | undefined;
}): string[] {
  return [
    ...(owner === null ? [] : [`Its owner is ${owner}.`]),
    ...(issue === null ? [] : [`Its issue is ${issue}.`]),
  ];
}

/** Why a rule matched, did not, or could not be judged, in one sentence. */
export function describeTrace(trace: RuleTrace): string {
  const { rule, verdict } = trace;
  if (verdict === 'expired') return `Rule ${rule} has expired; before, ${describeExpired(trace)}.`;
  if (verdict === 'matches') return `Rule ${rule} matches: ${listHoldings(trace)}.`;
  if (verdict === 'unknown') return `Rule ${rule} cannot be judged: ${listOpen(trace)}.`;
  return `Rule ${rule} does not match: ${listMisses(trace)}.`;
}

/** The same of a rule that was not asked, because something else had decided. */
export function describeUnasked(trace: RuleTrace): string {
  const { rule, verdict } = trace;
  if (verdict === 'expired') return describeTrace(trace);
  if (verdict === 'matches') return `Rule ${rule} would have matched: ${listHoldings(trace)}.`;
  if (verdict === 'unknown') return `Rule ${rule} could not be judged: ${listOpen(trace)}.`;
  return `Rule ${rule} would not match: ${listMisses(trace)}.`;
}

/** What its conditions come to, expiry aside. */
function describeExpired(trace: RuleTrace): string {
  const misses = listMisses(trace);
  if (misses !== '') return `it would not have matched: ${misses}`;
  const open = listOpen(trace);
  if (open !== '') return `it could not have been judged: ${open}`;
  return `it would have matched: ${listHoldings(trace)}`;
}

function listHoldings({ findings }: RuleTrace): string {
  return findings.map(describeHolding).join(', ');
}

function listOpen({ findings, exceptions }: RuleTrace): string {
  const open = [
    ...select(findings, 'unknown').map(describeMiss),
    ...select(exceptions, 'unknown').map(describeException),
  ];
  return open.join(', ');
}

function listMisses({ findings, exceptions }: RuleTrace): string {
  const misses = [
    ...select(findings, 'fails').map(describeMiss),
    ...select(exceptions, 'holds').map(describeException),
  ];
  return misses.join(', ');
}

function select(findings: readonly Finding[], wanted: Finding['verdict']): Finding[] {
  return findings.filter(({ verdict }) => verdict === wanted);
}

function describeHolding({ key, saw }: Finding): string {
  return `${key} is ${saw}`;
}

function describeMiss({ key, asked, saw }: Finding): string {
  return `${key} is ${saw ?? 'not known'}, it asks for ${listAsked(asked)}`;
}

function describeException({ key, asked, saw }: Finding): string {
  return `${key} is ${saw ?? 'not known'}, it excepts ${listAsked(asked)}`;
}

/** An expression of a rule can be a thousand characters long, and its file has the whole of it. */
const maxAsked = 100;

function listAsked(asked: readonly string[]): string {
  const shown = asked.map((each) => (each.length > maxAsked ? `${each.slice(0, maxAsked)}…` : each));
  return shown.join(' or ').toWellFormed();
}
