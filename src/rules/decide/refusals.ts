import type { DecisionReason, Reason } from '../../chain/decision.ts';
import { findObstacle } from '../../job/type.ts';
import type { FailedRun } from '../matchers/matcher.ts';
import { countFailuresInRow } from '../../history/statistics.ts';
import type { DecisionContext, DecisionInputs } from './context.ts';
import type { Retry, Rule } from '../language/rule.ts';

/** Why a run is not for any rule to judge, and the fact that says so. */
interface UnmetPrecondition {
  reason: DecisionReason;
  because: Reason;
}

type Gate = (run: FailedRun) => UnmetPrecondition | null;

function refuseNotFailed({ evidence }: FailedRun): UnmetPrecondition | null {
  if (evidence.status !== 'SUCCESS') return null;
  return { reason: 'not-failed', because: { kind: 'run-passed' } };
}

/** A rehearsal tries out a change of the job itself: its failure is the author's to read. */
function refuseRehearsal({ jobName }: FailedRun): UnmetPrecondition | null {
  if (!jobName.includes('rehearse')) return null;
  return { reason: 'rehearsal', because: { kind: 'rehearsal' } };
}

function refuseNotRetriggerable({ evidence: { type, refs } }: FailedRun): UnmetPrecondition | null {
  const obstacle = type === null ? null : findObstacle(type, refs);
  return obstacle === null ? null : { reason: 'not-retriggerable', because: { kind: 'obstacle', obstacle } };
}

const gates: readonly Gate[] = [refuseNotFailed, refuseRehearsal, refuseNotRetriggerable];

/** The first gate that the run does not pass, success first: of a run that passed nothing else matters. */
export function findUnmetPrecondition(run: FailedRun): UnmetPrecondition | null {
  for (const gate of gates) {
    const barrier = gate(run);
    if (barrier !== null) return barrier;
  }
  return null;
}

/** Why a run that no rule opted in to is left alone: something else manages it (PROW.md, 6). `null`: nothing does. */
export function refuseManaged({ managedBy, evidence }: FailedRun): UnmetPrecondition | null {
  if (managedBy === null) return null;
  const { by, mark } = managedBy;
  const count = evidence.labels['prow.k8s.io/re-run'];
  if (by === 'prow' && count !== undefined) {
    return {
      reason: 'retried-by-prow',
      because: { kind: 'retried-by-prow', count: count.slice(0, 20) },
    };
  }
  const reason = by === 'prow' ? 'retried-by-prow' : 'managed-elsewhere';
  return {
    reason,
    because: { kind: 'managed', by, mark },
  };
}

interface Matched {
  rule: Rule;
  retry: Retry;
  run: FailedRun;
  facts: DecisionContext;
  moment: DecisionInputs;
}

/** What could not be weighed. It refuses nothing: the attempt is made, and the account says what is unknown. */
interface Doubt {
  reason: null;
  because: Reason;
}

type Objection = (matched: Matched) => UnmetPrecondition | Doubt | null;

/** The objections to an attempt; `refusal` is `null` if there is none. */
interface Weighed {
  refusal: UnmetPrecondition | null;
  /** What could not be weighed. */
  doubts: Reason[];
}

function refuseExhausted({ retry, run: { attempt } }: Matched): UnmetPrecondition | null {
  const { attempts } = retry;
  if (attempt < attempts) return null;
  return { reason: 'attempts-exhausted', because: { kind: 'exhausted', attempts, attempt } };
}

function refuseSameFailure({ rule, run, facts }: Matched): UnmetPrecondition | Doubt | null {
  const { signature } = run.evidence;
  if (rule.history?.same_failure !== 'stop' || run.attempt === 0) return null;
  if (signature === null) {
    return { reason: null, because: { kind: 'no-signature' } };
  }
  if (!facts.earlierSignatures.includes(signature)) return null;
  return { reason: 'same-failure', because: { kind: 'same-failure', signature } };
}

function refuseFailingStreak({
  rule,
  run,
  facts,
  moment: { now },
}: Matched): UnmetPrecondition | Doubt | null {
  const max = rule.history?.max_consecutive_failures;
  if (rule.history === undefined || max === undefined) return null;
  if (facts.pastRuns === null) {
    return { reason: null, because: { kind: 'history-unknown' } };
  }
  const { window } = rule.history;
  const own = run.evidence.status === 'ABORTED' ? 0 : 1;
  const failures = own + countFailuresInRow(facts.pastRuns, window, now);
  if (failures < max) return null;
  return { reason: 'failing-streak', because: { kind: 'failing-streak', failures, windowMs: window, max } };
}

function refuseSilenced({ facts: { silence } }: Matched): UnmetPrecondition | null {
  if (silence === null) return null;
  const { job, author, comment, until } = silence;
  return { reason: 'silenced', because: { kind: 'silence', job, author, comment, until } };
}

/**
 * What is certain comes first. Then comes what people asked for, so that a silence mutes whatever the history says.
 * The history comes last, because it may be unreadable, and then refuses nothing.
 */
const objections: readonly Objection[] = [
  refuseExhausted,
  refuseSilenced,
  refuseSameFailure,
  refuseFailingStreak,
];

/** Why a rule that matches does not lead to an attempt. The first objection refuses, the rest are not asked. */
export function findRefusal(matched: Matched): Weighed {
  const doubts: Reason[] = [];
  for (const objection of objections) {
    const found = objection(matched);
    if (found === null) continue;
    if (found.reason !== null) return { refusal: found, doubts };
    doubts.push(found.because);
  }
  return { refusal: null, doubts };
}
