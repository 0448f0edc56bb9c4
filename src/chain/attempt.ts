import {
  type Chain,
  currentRun,
  type Intent,
  intentOf,
  isManual,
  type Missing,
  type ScheduledState,
} from './chain.ts';
import { openRun } from './run.ts';
import { type KeptToken, refuseTokens } from './credentials.ts';
import { addEvent, addReason, move, postpone } from './move.ts';
import { enqueueReport, includesRecipient, recipientsOf } from './outbox.ts';
import { isForOurChannels, isProven, raiseTrust } from './proof.ts';
import type { Reason } from './decision.ts';

/** With a back-off that doubles from half a minute, this is a quarter of an hour. */
const triesUntilReported = 5;

/** The attempt that a retry of the chain would be. */
export function nextAttempt(chain: Chain): number {
  return intentOf(chain)?.attempt ?? Math.max(currentRun(chain).attempt, chain.highestAttempt) + 1;
}

/**
 * Notes that the next attempt is about to be created. It must be on disk before anything is sent; `wakeAt` is when
 * to look for the run if no answer is ever recorded.
 */
export function beginAttempt(chain: Chain, wakeAt: number, now: number): Chain {
  const attempt = nextAttempt(chain);
  const before = intentOf(chain);
  const intent = {
    attempt,
    writtenAt: now,
    lostAt: null,
    postsSent: (before?.postsSent ?? 0) + 1,
    listCalls: 0,
    cleanLists: 0,
    gangwayCalls: (before?.gangwayCalls ?? 0) + 1,
  };
  const state = { state: 'triggering', wakeAt, manual: isManual(chain), intent } as const;
  const detail: Reason = { kind: 'attempt', attempt };
  const sent = move({ ...chain, highestAttempt: attempt }, 'sent', state, now, { detail });
  return { ...sent, tries: chain.tries };
}

/**
 * The attempt exists, so Gangway took a token of the chain: it is followed from `wakeAt` on. `buildId` is known if the
 * bucket showed it first.
 */
export function recordCreated(
  chain: Chain,
  { prowJobId, buildId }: { prowJobId: string; buildId: string | null },
  wakeAt: number,
  now: number,
): Chain {
  const attempt = nextAttempt(chain);
  const gangwayCalls = intentOf(chain)?.gangwayCalls ?? 1;
  const run = { ...openRun(prowJobId, buildId, attempt, now), gangwayCalls };
  const grown = {
    ...raiseTrust(chain, 'token'),
    runs: [...chain.runs, run],
    reportedLocations: null,
    rejectionReportedTo: [],
  };
  const reported = enqueueReport(grown, { topic: 'triggered' }, now);
  return move(reported, 'created', { state: 'following', wakeAt }, now, {
    detail: { kind: 'attempt', attempt },
  });
}

/**
 * Gangway rejects the attempt, and no other try with the same request can help. `missing` nothing: no token is at fault,
 * and only a person can continue. An address that heard already that this attempt was rejected hears nothing.
 */
export function recordRefused(
  chain: Chain,
  says: string,
  now: number,
  missing: Missing | null = null,
): Chain {
  const attempt = nextAttempt(chain);
  // Nothing was created, so the number is free, unless an earlier request for it went astray.
  const highestAttempt = (intentOf(chain)?.postsSent ?? 0) > 1 ? attempt : attempt - 1;
  const to = recipientsOf(chain, 'rejected').filter(
    (id) => !includesRecipient(chain.rejectionReportedTo, id),
  );
  const rejectionReportedTo = [...chain.rejectionReportedTo, ...to];
  const isUnheard = missing === 'token' && isProven(chain) && !isForOurChannels(chain);
  const refusedAt = chain.refusedAt ?? (isUnheard ? now : null);
  const reason: Reason = { kind: 'gangway-says', says };
  const refused = addReason({ ...chain, highestAttempt, rejectionReportedTo, refusedAt }, reason);
  const reported =
    to.length === 0 ? refused : enqueueReport(refused, { topic: 'rejected', attempt, reason }, now, to);
  const state = { state: 'rejected', closedAt: now, missing, manual: isManual(chain) } as const;
  return move(reported, 'rejected', state, now, { detail: reason });
}

