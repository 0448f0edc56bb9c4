import { type Chain, currentRun, type Hold, type Topic } from './chain.ts';
import { overrideDecision, close, moveOn } from './transitions.ts';
import type { Decision, DecisionReason } from './decision.ts';
import { enqueueReport } from './outbox.ts';

/** Skips that nobody waits to hear of: the rules do not speak of such a run, or people wanted to hear nothing. */
const notNews: readonly DecisionReason[] = [
  'no-rule-matched',
  'managed-elsewhere',
  'not-failed',
  'rehearsal',
  'silenced',
];

/** How the next attempt is to be made; `hold` where an outage keeps it waiting. */
export interface NextAttempt {
  delayMs: number;
  envs: Record<string, string>;
  hold: Hold | null;
}

/** The chain after its current run was judged; `next` for a retry and a hold. */
export function applyDecision(
  chain: Chain,
  decision: Decision,
  next: NextAttempt | null,
  now: number,
): Chain {
  const isRetried = currentRun(chain).attempt > 0;
  if (isRetried && decision.reason === 'not-failed') return endPassed(chain, now);
  const decided = { ...chain, decision };
  if (next !== null) return scheduleNext(decided, next, now);
  const isMuted = decision.reason === 'silenced';
  const topic = isRetried && !isMuted ? 'failed-again' : topicOf(decision.reason);
  const told = topic === null ? decided : enqueueReport(decided, { topic }, now);
  const state = decision.reason === 'attempts-exhausted' ? 'exhausted' : 'skipped';
  return close(told, state, now, chain.claims === null ? null : 'place');
}

/** An attempt that was to come is not made after all; `isNews`: people wait to hear of it. */
export function refuseAttempt(
  chain: Chain,
  reason: DecisionReason,
  because: string,
  now: number,
  isNews = !notNews.includes(reason),
): Chain {
  const decided = overrideDecision(chain, 'skip', reason, [because]);
  const told = isNews ? enqueueReport(decided, { topic: 'not-retried' }, now) : decided;
  return close(told, 'skipped', now);
}

function scheduleNext(chain: Chain, { delayMs, envs, hold }: NextAttempt, now: number): Chain {
  const dueAt = now + delayMs;
  if (hold !== null) return moveOn({ ...chain, envs, hold }, 'held', hold.until, now);
  return moveOn(
    enqueueReport({ ...chain, envs, hold: null }, { topic: 'scheduled', dueAt }, now),
    'scheduled',
    dueAt,
    now,
  );
}

/** The newest attempt passed: the first failure was a flake. The decision that led to the attempt stays. */
function endPassed(chain: Chain, now: number): Chain {
  return close(enqueueReport(chain, { topic: 'passed' }, now), 'passed', now);
}

function topicOf(reason: DecisionReason): Topic | null {
  return notNews.includes(reason) ? null : 'not-retried';
}
