import { type Chain, currentRun } from './chain.ts';
import { addFact, close, moveOn, postpone, tell } from './move-chain.ts';
import { openRun } from './open-chain.ts';

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
    doubtful: false,
    gangwayCalls: (chain.intent?.gangwayCalls ?? 0) + 1,
  };
  return { ...moveOn(chain, 'triggering', wakeAt, now), intent, attempted: attempt, tries: chain.tries };
}

/** The attempt exists: follow it, from `wakeAt` on. `buildId` is known where the bucket told of it first. */
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
  const grown = { ...chain, runs: [...chain.runs, run], intent: null, demanded: false };
  return moveOn(tell(grown, { topic: 'triggered' }, now), 'following', wakeAt, now);
}

/** Gangway refuses, and no other try with the same token and request can help. */
export function recordRefused(chain: Chain, detail: string, now: number): Chain {
  const attempt = nextAttempt(chain);
  // Nothing was created, so the number is free, unless an earlier request for it went astray.
  const attempted = chain.intent !== null && chain.intent.sent > 1 ? attempt : attempt - 1;
  const told = tell(addFact({ ...chain, attempted }, detail), { topic: 'rejected', attempt, detail }, now);
  return close(told, 'rejected', now);
}

/** The answer will not come: from now on the attempt is looked for. */
export function recordLost(chain: Chain, now: number): Chain {
  return chain.intent === null ? chain : { ...chain, intent: { ...chain.intent, lostAt: now } };
}

/** Gangway's list was asked whether the attempt exists; `doubtful`: it did not show that it does not. */
export function countList(chain: Chain, doubtful: boolean): Chain {
  const { intent } = chain;
  if (intent === null) return chain;
  const { lists, gangwayCalls } = intent;
  const counted = { lists: lists + 1, gangwayCalls: gangwayCalls + 1, doubtful: intent.doubtful || doubtful };
  return { ...chain, intent: { ...intent, ...counted } };
}

/**
 * Surely nothing was created: the attempt is due again at `wakeAt`. Such a call costs nobody anything, so it does not
 * count. When it has gone on for a while, people are told why nothing happens.
 */
export function recordNotCreated(chain: Chain, detail: string, wakeAt: number, now: number): Chain {
  const { intent: written } = chain;
  const intent =
    written === null ? null : { ...written, sent: written.sent - 1, gangwayCalls: written.gangwayCalls - 1 };
  const news = { topic: 'delayed', attempt: nextAttempt(chain), detail } as const;
  const told = chain.tries === triesUntilTold ? tell(chain, news, now) : chain;
  return { ...postpone(told, wakeAt), state: 'scheduled', intent, updatedAt: now };
}

/** The answer was lost, and it is now known that nothing was created: the attempt is made again at once. */
export function recordNeverCreated(chain: Chain, now: number): Chain {
  return moveOn(chain, 'scheduled', now, now);
}
