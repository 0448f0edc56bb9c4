import type { RunId } from '../job/run.ts';
import { type Chain, isOpen, type Trust } from './chain.ts';
import { addLocation, reopenFirstRun } from './location.ts';
import {
  addressOf,
  type NotificationSecrets,
  hasNewToken,
  defaultAddress,
  mergeSecrets,
  type KnowsToken,
} from './credentials.ts';
import { addReason, moveOn } from './transitions.ts';
import { isListed, raiseTrust } from './proof.ts';

/** After that, only a known token or a person reopens the chain. */
const maxReopenings = 8;
/**
 * The first reopening acts at once, the second after this time, and each one after that waits twice as long as the one
 * before: all of them take half a day, in which the true notification finds the chain open or opens it.
 */
const firstWaitMs = 5 * 60_000;

/** Who sent a notification. */
export interface Sender {
  /** `token`: the token of the notification is known. */
  trust: Trust;
  knowsToken: KnowsToken;
}

const stranger: Sender = { trust: 'none', knowsToken: () => false };

/**
 * What a notification adds to a chain that holds its run already. Anybody can send one of a public run, with a bad token,
 * an address of his own, or a wrong place: so nothing that came first is believed more than what comes later, and an
 * ended chain that lacks what this one brings goes on. A repeat adds nothing: it gives the same object.
 */
export function joinChain(
  chain: Chain,
  run: RunId,
  brought: NotificationSecrets,
  now: number,
  sender: Sender = stranger,
): Chain {
  const known = raiseTrust(chain, sender.trust);
  if (isOpen(known)) return keepSecrets(placeRun(known, run, now), brought, sender, now);
  const isToken = known.lacks === 'token' && hasNewToken(known.credentials, brought, sender.knowsToken);
  // The same place may come again, too: its bucket may have become readable.
  const isPlace = known.lacks === 'place' && known.runs[0]?.prowJobId === run.prowJobId;
  if (!isToken && !isPlace) return known;
  if (isToken && sender.trust !== 'none') {
    return goOnWithToken(keepSecrets(letHear(known, brought, sender), brought, sender, now), now, now);
  }
  if (known.reopened >= maxReopenings) return known;
  const wakeAt = now + waitBefore(known.reopened);
  const again = { ...letHear(known, brought, sender), reopened: known.reopened + 1 };
  const reopened = keepSecrets(again, brought, sender, now);
  return isToken ? goOnWithToken(reopened, wakeAt, now) : reopenFirstRun(reopened, run, wakeAt, now);
}

/**
 * The address that comes with the missing token or place gets the next messages, even if the token is refused again. For
 * our own addresses the caller must have sent the secret: others could repeat it as often as they like.
 */
function letHear(chain: Chain, brought: NotificationSecrets, { trust }: Sender): Chain {
  const { mark } = addressOf(brought);
  if (mark === defaultAddress.mark && trust !== 'secret') return chain;
  return { ...chain, rejectedTold: chain.rejectedTold.filter((each) => each !== mark) };
}

function waitBefore(reopened: number): number {
  return reopened === 0 ? 0 : firstWaitMs * 2 ** (reopened - 1);
}

function keepSecrets(chain: Chain, brought: NotificationSecrets, { knowsToken }: Sender, now: number): Chain {
  const awaited = new Set(chain.outbox.flatMap(({ to }) => to.map(({ mark }) => mark)));
  const credentials = mergeSecrets(chain.credentials, brought, awaited, knowsToken);
  return credentials === chain.credentials ? chain : { ...chain, credentials, updatedAt: now };
}

/** An attempt that may exist is looked for before anything is sent; else the attempt is made. */
function goOnWithToken(chain: Chain, wakeAt: number, now: number): Chain {
  const reopened = addReason(chain, 'Another notification of the run brought a token.');
  const state = chain.intent === null ? 'scheduled' : 'triggering';
  return moveOn({ ...reopened, hold: null, demanded: false }, state, wakeAt, now);
}

/** A stranger may have named a wrong place first, at which we look ever more seldom: a new one is looked at now. */
function lookSoon(known: Chain, claimed: Chain, now: number): Chain {
  const isWaiting = known.state !== 'judging' || isListed(known) || known.reopened > 0;
  if (claimed === known || isWaiting) return claimed;
  return { ...claimed, wakeAt: now, tries: 0 };
}

/** The attempt's own `job-re-trigger` step tells its build id sooner than Gangway or the bucket do. */
function placeRun(known: Chain, run: RunId, now: number): Chain {
  const told = known.runs.find(({ prowJobId }) => prowJobId === run.prowJobId);
  if (told === undefined) return known;
  if (told === known.runs[0]) return lookSoon(known, addLocation(known, run, now), now);
  // Two runs never share a folder.
  const isTaken = known.runs.some(({ buildId }) => buildId === run.buildId);
  if (told.buildId !== null || isTaken || run.jobName !== known.jobName) return known;
  const runs = known.runs.map((each) => (each === told ? { ...each, buildId: run.buildId } : each));
  return { ...known, runs, updatedAt: now };
}
