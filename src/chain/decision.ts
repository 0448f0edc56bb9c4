import type { KnownFailure } from '../evidence/artifacts/known-failures.ts';
import type { Gap } from '../evidence/gap.ts';
import type { Phase } from '../evidence/phase.ts';
import type { Manager } from '../job/managed-by.ts';
import type { JobStatus } from '../job/status.ts';
import type { Obstacle } from '../job/type.ts';

/** Why a decision came out as it did: a closed list; logs, messages, the API and `explain` are made from it. */
export const decisionReasons = [
  'matched',
  'not-failed',
  'rehearsal',
  'not-retriggerable',
  'no-rule-matched',
  'never',
  'silenced',
  'attempts-exhausted',
  'same-failure',
  'failing-streak',
  'budget-spent',
  'superseded',
  'retried-by-prow',
  'managed-elsewhere',
  'evidence-missing',
  'cancelled',
  'outage',
] as const;

export type DecisionReason = (typeof decisionReasons)[number];

export interface Decision {
  outcome: 'retry' | 'skip' | 'hold';
  reason: DecisionReason;
  /** The name of the rule that decided, where one did. */
  rule: string | null;
  /** The facts that led to it, in order. */
  because: Reason[];
}

export const findingVerdicts = ['holds', 'fails', 'unknown'] as const;

/** What one condition of a rule came to. `unknown`: no artifact shows it, so it neither holds nor fails. */
export interface Finding {
  key: string;
  verdict: (typeof findingVerdicts)[number];
  asked: readonly string[];
  /** The value in the evidence; `null`: no artifact shows it. */
  saw: string | null;
}

export const ruleVerdicts = ['matches', 'fails', 'unknown', 'expired'] as const;

/** How one rule fared: every condition that it sets, in order, and what they come to together. */
export interface RuleTrace {
  rule: string;
  verdict: (typeof ruleVerdicts)[number];
  findings: Finding[];
  /** The conditions of `unless`: one that holds speaks against the rule. */
  exceptions: Finding[];
}

/** What failed, and what others say of it. */
type FailureReason =
  /** `reason`: ci-operator's. */
  | { kind: 'failed'; status: JobStatus; phase: Phase | null; steps: string[]; reason: string | null }
  /** No artifact shows the phase or anything else. `gap`: that of the file which should show it. */
  | { kind: 'undetermined'; status: JobStatus; gap: Gap | null }
  | { kind: 'prow-says'; text: string }
  | { kind: 'message'; text: string }
  | { kind: 'ci-operator-reason'; text: string }
  | ({ kind: 'known-failure' } & KnownFailure)
  | { kind: 'more-known-failures'; count: number }
  | { kind: 'gap'; gap: Gap };

/** What the rules say, and what stands against an attempt. Times are in ms, points in time since the epoch. */
type RuleReason =
  | { kind: 'rule'; trace: RuleTrace }
  | { kind: 'owner'; owner: string }
  | { kind: 'issue'; issue: string }
  | { kind: 'rule-says-never' }
  | { kind: 'type-unknown' }
  | { kind: 'plan'; attempt: number; attempts: number; delayMs: number }
  | { kind: 'run-passed' }
  | { kind: 'rehearsal' }
  | { kind: 'obstacle'; obstacle: Obstacle }
  /** `count`: as Prow counts. */
  | { kind: 'retried-by-prow'; count: string }
  | { kind: 'managed'; by: Manager; mark: string }
  | { kind: 'exhausted'; attempts: number; attempt: number }
  | { kind: 'no-signature' }
  | { kind: 'same-failure'; signature: string }
  | { kind: 'history-unknown' }
  | { kind: 'failing-streak'; failures: number; windowMs: number; max: number }
  | { kind: 'silence'; author: string; job: string; until: number; comment: string }
  | { kind: 'budget-spent'; job: string; spent: number; retries: number; perMs: number };

/** What the attempt carries over from the first run, by name. */
type OverrideReason =
  | { kind: 'carried-over'; names: string[] }
  | { kind: 'flags-not-carried'; names: string[] }
  | { kind: 'values-not-carried'; names: string[] }
  | { kind: 'started-with'; names: string[] }
  | { kind: 'overrides-locked'; names: string[] };

/** An outage. `key`: what the failures have in common. */
type OutageReason =
  | { kind: 'outage'; key: string; jobs: number }
  /** In a replay: this one and the next. */
  | { kind: 'would-go-first'; key: string; jobs: number }
  | { kind: 'would-wait'; key: string; jobs: number }
  | { kind: 'held'; key: string }
  | { kind: 'canary'; key: string }
  | { kind: 'canary-passed' }
  | { kind: 'hold-over' }
  /** To people, about several chains. `first`: the canary's job; `waiting`: the jobs that wait for it. */
  | { kind: 'outage-announced'; key: string; first: string | null; waiting: string[] };

/** What people did. `by`: who. */
type PersonReason =
  | { kind: 'cancelled'; by: string }
  /** The run under way goes on. */
  | { kind: 'run-goes-on' }
  | { kind: 'asked-for-attempt-now'; by: string }
  | { kind: 'asked-for-check-now'; by: string }
  | { kind: 'asked-for-attempt'; by: string }
  /** `at`: when, in ms since the epoch. */
  | { kind: 'job-silenced'; author: string; until: number; comment: string; at: number };

/** The attempt, its request and its answer. */
type AttemptReason =
  | { kind: 'attempt'; attempt: number }
  /** `says`: Gangway's words, or ours if it gave none. */
  | { kind: 'waits'; attempt: number; says: string }
  | { kind: 'gangway-says'; says: string }
  | { kind: 'request-astray' }
  | { kind: 'token-brought' }
  | { kind: 'no-token'; for: 'trigger' | 'ask' }
  | { kind: 'not-startable' }
  | { kind: 'newer-run'; buildId: string }
  /** In a replay. */
  | { kind: 'newer-run-by-then' }
  | { kind: 'newer-run-unknown'; why: string }
  | { kind: 'older-copy' }
  | { kind: 'attempt-unknown'; attempt: number }
  | { kind: 'start-unknown'; says: string }
  | { kind: 'gangway-away'; attempt: number }
  | { kind: 'requests-lost'; count: number }
  | { kind: 'would-not-be-made' };

/** Where the run lies, and whose it is. */
type RunReason =
  | { kind: 'attempt-of'; chainId: string }
  | { kind: 'run-of-another-job'; prowJobId: string; attempt: number; jobName: string }
  | { kind: 'build-of-another-job'; jobName: string; ownJob: string }
  | { kind: 'build-of-another-run'; prowJobId: string | null; ownRun: string }
  | { kind: 'attempt-unreadable'; attempt: number; why: string }
  /** `denied`: the buckets that refuse to be read. */
  | { kind: 'build-unreadable'; buildId: string | null; why: string; denied: string[] }
  | { kind: 'build-unproven'; buildId: string | null; prowJobId: string; why: string }
  | { kind: 'end-unseen'; buildId: string | null; waitedMs: number; why: string; buckets: string[] };

/**
 * A fact that led to a decision or to a turn of the chain. `report/reasons.ts` words it. `note`: a sentence of an earlier
 * version.
 */
export type Reason =
  | FailureReason
  | RuleReason
  | OverrideReason
  | OutageReason
  | PersonReason
  | AttemptReason
  | RunReason
  | { kind: 'decided'; reason: DecisionReason }
  | { kind: 'channel-closed'; channel: string }
  | { kind: 'note'; text: string };

export type ReasonOf<Kind extends Reason['kind']> = Extract<Reason, { kind: Kind }>;
