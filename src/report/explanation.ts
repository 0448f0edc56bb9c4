import { formatGap } from '../evidence/gap.ts';
import type { GatheredEvidence } from '../evidence/gather-evidence.ts';
import type { PastView } from '../history/statistics.ts';
import type { ManagedBy } from '../job/managed-by.ts';
import type { JudgedRun } from '../rules/decide/decide.ts';
import type { RuleTrace, DecisionReason } from '../chain/decision.ts';
import { summaryLine } from '../text/clean-text.ts';
import { formatDuration } from '../time/duration.ts';
import { describeTrace, describeUnasked, formatKnownFailure, describeReasons } from './reasons.ts';

/** A run that somebody asks about, and what it left behind so far. */
export interface SeenRun {
  jobName: string;
  buildId: string;
  url: string;
  /** Which of our attempts the run was, 0 for any other run. */
  attempt: number;
  /** What else retries or counts the run. */
  managedBy: ManagedBy | null;
  evidence: GatheredEvidence;
}

/** A judgement, and how every rule fared that it did not ask, in order. */
export interface Explained extends JudgedRun {
  unasked: readonly RuleTrace[];
}

/** What the rules of today make of a past run, as of its end. */
export interface Explanation {
  run: SeenRun;
  /** Milliseconds since the epoch. */
  judgedAt: number;
  past: PastView;
  judgement: Explained;
  /** The rule that came nearest where none matched. */
  nearest: string | null;
  /** The rules that have expired since. */
  expired: string[];
}

export type ExplainedRun =
  | { kind: 'explained'; explanation: Explanation }
  /** It goes on, so nothing is decided about it. */
  | { kind: 'not-ended'; run: SeenRun }
  | NoRun;

/** `says`: what is wrong and what to do next, in whole sentences. */
export interface NoRun {
  kind:
    | 'absent'
    /** It may lie in a bucket that is not public. */
    | 'denied'
    /** The bucket could not be read; another try can help. */
    | 'unavailable'
    /** What was asked for names no run. */
    | 'malformed';
  says: string;
}

/** What the run left behind, what the job did before, what was decided and how every rule fared. */
export function describeExplanation({ run, past, judgement, nearest, expired }: Explanation): string[] {
  return [
    run.url,
    '',
    ...listEvidence(run),
    '',
    ...describePast(past),
    '',
    ...describeJudgement(judgement, past),
    ...(nearest === null ? [] : [`The nearest miss is rule ${nearest}.`]),
    ...expired.map((name) => `Rule ${name} has expired since this run.`),
  ];
}

/** The same of a run that goes on, about which nothing is decided. */
export function describeUnended(run: SeenRun): string[] {
  const notEnded = 'The run has not ended yet: nothing is decided; ask again then.';
  return [run.url, '', notEnded, '', ...listEvidence(run)];
}

function listEvidence({ evidence, attempt, managedBy }: SeenRun): string[] {
  const { status, description, type, phase, steps, reason, signature, messages } = evidence;
  const { knownFailures, gaps, overrides } = evidence;
  const carried = Object.keys(overrides.envs);
  return [
    `status     ${status}`,
    `prow       ${description === null ? '-' : (summaryLine([description]) ?? '-')}`,
    `type       ${type ?? 'not known'}`,
    `attempt    ${attempt}`,
    `phase      ${phase ?? 'not known'}`,
    `steps      ${steps.length === 0 ? '-' : steps.join(', ')}`,
    `reason     ${reason ?? 'not known'}`,
    `labels     ${(knownFailures ?? []).map(formatKnownFailure).join('; ') || '-'}`,
    `managed by ${managedBy === null ? '-' : `${managedBy.by} (${managedBy.mark})`}`,
    `signature  ${signature ?? '-'}`,
    `message    ${summaryLine(messages) ?? '-'}`,
    `overrides  ${carried.length === 0 ? '-' : carried.join(', ')}`,
    ...overrides.notCarried.map((name) => `not sent   ${name}`),
    ...gaps.map((gap) => `gap        ${formatGap(gap)}`),
  ];
}

function describePast(past: PastView): string[] {
  const { consecutive_failures: failures, newer_run: newer, newer_attempt: attempt, gaps } = past;
  const kin = attempt === null ? '' : ` (attempt ${attempt} of this very run)`;
  return [
    `failures   ${failures ?? 'not known how many'} in a row within ${formatDuration(past.window_ms)}, this run included`,
    `attempts   ${describeAttempts(past)}`,
    `newer run  ${newer ?? 'not known'}${kin}`,
    ...gaps.map((gap) => `gap        ${gap}`),
    'not asked  silences, budgets and outages: only the running service knows them',
  ];
}

function describeAttempts({ attempts, flake_rate: rate, window_ms: windowMs }: PastView): string {
  const when = `within ${formatDuration(windowMs)} before this run`;
  if (attempts === null) return `not known how many ${when}`;
  if (attempts === 0 || rate === null) return `none ${when}`;
  return `${attempts} ${when}, ${Math.round(rate * attempts)} of them passed`;
}

function describeJudgement({ decision, trace, unasked }: Explained, past: PastView): string[] {
  const { outcome, reason, rule, because } = decision;
  const verdict = outcome === 'skip' ? 'It would not be tried again' : 'It would be tried again';
  const newer = outcome === 'skip' ? '' : describeNewer(past);
  // The rules follow with all their traces.
  const others = because.filter(({ kind }) => kind !== 'rule');
  return [
    `${verdict}: ${reason}${rule === null ? '' : ` (rule ${rule})`}${newer}`,
    ...describeReasons(others).map((fact) => `  ${fact}`),
    '',
    ...describeRules(reason, [...trace.map(describeTrace), ...unasked.map(describeUnasked)]),
  ];
}

function describeRules(reason: DecisionReason, told: readonly string[]): string[] {
  if (reason === 'not-failed') return ['The run passed, so no rule is asked.'];
  if (told.length === 0) return ['There are no rules.'];
  return ['The rules, in order:', ...told.map((line, index) => `  ${index + 1}. ${line}`)];
}

function describeNewer({ newer_run: newer, newer_attempt: attempt }: PastView): string {
  if (newer === null || newer === 'none') return '';
  if (attempt !== null) return `; build ${newer} is attempt ${attempt} of this very run`;
  return `; but a newer run (build ${newer}) would stand against an attempt now (superseded)`;
}
