/** Why a decision came out as it did: a closed list; logs, messages, the API and `explain` are made from it. */
export type DecisionReason =
  | 'matched'
  | 'not-failed'
  | 'rehearsal'
  | 'not-retriggerable'
  | 'no-rule-matched'
  | 'never'
  | 'silenced'
  | 'attempts-exhausted'
  | 'same-failure'
  | 'failing-streak'
  | 'budget-spent'
  | 'superseded'
  | 'retried-by-prow'
  | 'managed-elsewhere'
  | 'evidence-missing'
  | 'cancelled'
  | 'outage';

export interface Decision {
  outcome: 'retry' | 'skip' | 'hold';
  reason: DecisionReason;
  /** The name of the rule that decided, where one did. */
  rule: string | null;
  /** The facts that led to it, a plain sentence each. */
  because: string[];
}
