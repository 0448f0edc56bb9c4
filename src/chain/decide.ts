import { type Chain, currentRun, type Hold } from './chain.ts';
import type { Decision, DecisionReason, Reason } from './decision.ts';
import { move, overrideDecision } from './move.ts';
import { enqueueReport } from './outbox.ts';

/** Skips that nobody waits to hear of: the rules do not speak of such a run, or people wanted to hear nothing. */
const notNews: readonly DecisionReason[] = [
  'no-rule-matched',
  'managed-elsewhere',
  'not-failed',
  'rehearsal',
  'silenced',
];

/** How the next attempt is to be made. `hold`: an outage holds it. */
interface NextAttempt {
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
  const reported = topic === null ? decided : enqueueReport(decided, { topic }, now);
  const state = decision.reason === 'attempts-exhausted' ? 'exhausted' : 'skipped';
  const missing = chain.reportedLocations === null ? null : 'location';
  return move(reported, 'judged', { state, closedAt: now, missing }, now, noteOf(decision));
}

/** An attempt that was to come is not made after all; `isNews`: people wait to hear of it. */
export function refuseAttempt(
  chain: Chain,
  reason: DecisionReason,
  because: Reason,
  now: number,
  isNews = !notNews.includes(reason),
): Chain {
  const decided = overrideDecision(chain, 'skip', reason, [because]);
  const reported = isNews ? enqueueReport(decided, { topic: 'not-retried' }, now) : decided;
  return move(reported, 'refused', { state: 'skipped', closedAt: now, missing: null }, now, {
    detail: because,
  });
}

function scheduleNext(chain: Chain, { delayMs, envs, hold }: NextAttempt, now: number): Chain {
  const dueAt = now + delayMs;
  const planned = { ...chain, envs, canaryOf: null };
  const note = { by: chain.decision?.rule ?? null };
  if (hold !== null) {
    return move(planned, 'held', { state: 'held', wakeAt: hold.until, hold, intent: null }, now, note);
  }
  const reported = enqueueReport(planned, { topic: 'scheduled', dueAt }, now);
  const scheduled = { state: 'scheduled', wakeAt: dueAt, manual: false, intent: null } as const;
  return move(reported, 'scheduled', scheduled, now, note);
}

/** The newest attempt passed: the first failure was a flake. The decision that led to the attempt stays. */
function endPassed(chain: Chain, now: number): Chain {
  const reported = enqueueReport(chain, { topic: 'passed' }, now);
  return move(reported, 'judged', { state: 'passed', closedAt: now, missing: null }, now, {
    detail: { kind: 'run-passed' },
  });
}

function noteOf({ rule, reason }: Decision): { by: string | null; detail: Reason } {
  return { by: rule, detail: { kind: 'decided', reason } };
}

function topicOf(reason: DecisionReason): 'not-retried' | null {
  return notNews.includes(reason) ? null : 'not-retried';
}
