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
export function describeTrace({ rule, verdict, findings }: RuleTrace): string {
  if (verdict === 'matches') return `Rule ${rule} matches: ${findings.map(describeHolding).join(', ')}.`;
  if (verdict === 'fails') return `Rule ${rule} does not match: ${list('fails')}.`;
  return `Rule ${rule} cannot be judged: ${list('unknown')}.`;

  function list(wanted: Finding['verdict']): string {
    return findings
      .filter((finding) => finding.verdict === wanted)
      .map(describeMiss)
      .join(', ');
  }
}

function describeHolding({ key, saw }: Finding): string {
  return `${key} is ${saw}`;
}

function describeMiss({ key, asked, saw }: Finding): string {
  return `${key} is ${saw ?? 'not known'}, it asks for ${asked.join(' or ')}`;
}
