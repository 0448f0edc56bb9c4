import type { GatheredEvidence } from '../evidence/gather-evidence.ts';
import type { Judgement } from '../rules/decide.ts';
import { describeTrace } from '../rules/describe-trace.ts';
import type { PastView } from './read-bucket-facts.ts';

/** Characters of a failure's message. */
const maxShown = 200;

/** `attempt`: which of our attempts the run was, 0 for any other run. */
export function describeEvidence(evidence: GatheredEvidence, attempt: number): string[] {
  const { status, type, phase, steps, reason, signature, messages, gaps } = evidence;
  return [
    `status     ${status}`,
    `type       ${type ?? 'not known'}`,
    `attempt    ${attempt}`,
    `phase      ${phase ?? 'not known'}`,
    `steps      ${steps.length === 0 ? '-' : steps.join(', ')}`,
    `reason     ${reason ?? 'not known'}`,
    `signature  ${signature ?? '-'}`,
    `message    ${firstLine(messages[0]) ?? '-'}`,
    ...gaps.map((gap) => `gap        ${gap}`),
  ];
}

function firstLine(text: string | undefined): string | undefined {
  const [line] = text?.split('\n', 1) ?? [];
  return line !== undefined && line.length > maxShown ? `${line.slice(0, maxShown)}…` : line;
}

export function describePast({
  consecutive_failures,
  attempts,
  flake_rate,
  newer_run,
  gaps,
}: PastView): string[] {
  const passed = flake_rate === null ? '' : `, ${Math.round(flake_rate * 100)}% of them passed`;
  return [
    `failures   ${consecutive_failures ?? 'not known how many'} in a row within 14d, this run included`,
    `attempts   ${attempts ?? 'not known how many'} within 14d before this run${passed}`,
    `newer run  ${newer_run ?? 'not known'}`,
    ...gaps.map((gap) => `gap        ${gap}`),
    'not asked  silences, budgets and outages: only the running service knows them',
  ];
}

/** What was decided, and how every rule fared, in order; `allRules` are the names of those in force. */
export function describeJudgement({ decision, trace }: Judgement, allRules: readonly string[]): string[] {
  const { outcome, reason, rule, because } = decision;
  const verdict = outcome === 'retry' ? 'It would be tried again' : 'It would not be tried again';
  const told = trace.map(describeTrace);
  const beyond = allRules.slice(trace.length).map((name) => `Rule ${name} was not looked at.`);
  const rules = [...told, ...beyond].map((line, index) => `  ${index + 1}. ${line}`);
  return [
    `${verdict}: ${reason}${rule === null ? '' : ` (rule ${rule})`}`,
    ...because.filter((fact) => !told.includes(fact)).map((fact) => `  ${fact}`),
    '',
    ...(rules.length === 0 ? ['There are no rules.'] : ['The rules, in order:', ...rules]),
  ];
}
