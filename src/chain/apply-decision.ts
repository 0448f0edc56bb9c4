import { type Chain, currentRun, type Topic } from './chain.ts';
import type { Decision, DecisionReason } from './decision.ts';
import { close, moveOn, tell } from './move-chain.ts';

/** Skips that nobody waits to hear of: the rules do not speak of such a run, or there is nothing to retry. */
const notNews: readonly DecisionReason[] = ['no-rule-matched', 'not-failed', 'rehearsal'];

/** The chain after its current run was judged; `delayMs` is how long a retry waits. */
export function applyDecision(chain: Chain, decision: Decision, delayMs: number | null, now: number): Chain {
  const isRetried = currentRun(chain).attempt > 0;
  if (isRetried && decision.reason === 'not-failed') return endPassed(chain, now);
  const decided = { ...chain, decision };
  if (decision.outcome === 'retry') {
    const dueAt = now + (delayMs ?? 0);
    return moveOn(tell(decided, { topic: 'scheduled', dueAt }, now), 'scheduled', dueAt, now);
  }
  const topic = isRetried ? 'failed-again' : topicOf(decision.reason);
  const told = topic === null ? decided : tell(decided, { topic }, now);
  return close(told, decision.reason === 'attempts-exhausted' ? 'exhausted' : 'skipped', now);
}

/** The newest attempt passed: the first failure was a flake. The decision that led to the attempt stays. */
function endPassed(chain: Chain, now: number): Chain {
  return close(tell(chain, { topic: 'passed' }, now), 'passed', now);
}

function topicOf(reason: DecisionReason): Topic | null {
  return notNews.includes(reason) ? null : 'not-retried';
}
