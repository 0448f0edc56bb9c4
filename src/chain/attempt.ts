import { type Chain, currentRun, type Intent } from './chain.ts';
import { refuseTokens } from './credentials.ts';
import { addReason, close, moveOn, postpone } from './transitions.ts';
import { openRun } from './open-chain.ts';
import { recipientsOf, enqueueReport } from './outbox.ts';
import { isForOurChannels, isProven, raiseTrust } from './proof.ts';
import type { Fingerprint } from '../secret.ts';

/** With a back-off that doubles from half a minute, this is a quarter of an hour. */
const triesUntilTold = 5;

/** The attempt that a retry of the chain would be. */
export function nextAttempt(chain: Chain): number {
  return chain.intent?.attempt ?? Math.max(currentRun(chain).attempt, chain.attempted) + 1;
}

/**
 * Notes that the next attempt is about to be created. It must be on disk before anything is sent; `wakeAt` is when
 * to look for the run if no answer is ever recorded.
 */
export function beginAttempt(chain: Chain, wakeAt: number, now: number): Chain {
  const attempt = nextAttempt(chain);
  const intent = {
    attempt,
    writtenAt: now,
    lostAt: null,
    sent: (chain.intent?.sent ?? 0) + 1,
    lists: 0,
    clean: 0,
    gangwayCalls: (chain.intent?.gangwayCalls ?? 0) + 1,
  };
  return { ...moveOn(chain, 'triggering', wakeAt, now), intent, attempted: attempt, tries: chain.tries };
}

/** The attempt exists, so Gangway took a token of the chain: follow it, from `wakeAt` on. `buildId` is known if the bucket showed it first. */
export function recordCreated(
  chain: Chain,
  { prowJobId, buildId }: { prowJobId: string; buildId: string | null },
  wakeAt: number,
  now: number,
): Chain {
  const run = {
    ...openRun(prowJobId, buildId, nextAttempt(chain), now),
    gangwayCalls: chain.intent?.gangwayCalls ?? 1,
  };
  const grown = {
    ...raiseTrust(chain, 'token'),
    runs: [...chain.runs, run],
    intent: null,
    demanded: false,
    claims: null,
    rejectedTold: [],
  };
  return moveOn(enqueueReport(grown, { topic: 'triggered' }, now), 'following', wakeAt, now);
}

/**
 * Gangway refuses the attempt, and no other try with the same request can help. `lacks` nothing: no token is at fault,
 * and only a person can tell when to go on. An address that heard already that this attempt was refused hears nothing.
 */
export function recordRefused(
  chain: Chain,
  detail: string,
  now: number,
  lacks: Chain['lacks'] = null,
): Chain {
  const attempt = nextAttempt(chain);
  // Nothing was created, so the number is free, unless an earlier request for it went astray.
  const attempted = chain.intent !== null && chain.intent.sent > 1 ? attempt : attempt - 1;
  const to = recipientsOf(chain, 'rejected').filter((mark) => !chain.rejectedTold.includes(mark));
  const rejectedTold = [...chain.rejectedTold, ...to];
  const isUnheard = lacks === 'token' && isProven(chain) && !isForOurChannels(chain);
  const refusedAt = chain.refusedAt ?? (isUnheard ? now : null);
  const refused = addReason({ ...chain, attempted, rejectedTold, refusedAt }, detail);
  const told =
    to.length === 0 ? refused : enqueueReport(refused, { topic: 'rejected', attempt, detail }, now, to);
  return close(told, 'rejected', now, lacks);
}

/**
 * Gangway refuses the attempt with this token: where another is left, it is made with that at once, and nobody is told.
 * Nothing was created, so the POST does not count.
 */
export function recordTokenRefused(chain: Chain, mark: Fingerprint, detail: string, now: number): Chain {
  const left = { ...chain, credentials: refuseTokens(chain.credentials, [mark]) };
  if (left.credentials.tokens.length === 0) return recordRefused(left, detail, now, 'token');
  return moveOn({ ...left, intent: takeBack(chain.intent) }, 'scheduled', now, now);
}

/** Gangway refuses a question with this token; the last one stays, so that the next attempt tells what is wrong. */
export function dropToken(chain: Chain, mark: Fingerprint): Chain {
  const credentials = refuseTokens(chain.credentials, [mark]);
  return credentials.tokens.length === 0 ? chain : { ...chain, credentials };
}

/** The answer will not come: from now on the attempt is looked for. */
export function recordLost(chain: Chain, now: number): Chain {
  return chain.intent === null ? chain : { ...chain, intent: { ...chain.intent, lostAt: now } };
}

/** Gangway's list was asked whether the attempt exists; `isClean`: it shows that it does not. */
export function countList(chain: Chain, isClean: boolean): Chain {
  const { intent } = chain;
  if (intent === null) return chain;
  const { lists, clean, gangwayCalls } = intent;
  const counted = { lists: lists + 1, clean: clean + (isClean ? 1 : 0), gangwayCalls: gangwayCalls + 1 };
  return { ...chain, intent: { ...intent, ...counted } };
}

/**
 * Surely nothing was created: the attempt is due again at `wakeAt`. Such a call costs nobody anything, so it does not
 * count. When it has gone on for a while, people are told why nothing happens.
 */
export function recordNotCreated(chain: Chain, detail: string, wakeAt: number, now: number): Chain {
  return delayAttempt({ ...chain, state: 'scheduled', intent: takeBack(chain.intent) }, detail, wakeAt, now);
}

/** Nothing may be sent for now, so nothing was written down: the attempt is due again at `wakeAt`. */
export function delayAttempt(chain: Chain, detail: string, wakeAt: number, now: number): Chain {
  const attempt = nextAttempt(chain);
  const said = chain.tries === 0 ? addReason(chain, `Attempt ${attempt} waits: ${detail}`) : chain;
  const waiting: Chain = { ...postpone(said, wakeAt), updatedAt: now };
  if (chain.delayTold === attempt || chain.tries < triesUntilTold) return waiting;
  return enqueueReport({ ...waiting, delayTold: attempt }, { topic: 'delayed', attempt, detail }, now);
}

/** The last POST surely created nothing. */
function takeBack(intent: Intent | null): Intent | null {
  return intent && { ...intent, sent: intent.sent - 1, gangwayCalls: intent.gangwayCalls - 1 };
}

/** The answer was lost, and it is now known that nothing was created: the attempt is made again at once. */
export function recordNeverCreated(chain: Chain, now: number): Chain {
  return moveOn(chain, 'scheduled', now, now);
}
