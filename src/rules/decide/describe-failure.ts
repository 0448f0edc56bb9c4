import type { ChainRun } from '../../chain/chain.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { firstLine } from '../../evidence/summary-line.ts';
import type { KnownFailure } from '../../evidence/artifacts/known-failures.ts';
import type { JobStatus } from '../../job/status.ts';

/** A failed run as a chain keeps it. `message` is the first line of what the failure said. */
type Failure = Pick<ChainRun, 'phase' | 'steps' | 'reason' | 'message'> & { status: JobStatus };

/** Prow's usual descriptions, which repeat the status. */
const usualWords = /^Job (?:triggered|scheduled|started|running|succeeded|failed|aborted)\.?$/i;

/** Known failures that an account names; the chain view has all. */
const mostNamed = 5;

/** The beginning of an account: what failed, then quotations of Prow and of the failure. */
export function describeEvidence(evidence: Evidence): string[] {
  const { description, messages } = evidence;
  const failure = { ...evidence, message: firstLine(messages) };
  const words = description === null || usualWords.test(description) ? null : firstLine([description]);
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
      ? `${sayStatus(status)}.`
      : `${sayStatus(status)}; ci-operator's reason: ${reason}.`;
  }
  if (steps.length === 0) return `${sayStatus(status)} in phase ${phase}.`;
  return `${sayStatus(status)} in phase ${phase}, ${steps.length === 1 ? 'step' : 'steps'} ${steps.join(', ')}.`;
}

/** The message if no step is known; without a message, ci-operator's reason if a phase is shown instead of it. */
export function quoteMessage({ phase, steps, reason, message }: Omit<Failure, 'status'>): string[] {
  if (steps.length > 0) return [];
  if (message !== null) return [`Message: "${message}"`];
  return phase === null || reason === null ? [] : [`ci-operator's reason: ${reason}.`];
}

/** What the people who run the CI know of the failure: a sentence for each label. */
export function describeKnownFailures(known: readonly KnownFailure[]): string[] {
  const named = known.slice(0, mostNamed).map((each) => `Known failure: ${sayKnownFailure(each)}.`);
  const rest = known.length - named.length;
  return rest > 0 ? [...named, `Known failures that are not shown: ${rest}.`] : named;
}

/** `InfraFailure (the build farm lost a node)` */
export function sayKnownFailure({ label, summary }: KnownFailure): string {
  const text = summary.replace(/(?<![.\s])[.\s]+$/, '');
  return text === '' ? label : `${label} (${text})`;
}

function sayStatus(status: JobStatus): string {
  if (status === 'FAILURE') return 'Failed';
  if (status === 'ERROR') return 'Ended with ERROR';
  return status === 'ABORTED' ? 'Aborted' : 'Ended with an unknown result';
}

/** No artifact shows the phase, and none says anything else. */
function admitUnknown({ status, gaps }: Evidence): string {
  const gap = gaps.find((each) => each.startsWith('artifacts/junit_operator.xml'));
  const cause = gap?.replace('artifacts/junit_operator.xml is not there', 'no junit_operator.xml');
  const unknown = `${sayStatus(status)}; could not determine the failing phase`;
  return cause === undefined ? `${unknown}.` : `${unknown}: ${cause}.`;
}
