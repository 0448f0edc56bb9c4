import { repliesInThread, threadMark, enqueueReport } from './outbox.ts';
import { type Chain, isOpen, type Topic } from './chain.ts';
import { rereadFirstRun } from './location.ts';
import { overrideDecision, addReason, close, moveOn } from './transitions.ts';
import { ownToken } from './credentials.ts';
import { describeOverrides } from './overrides.ts';
import { findObstacle } from '../job/type.ts';

export type ActionResult = { kind: 'done'; chain: Chain } | { kind: 'conflict'; detail: string };

/** A person calls the chain off: no further attempt is made. A run that was started already goes on. `by`: who, in words. */
export function cancelChain(chain: Chain, now: number, by: string | null = null): ActionResult {
  if (!isOpen(chain)) return conflict(`The chain ended as ${chain.state} already.`);
  if (chain.state === 'triggering') {
    return conflict('An attempt is being created right now; cancel it once it is followed.');
  }
  const because = [`${by ?? 'A person'} cancelled the chain.`];
  if (chain.state === 'following') because.push('Its newest attempt goes on, and how that ends is not told.');
  const told = enqueueReport(
    overrideDecision(chain, 'skip', 'cancelled', because),
    { topic: 'cancelled' },
    now,
  );
  return { kind: 'done', chain: close(told, 'skipped', now) };
}

/** A person asks for another attempt now: a waiting one is made at once, an ended chain is opened again. */
export function retryChain(
  chain: Chain,
  hasOwnToken: boolean,
  now: number,
  by: string | null = null,
): ActionResult {
  const who = by ?? 'A person';
  // Pressed twice, or by two: once is enough.
  if (chain.state === 'scheduled' && chain.demanded && chain.wakeAt !== null && chain.wakeAt <= now) {
    return { kind: 'done', chain };
  }
  if (chain.state === 'scheduled' || chain.state === 'held') {
    // The canary of an outage stays one: others wait to see what becomes of it.
    const hold = chain.state === 'held' ? null : chain.hold;
    const hurried = overrideDecision(chain, 'retry', 'matched', [`${who} asked for the attempt at once.`]);
    const asked = { ...hurried, hold, demanded: true, rejectedTold: [] };
    return { kind: 'done', chain: moveOn(noteDemand(asked, who, now), 'scheduled', now, now) };
  }
  if (waitsForLook(chain, now)) {
    const hurried = addReason(
      { ...chain, wakeAt: now, updatedAt: now },
      `${who} asked for the next look at once.`,
    );
    return { kind: 'done', chain: noteDemand(hurried, who, now) };
  }
  if (isOpen(chain)) return conflict(`The chain is ${chain.state}; wait for it to end.`);
  if (chain.state === 'passed') return conflict('The last attempt passed.');
  if (chain.decision?.reason === 'not-failed') return conflict('The run passed.');
  if (chain.lacks === 'place') return readAgain(chain, hasOwnToken, who, now);
  if (chain.type === null) return conflict('Nothing tells what type of job this is.');
  const obstacle = findObstacle(chain.type, chain.refs);
  if (obstacle !== null) return conflict(obstacle);
  if (!hasOwnToken) return conflict(needsOwnToken);
  const carried = describeOverrides(chain.overrides, chain.envs);
  const unsaid = carried.filter((line) => !chain.decision?.because.includes(line));
  const because = [`${who} asked for another attempt.`, ...unsaid];
  const reopened = overrideDecision(chain, 'retry', 'matched', because);
  const credentials = { ...chain.credentials, tokens: [ownToken] };
  // A note that was kept says that its attempt may exist, so the next one takes another number.
  const fresh = { ...reopened, credentials, intent: null, hold: null, demanded: true, rejectedTold: [] };
  return { kind: 'done', chain: moveOn(noteDemand(fresh, who, now), 'scheduled', now, now) };
}

/** The chain ended because the run was not found or its bucket not readable: the run is read again, and judged. */
function readAgain(chain: Chain, hasOwnToken: boolean, who: string, now: number): ActionResult {
  if (!hasOwnToken) return conflict(`${needsOwnToken} Or send the notification again.`);
  const credentials = { ...chain.credentials, tokens: [ownToken] };
  const reopened = rereadFirstRun({ ...chain, credentials, rejectedTold: [] }, now, now);
  return { kind: 'done', chain: noteDemand(reopened, who, now) };
}

const needsOwnToken = "The caller's token was dropped when the chain ended; set RETRIGGER_GANGWAY_TOKEN.";

/** A person silenced the chain's job: those who look at its card read so. `detail`: who, until when and why. */
export function noteSilence(chain: Chain, detail: string, until: number, now: number): Chain {
  return enqueueThreadNote(
    { ...addReason(chain, detail), muted: { until } },
    { topic: 'muted', detail },
    now,
  );
}

function noteDemand(chain: Chain, who: string, now: number): Chain {
  return enqueueThreadNote(chain, { topic: 'demanded', detail: `${who} asked for another attempt` }, now);
}

/** What people did themselves is told under the card alone: an address has no thread. */
function enqueueThreadNote(chain: Chain, news: { topic: Topic; detail: string }, now: number): Chain {
  return repliesInThread(chain, news.topic) ? enqueueReport(chain, news, now, [threadMark]) : chain;
}

/** A later notification has opened it again, and it is looked at only after a while: a person need not wait. */
function waitsForLook({ state, reopened, wakeAt }: Chain, now: number): boolean {
  const isLook = state === 'triggering' || state === 'judging';
  return isLook && reopened > 0 && wakeAt !== null && wakeAt > now;
}

function conflict(detail: string): ActionResult {
  return { kind: 'conflict', detail };
}
