import type { DecisionReason } from '../../chain/decision.ts';

/** What counts into a digest. Times are milliseconds since the epoch. */
export interface DigestSpan {
  from: number;
  /** The first moment that no longer counts. */
  to: number;
}

/**
 * What came of the failures in a span of time. A chain counts in the one in which it closed, as far as the store still
 * knows it; one that is opened again counts when it closes again. An attempt is a run of such a chain that was one of
 * ours, also where the memory of the chain begins with it.
 */
export interface Digest extends DigestSpan {
  /** Chains that closed and are not for our channels; no other number includes them. */
  others: number;
  /** Chains that closed; each was `rescued`, `exhausted`, `skipped` or `handedOver`. */
  closed: number;
  /** Chains with at least one attempt, however they ended. */
  retried: number;
  /** Chains that passed: flakes. */
  rescued: number;
  exhausted: number;
  /** Chains that were skipped, the most frequent reason first. */
  skipped: SkipAccount[];
  /** Chains that ended in a person's hands: Gangway refused, or nothing could be told. */
  handedOver: number;
  /** The rules that made an attempt, those that rescued most first. */
  rules: RuleAccount[];
  /** Names of those rules whose last `idleTries` attempts all failed. */
  idleRules: string[];
  /** The jobs with the most rescued chains, at most `mostFlaky`. */
  flakiest: FlakyJob[];
  hours: ClusterTime;
}

export interface SkipAccount {
  /** `null`: the chain tells none. */
  reason: DecisionReason | null;
  chains: number;
}

/** What the chains of a rule came to; a chain's rule is the one that decided last. */
export interface RuleAccount {
  rule: string;
  /** Attempts. */
  tries: number;
  /** Chains that passed. */
  rescues: number;
}

export interface FlakyJob {
  jobName: string;
  rescued: number;
}

/** Lengths of the attempts' runs in milliseconds, from their start to their end. */
export interface ClusterTime {
  spent: number;
  /** The part of it that went into attempts that passed. */
  rescued: number;
  /** Attempts whose length is not known. */
  unknown: number;
}

/** So many attempts in a row without a rescue make a rule idle. */
export const idleTries = 20;

export const mostFlaky = 5;