/**
 * Gangway rejects the attempt with this token. If another is left, the attempt is made with that at once, and there is no
 * report. Nothing was created, so the POST does not count.
 */
export function recordTokenRefused(chain: Chain, token: KeptToken, says: string, now: number): Chain {
  const left = { ...chain, credentials: refuseTokens(chain.credentials, [token]) };
  if (left.credentials.tokens.length === 0) return recordRefused(left, says, now, 'token');
  return move(left, 'not-created', dueAgain(left, now), now, { detail: { kind: 'gangway-says', says } });
}

/** Gangway rejects a question with this token; the last one stays, so that the next attempt shows what is wrong. */
export function dropToken(chain: Chain, token: KeptToken): Chain {
  const credentials = refuseTokens(chain.credentials, [token]);
  return credentials.tokens.length === 0 ? chain : { ...chain, credentials };
}

/** The answer will not come: from now on the attempt is looked for. */
export function recordLost(chain: Chain, now: number): Chain {
  if (chain.state !== 'triggering') return chain;
  const intent = { ...chain.intent, lostAt: now };
  return addEvent({ ...chain, intent }, 'lost', now, {
    detail: { kind: 'attempt', attempt: intent.attempt },
  });
}

/** Gangway's list was asked whether the attempt exists; `isClean`: it shows that it does not. */
export function countList(chain: Chain, isClean: boolean): Chain {
  if (chain.state !== 'triggering') return chain;
  const { listCalls, cleanLists, gangwayCalls } = chain.intent;
  const counted = {
    listCalls: listCalls + 1,
    cleanLists: cleanLists + (isClean ? 1 : 0),
    gangwayCalls: gangwayCalls + 1,
  };
  return { ...chain, intent: { ...chain.intent, ...counted } };
}

/**
 * Certainly nothing was created: the attempt is due again at `wakeAt`. Such a call costs nothing, so it does not count.
 * When it has gone on for a while, people get the reason.
 */
export function recordNotCreated(chain: Chain, says: string, wakeAt: number, now: number): Chain {
  const detail: Reason = { kind: 'gangway-says', says };
  const due = move(chain, 'not-created', dueAgain(chain, now), now, { detail });
  return delayAttempt({ ...due, tries: chain.tries }, says, wakeAt, now);
}

/** Nothing may be sent for now, so nothing was written down: the attempt is due again at `wakeAt`. */
export function delayAttempt(chain: Chain, says: string, wakeAt: number, now: number): Chain {
  const attempt = nextAttempt(chain);
  const said = chain.tries === 0 ? addReason(chain, { kind: 'waits', attempt, says }) : chain;
  const waiting: Chain = { ...postpone(said, wakeAt), updatedAt: now };
  if (chain.delayReported === attempt || chain.tries < triesUntilReported) return waiting;
  const reason: Reason = { kind: 'gangway-says', says };
  return enqueueReport({ ...waiting, delayReported: attempt }, { topic: 'delayed', attempt, reason }, now);
}

/** The attempt is due at `wakeAt` instead; nothing has failed. */
export function postponeAttempt(chain: Chain, wakeAt: number, now: number): Chain {
  if (chain.state !== 'scheduled') return chain;
  const { manual, intent } = chain;
  return move(chain, 'postponed', { state: 'scheduled', wakeAt, manual, intent }, now);
}

/** The answer was lost, and it is now known that nothing was created: the attempt is made again at once. */
export function recordNeverCreated(chain: Chain, now: number): Chain {
  const due: ScheduledState = { ...dueAgain(chain, now), intent: intentOf(chain) };
  return move(chain, 'not-created', due, now, { detail: { kind: 'request-astray' } });
}

/** The last POST certainly created nothing. */
function dueAgain(chain: Chain, wakeAt: number): ScheduledState {
  const intent = intentOf(chain);
  return { state: 'scheduled', wakeAt, manual: isManual(chain), intent: intent && takeBack(intent) };
}

function takeBack(intent: Intent): Intent {
  return { ...intent, postsSent: intent.postsSent - 1, gangwayCalls: intent.gangwayCalls - 1 };
}
