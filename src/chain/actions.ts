import { type Chain, isManual, isOpen, missingOf, type News } from './chain.ts';
import { ownToken } from './credentials.ts';
import { rereadFirstRun } from './location.ts';
import { addEvent, addReason, move, overrideDecision, hasReason } from './move.ts';
import { enqueueReport, repliesInThread, thread } from './outbox.ts';
import { listCarried } from './overrides.ts';
import type { Reason } from './decision.ts';
import { findObstacle, describeObstacle } from '../job/type.ts';

/** Who acts, where nothing tells the name. */
const aPerson = 'A person';

export type ActionResult = { kind: 'done'; chain: Chain } | { kind: 'conflict'; detail: string };

/** A person calls the chain off: no further attempt is made. A run that was started already goes on. `by`: who, in words. */
export function cancelChain(chain: Chain, now: number, by = aPerson): ActionResult {
  if (!isOpen(chain)) return conflict(`The chain ended as ${chain.state} already.`);
  if (chain.state === 'triggering') {
    return conflict('An attempt is being created right now; cancel it once it is followed.');
  }
  const because: Reason[] = [{ kind: 'cancelled', by }];
  if (chain.state === 'following') because.push({ kind: 'run-goes-on' });
  const decided = overrideDecision(chain, 'skip', 'cancelled', because);
  const reported = enqueueReport(decided, { topic: 'cancelled' }, now);
  const ended = { state: 'skipped', closedAt: now, missing: null } as const;
  return { kind: 'done', chain: move(reported, 'cancelled', ended, now, { by }) };
}

/** A person asks for another attempt now: one that waits is made at once, an ended chain is reopened. `by`: who, in words. */
export function retryChain(chain: Chain, hasOwnToken: boolean, now: number, by = aPerson): ActionResult {
  switch (chain.state) {
    case 'scheduled':
      // Pressed twice, or by two: once is enough.
      if (isManual(chain) && chain.wakeAt <= now) return { kind: 'done', chain };
      return { kind: 'done', chain: hurryAttempt(chain, now, by) };
    case 'held':
      return { kind: 'done', chain: hurryAttempt({ ...chain, canaryOf: null }, now, by) };
    case 'judging':
    case 'triggering':
      // A later notification has reopened it, and its next check is far away: a person need not wait.
      if (chain.reopened === 0 || chain.wakeAt <= now) return conflictOpen(chain);
      return { kind: 'done', chain: hurryCheck(chain, now, by) };
    case 'following':
      return conflictOpen(chain);
    case 'passed':
    case 'exhausted':
    case 'skipped':
    case 'rejected':
    case 'needs-human': {
      const why = whyNotReopened(chain, hasOwnToken);
      return why === null ? { kind: 'done', chain: reopen(chain, now, by) } : conflict(why);
    }
  }
}

function hurryAttempt(chain: Chain & { state: 'scheduled' | 'held' }, now: number, by: string): Chain {
  const hurried = overrideDecision(chain, 'retry', 'matched', [{ kind: 'asked-for-attempt-now', by }]);
  const { intent } = chain;
  const due = { state: 'scheduled', wakeAt: now, manual: true, intent } as const;
  const asked = enqueueDemand({ ...hurried, rejectionReportedTo: [] }, by, now);
  return move(asked, 'requested', due, now, { by });
}

function hurryCheck(chain: Chain & { state: 'judging' | 'triggering' }, now: number, by: string): Chain {
  const due = { ...chain, wakeAt: now, updatedAt: now };
  const hurried = addReason(due, { kind: 'asked-for-check-now', by });
  return enqueueDemand(addEvent(hurried, 'requested', now, { by }), by, now);
}

/** Why an ended chain cannot go on; `null`: it can. */
function whyNotReopened(chain: Chain, hasOwnToken: boolean): string | null {
  if (chain.state === 'passed') return 'The last attempt passed.';
  if (chain.decision?.reason === 'not-failed') return 'The run passed.';
  const isUnread = missingOf(chain) === 'location';
  if (isUnread) return hasOwnToken ? null : `${needsOwnToken} Or send the notification again.`;
  if (chain.type === null) return 'Nothing tells what type of job this is.';
  const obstacle = findObstacle(chain.type, chain.refs);
  if (obstacle !== null) return describeObstacle(obstacle);
  return hasOwnToken ? null : needsOwnToken;
}

/** A run that was not found or could not be read is read again; otherwise the next attempt is made. */
function reopen(chain: Chain, now: number, by: string): Chain {
  const credentials = { ...chain.credentials, tokens: [ownToken] };
  const fresh = { ...chain, credentials, canaryOf: null, rejectionReportedTo: [] };
  if (missingOf(chain) === 'location') return enqueueDemand(rereadFirstRun(fresh, now, now, by), by, now);
  const carried = listCarried(chain.overrides, chain.envs);
  const unsaid = carried.filter((reason) => !hasReason(chain, reason));
  const because: Reason[] = [{ kind: 'asked-for-attempt', by }, ...unsaid];
  const asked = enqueueDemand(overrideDecision(fresh, 'retry', 'matched', because), by, now);
  // A note that was kept says that its attempt may exist, so the next one takes another number.
  const due = { state: 'scheduled', wakeAt: now, manual: true, intent: null } as const;
  return move(asked, 'reopened', due, now, { by });
}

const needsOwnToken = "The caller's token was dropped when the chain ended; set RETRIGGER_GANGWAY_TOKEN.";

/** Until when, in ms since the epoch. */
interface NewSilence {
  author: string;
  until: number;
  comment: string;
}

/** A person silenced the chain's job: those who look at its card read so. */
export function noteSilence(chain: Chain, silence: NewSilence, now: number): Chain {
  const { author, until } = silence;
  const reason: Reason = { kind: 'job-silenced', ...silence, at: now };
  const noted = { ...addReason(chain, reason), silencedUntil: until };
  const silenced = addEvent(noted, 'silenced', now, { by: author, detail: reason });
  return enqueueThreadNote(silenced, { topic: 'muted', reason }, now);
}

function enqueueDemand(chain: Chain, by: string, now: number): Chain {
  return enqueueThreadNote(chain, { topic: 'demanded', by }, now);
}

/** What people did themselves is reported under the card alone: an address has no thread. */
function enqueueThreadNote(chain: Chain, news: News, now: number): Chain {
  return repliesInThread(chain, news.topic) ? enqueueReport(chain, news, now, [thread]) : chain;
}

function conflictOpen({ state }: Chain): ActionResult {
  return conflict(`The chain is ${state}; wait for it to end.`);
}

function conflict(detail: string): ActionResult {
  return { kind: 'conflict', detail };
}
