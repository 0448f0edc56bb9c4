import type { RuleTrace } from './examine-rule.ts';
import type { Finding } from '../matchers/matcher.ts';
import type { ChainRun } from '../../chain/run.ts';
import { operatorFile } from '../../evidence/artifacts/fetch-artifact.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { formatGap } from '../../evidence/gap.ts';
import { summaryLine } from '../../text/clean-text.ts';
import type { KnownFailure } from '../../evidence/artifacts/known-failures.ts';
import type { JobStatus } from '../../job/status.ts';

/** Who answers for a rule, and where it is told why it stands, as far as it says. */
export function formatOwner({
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

/** A failed run as a chain keeps it. `message` is the first line of what the failure said. */
type Failure = Pick<ChainRun, 'phase' | 'steps' | 'reason' | 'message'> & { status: JobStatus };

/** Prow's usual descriptions, which repeat the status. */
const usualWords = /^Job (?:triggered|scheduled|started|running|succeeded|failed|aborted)\.?$/i;

/** Known failures that an account names; the chain view has all. */
const maxNamed = 5;

/** The beginning of an account: what failed, then quotations of Prow and of the failure. */
export function describeEvidence(evidence: Evidence): string[] {
  const { description, messages } = evidence;
  const failure = { ...evidence, message: summaryLine(messages) };
  const words = description === null || usualWords.test(description) ? null : summaryLine([description]);
  const quotes = [...(words === null ? [] : [`Prow: "${words}"`]), ...quoteMessage(failure)];
  const isUnknown = failure.phase === null && failure.reason === null && quotes.length === 0;
  return [isUnknown ? admitUnknown(evidence) : describeFailure(failure), ...quotes];
}

/** Where the run failed, or ci-operator's reason if no artifact shows the phase; one sentence. */
export function describeFailure({
  status,
  phase,
  steps,
  reason,
}: Pick<Failure, 'status' | 'phase' | 'steps' | 'reason'>): string {
  if (phase === null) {
    return reason === null
      ? `${formatStatus(status)}.`
      : `${formatStatus(status)}; ci-operator's reason: ${reason}.`;
  }
  if (steps.length === 0) return `${formatStatus(status)} in phase ${phase}.`;
  return `${formatStatus(status)} in phase ${phase}, ${steps.length === 1 ? 'step' : 'steps'} ${steps.join(', ')}.`;
}

/** The message if no step is known; without a message, ci-operator's reason if a phase is shown instead of it. */
export function quoteMessage({ phase, steps, reason, message }: Omit<Failure, 'status'>): string[] {
  if (steps.length > 0) return [];
  if (message !== null) return [`Message: "${message}"`];
  return phase === null || reason === null ? [] : [`ci-operator's reason: ${reason}.`];
}

/** What the people who run the CI know of the failure: a sentence for each label. */
export function describeKnownFailures(known: readonly KnownFailure[]): string[] {
  const named = known.slice(0, maxNamed).map((each) => `Known failure: ${formatKnownFailure(each)}.`);
  const rest = known.length - named.length;
  return rest > 0 ? [...named, `Known failures that are not shown: ${rest}.`] : named;
}

/** `InfraFailure (the build farm lost a node)` */
export function formatKnownFailure({ label, summary }: KnownFailure): string {
  const text = summary.replace(/(?<![.\s])[.\s]+$/, '');
  return text === '' ? label : `${label} (${text})`;
}

function formatStatus(status: JobStatus): string {
  if (status === 'FAILURE') return 'Failed';
  if (status === 'ERROR') return 'Ended with ERROR';
  return status === 'ABORTED' ? 'Aborted' : 'Ended with an unknown result';
}

/** No artifact shows the phase, and none says anything else. */
function admitUnknown({ status, gaps }: Evidence): string {
  const gap = gaps.find(({ file }) => file === operatorFile);
  const unknown = `${formatStatus(status)}; could not determine the failing phase`;
  if (gap === undefined) return `${unknown}.`;
  return `${unknown}: ${gap.kind === 'absent' ? 'no junit_operator.xml' : formatGap(gap)}.`;
}
