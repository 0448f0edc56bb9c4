import { createHash } from 'node:crypto';
import type { RunId } from '../job/run.ts';
import type { CardState } from '../notice/card-state.ts';
import { type Chain, intentOf, isManual, isOpen, missingOf, type Trust } from './chain.ts';
import { openRun } from './run.ts';
import {
  addressOf,
  hasNewToken,
  type KnowsToken,
  mergeSecrets,
  noCredentials,
  type NotificationSecrets,
} from './credentials.ts';
import { addLocation, reopenFirstRun } from './location.ts';
import { addReason, move } from './move.ts';
import { includesRecipient, recipientKey, recipientOf } from './outbox.ts';
import { noKeptOverrides } from './overrides.ts';
import { isListed, raiseTrust } from './proof.ts';
import type { Reason } from './decision.ts';

/** A chain's id follows from its first run, so two nodes that hear of one run speak of one chain. */
export function chainIdOf(prowJobId: string): string {
  return createHash('sha256').update(prowJobId).digest('hex').slice(0, 20);
}

/** How a chain begins, beyond what its notification says. */
interface Beginning {
  /** `null`: there is no channel for a message of its own. */
  card?: CardState | null;
  trust?: Trust;
}

/** A chain for a run that was just reported as failed; its first look is due at once. */
export function openChain(
  run: RunId,
  brought: NotificationSecrets,
  now: number,
  { card = null, trust = 'none' }: Beginning = {},
): Chain {
  return {
    id: chainIdOf(run.prowJobId),
    jobName: run.jobName,
    state: 'judging',
    wakeAt: now,
    createdAt: now,
    updatedAt: now,
    root: run.prowJobId,
    runs: [openRun(run.prowJobId, run.buildId, 0, now)],
    managedBy: null,
    type: null,
    refs: null,
    decision: null,
    overrides: noKeptOverrides,
    envs: {},
    canaryOf: null,
    highestAttempt: 0,
    delayReported: 0,
    rejectionReportedTo: [],
    refusedAt: null,
    tries: 0,
    outbox: [],
    card,
    silencedUntil: null,
    ruleInfo: null,
    credentials: mergeSecrets(noCredentials, brought, () => false),
    proof: 'none',
    trust,
    isVerified: false,
    reportedLocations: [],
    reopened: 0,
    events: [{ at: now, what: 'opened', by: null, detail: null }],
  };
}

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
  sender: Sender,
): Chain {
  const known = raiseTrust(chain, sender.trust);
  if (isOpen(known)) return keepSecrets(placeRun(known, run, now), brought, sender, now);
  const isToken = missingOf(known) === 'token' && hasNewToken(known.credentials, brought, sender.knowsToken);
  // The same place may come again, too: its bucket may have become readable.
  const isPlace = missingOf(known) === 'location' && known.runs[0]?.prowJobId === run.prowJobId;
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
  const id = recipientOf(addressOf(brought));
  if (id.kind === 'default' && trust !== 'secret') return chain;
  const others = chain.rejectionReportedTo.filter((each) => !includesRecipient([id], each));
  return { ...chain, rejectionReportedTo: others };
}

function waitBefore(reopened: number): number {
  return reopened === 0 ? 0 : firstWaitMs * 2 ** (reopened - 1);
}

function keepSecrets(chain: Chain, brought: NotificationSecrets, { knowsToken }: Sender, now: number): Chain {
  const awaited = new Set(chain.outbox.flatMap(({ to }) => to.map(({ id }) => recipientKey(id))));
  const credentials = mergeSecrets(chain.credentials, brought, knowsToken, (address) =>
    awaited.has(recipientKey(recipientOf(address))),
  );
  return credentials === chain.credentials ? chain : { ...chain, credentials, updatedAt: now };
}

/** An attempt that may exist is looked for before anything is sent; otherwise the attempt is made. */
function goOnWithToken(chain: Chain, wakeAt: number, now: number): Chain {
  const detail: Reason = { kind: 'token-brought' };
  const reopened = addReason({ ...chain, canaryOf: null }, detail);
  const intent = intentOf(chain);
  const due = { wakeAt, manual: isManual(chain) };
  return intent === null
    ? move(reopened, 'reopened', { state: 'scheduled', ...due, intent }, now, { detail })
    : move(reopened, 'reopened', { state: 'triggering', ...due, intent }, now, { detail });
}

/** A stranger may have named a wrong place first, at which we look ever more seldom: a new one is looked at now. */
function lookSoon(known: Chain, claimed: Chain, now: number): Chain {
  const isWaiting = claimed.state !== 'judging' || isListed(known) || known.reopened > 0;
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
