import type { Reason } from '../../chain/decision.ts';
import { operatorFile } from '../../evidence/artifacts/fetch-artifact.ts';
import type { KnownFailure } from '../../evidence/artifacts/known-failures.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { summaryLine } from '../../text/clean-text.ts';

/** Prow's usual descriptions, which repeat the status. */
const usualWords = /^Job (?:triggered|scheduled|started|running|succeeded|failed|aborted)\.?$/i;

/** Known failures that an account names; the chain view has all. */
const maxNamed = 5;

/** The beginning of an account: what failed, the words of Prow and of the failure, and its known failures. */
export function listFailureReasons(evidence: Evidence): Reason[] {
  const { status, phase, steps, reason, gaps } = evidence;
  const quotes = listQuotes(evidence);
  const isUnknown = phase === null && reason === null && quotes.length === 0;
  const gap = gaps.find(({ file }) => file === operatorFile) ?? null;
  return [
    isUnknown ? { kind: 'undetermined', status, gap } : { kind: 'failed', status, phase, steps, reason },
    ...quotes,
    ...listKnownFailures(evidence.knownFailures ?? []),
  ];
}

/** Prow's words, and the message if no step is known; without a message, ci-operator's reason if a phase is shown instead of it. */
function listQuotes({ description, messages, phase, steps, reason }: Evidence): Reason[] {
  const words = description === null || usualWords.test(description) ? null : summaryLine([description]);
  const message = summaryLine(messages);
  const prow: Reason[] = words === null ? [] : [{ kind: 'prow-says', text: words }];
  if (steps.length > 0) return prow;
  if (message !== null) return [...prow, { kind: 'message', text: message }];
  return phase === null || reason === null ? prow : [...prow, { kind: 'ci-operator-reason', text: reason }];
}

function listKnownFailures(known: readonly KnownFailure[]): Reason[] {
  const named = known
    .slice(0, maxNamed)
    .map(({ label, summary }): Reason => ({ kind: 'known-failure', label, summary }));
  const count = known.length - named.length;
  return count > 0 ? [...named, { kind: 'more-known-failures', count }] : named;
}
