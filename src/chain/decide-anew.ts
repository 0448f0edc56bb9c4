import type { Chain } from './chain.ts';
import type { Decision, DecisionReason } from './decision.ts';

/** The chain with a decision that takes the place of the one before; the account goes on where that one's ended. */
export function decideAnew(
  chain: Chain,
  outcome: Decision['outcome'],
  reason: DecisionReason,
  because: readonly string[],
): Chain {
  const { decision } = chain;
  const account = [...(decision?.because ?? []), ...because];
  return { ...chain, decision: { outcome, reason, rule: decision?.rule ?? null, because: account } };
}
