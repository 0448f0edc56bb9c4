import { isFinished } from '../job/status.ts';
import type { RuleTrace } from './examine-rule.ts';
import type { FailedRun } from './failed-run.ts';
import type { Finding } from './matchers/matcher.ts';

/** What happened to the run, in one sentence. */
export function describeFailure({ evidence }: FailedRun): string {
  const { status, phase, steps } = evidence;
  const ended = isFinished(status) ? `The run ended as ${status}` : 'No artifact tells how the run ended';
  if (phase === null) return `${ended}; no artifact tells in which phase it began to fail.`;
  if (steps.length === 0) return `${ended}; it began to fail in ${phase}.`;
  const word = steps.length === 1 ? 'step' : 'steps';
  return `${ended}; it began to fail in ${phase}, ${word} ${steps.join(', ')}.`;
}

/** Why a rule matched, did not, or could not be judged, in one sentence. */
export function describeTrace({ rule, verdict, findings, exceptions }: RuleTrace): string {
  if (verdict === 'expired') return `Rule ${rule} has expired.`;
  if (verdict === 'matches') return `Rule ${rule} matches: ${findings.map(describeHolding).join(', ')}.`;
  if (verdict === 'unknown') {
    const open = [
      ...select(findings, 'unknown').map(describeMiss),
      ...select(exceptions, 'unknown').map(describeException),
    ];
    return `Rule ${rule} cannot be judged: ${open.join(', ')}.`;
  }
  const misses = [
    ...select(findings, 'fails').map(describeMiss),
    ...select(exceptions, 'holds').map(describeException),
  ];
  return `Rule ${rule} does not match: ${misses.join(', ')}.`;
}

function select(findings: readonly Finding[], wanted: Finding['verdict']): Finding[] {
  return findings.filter(({ verdict }) => verdict === wanted);
}

function describeHolding({ key, saw }: Finding): string {
  return `${key} is ${saw}`;
}

function describeMiss({ key, asked, saw }: Finding): string {
  return `${key} is ${saw ?? 'not known'}, it asks for ${asked.join(' or ')}`;
}

function describeException({ key, asked, saw }: Finding): string {
  return `${key} is ${saw ?? 'not known'}, it excepts ${asked.join(' or ')}`;
}
