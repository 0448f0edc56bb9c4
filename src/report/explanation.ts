import type { GatheredEvidence } from '../evidence/gather-evidence.ts';
import type { PastView } from '../history/past-view.ts';
import type { ManagedBy } from '../job/managed-by.ts';
import type { Judgement } from '../rules/decide/decide.ts';
import type { RuleTrace } from '../rules/decide/examine-rule.ts';

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
export interface Explained extends Judgement {
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
