import { type Chain, currentRun } from './chain.ts';
import { close, moveOn, postpone, tell } from './move-chain.ts';
import { openRun } from './open-chain.ts';

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
    sent: (chain.intent?.sent ?? 0) + 1,
    lists: chain.intent?.lists ?? 0,
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
  const grown = { ...chain, runs: [...chain.runs, run], intent: null };
  return moveOn(tell(grown, { topic: 'triggered' }, now), 'following', wakeAt, now);
}

/** Gangway refuses, and no other try with the same token and request can help. */
export function recordRefused(chain: Chain, detail: string, now: number): Chain {
  const news = { topic: 'rejected', attempt: nextAttempt(chain), detail } as const;
  return close(tell(chain, news, now), 'rejected', now);
}

/** Gangway's list was asked whether the attempt exists. */
export function countList(chain: Chain): Chain {
  const { intent } = chain;
  if (intent === null) return chain;
  return { ...chain, intent: { ...intent, lists: intent.lists + 1, gangwayCalls: intent.gangwayCalls + 1 } };
}

/** Surely nothing was created: the attempt is due again at `wakeAt`. */
export function recordNotCreated(chain: Chain, wakeAt: number, now: number): Chain {
  const intent = chain.intent === null ? null : { ...chain.intent, sent: chain.intent.sent - 1 };
  return { ...postpone(chain, wakeAt), state: 'scheduled', intent, updatedAt: now };
}

/** The answer was lost, and it is now known that nothing was created: the attempt is made again at once. */
export function recordNeverCreated(chain: Chain, now: number): Chain {
  return moveOn(chain, 'scheduled', now, now);
}
