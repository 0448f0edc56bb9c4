import type { DecisionReason } from '../../chain/decision.ts';
import { findObstacle } from '../../job/type.ts';
import type { FailedRun } from '../matchers/matcher.ts';
import { countFailuresInRow } from '../../history/statistics.ts';
import { formatDuration } from '../../time/duration.ts';
import type { DecisionContext, DecisionInputs } from './context.ts';
import type { Retry, Rule } from '../language/rule.ts';

/** Why a run is not for any rule to judge, and the fact that says so. */
export interface UnmetPrecondition {
  reason: DecisionReason;
  because: string;
}

type Gate = (run: FailedRun) => UnmetPrecondition | null;

function refuseNotFailed({ evidence }: FailedRun): UnmetPrecondition | null {
  if (evidence.status !== 'SUCCESS') return null;
  return { reason: 'not-failed', because: 'The run ended in success.' };
}

/** A rehearsal tries out a change of the job itself: its failure is the author's to read. */
function refuseRehearsal({ jobName }: FailedRun): UnmetPrecondition | null {
  if (!jobName.includes('rehearse')) return null;
  return { reason: 'rehearsal', because: 'The job is a rehearsal of a change to the job itself.' };
}

function refuseNotRetriggerable({ evidence: { type, refs } }: FailedRun): UnmetPrecondition | null {
  const obstacle = type === null ? null : findObstacle(type, refs);
  return obstacle === null ? null : { reason: 'not-retriggerable', because: obstacle };
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
      because: `The run is Prow's own retry number ${count.slice(0, 20)}.`,
    };
  }
  const reason = by === 'prow' ? 'retried-by-prow' : 'managed-elsewhere';
  return {
    reason,
    because: `The run is managed by ${by} (${mark}), and only a rule with managed_by retries it.`,
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
  because: string;
}

type Objection = (matched: Matched) => UnmetPrecondition | Doubt | null;

/** The objections to an attempt; `refusal` is `null` if there is none. */
interface Weighed {
  refusal: UnmetPrecondition | null;
  /** What could not be weighed, a plain sentence each. */
  doubts: string[];
}

function refuseExhausted({ retry, run: { attempt } }: Matched): UnmetPrecondition | null {
  const { attempts } = retry;
  if (attempt < attempts) return null;
  const allowed = attempts === 1 ? 'one attempt' : `${attempts} attempts`;
  return object('attempts-exhausted', `The rule allows ${allowed}, and this was attempt ${attempt}.`);
}

function refuseSameFailure({ rule, run, facts }: Matched): UnmetPrecondition | Doubt | null {
  const { signature } = run.evidence;
  if (rule.history?.same_failure !== 'stop' || run.attempt === 0) return null;
  if (signature === null) {
    return doubt('The failure has no signature, so it is unknown whether it is the same failure as before.');
  }
  if (!facts.earlierSignatures.includes(signature)) return null;
  return object('same-failure', `An earlier run of the chain failed in the same way (${signature}).`);
}

function refuseFailingStreak({
  rule,
  run,
  facts,
  moment: { now },
}: Matched): UnmetPrecondition | Doubt | null {
  const most = rule.history?.max_consecutive_failures;
  if (rule.history === undefined || most === undefined) return null;
  if (facts.pastRuns === null) {
    return doubt("The job's earlier runs could not be read, so its failure streak is unknown.");
  }
  const { window } = rule.history;
  const own = run.evidence.status === 'ABORTED' ? 0 : 1;
  const inRow = own + countFailuresInRow(facts.pastRuns, window, now);
  if (inRow < most) return null;
  const times = `${inRow} times in a row within ${formatDuration(window)}`;
  return object('failing-streak', `The job failed ${times}; the rule stops at ${most}.`);
}

function refuseSilenced({ facts: { silence } }: Matched): UnmetPrecondition | null {
  if (silence === null) return null;
  const until = new Date(silence.until).toISOString();
  const { job, author, comment } = silence;
  return object('silenced', `${author} silenced ${job} until ${until}: ${comment.replace(/\.?$/, '.')}`);
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
  const doubts: string[] = [];
  for (const objection of objections) {
    const found = objection(matched);
    if (found === null) continue;
    if (found.reason !== null) return { refusal: found, doubts };
    doubts.push(found.because);
  }
  return { refusal: null, doubts };
}

function object(reason: DecisionReason, because: string): UnmetPrecondition {
  return { reason, because };
}

function doubt(because: string): Doubt {
  return { reason: null, because };
}
