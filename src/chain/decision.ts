import type { DecisionReason, Reason } from './reason.ts';

export interface Decision {
  outcome: 'retry' | 'skip' | 'hold';
  reason: DecisionReason;
  /** The name of the rule that decided, where one did. */
  rule: string | null;
  /** The facts that led to it, in order. */
  because: Reason[];
}
