import {
  beginAttempt,
  delayAttempt,
  nextAttempt,
  postponeAttempt,
  recordCreated,
  recordLost,
  recordNotCreated,
  recordRefused,
  recordTokenRefused,
} from '../../chain/attempt.ts';
import { type Chain, isManual } from '../../chain/chain.ts';
import { addReason, escalate, escalateForToken, postpone } from '../../chain/move.ts';
import type { Reason } from '../../chain/decision.ts';
import { openOverrides } from '../../chain/overrides.ts';
import { raiseTrust } from '../../chain/proof.ts';
import { countDenied, forgetDenied, isDeniedAgain } from '../../chain/record-end.ts';
import { refuseAttempt } from '../../chain/decide.ts';
import { backOff } from '../../time/duration.ts';
import { buildRequest } from '../../trigger/build-request.ts';
import type { Answered, ExecutionRequest, HeldBack } from '../../trigger/execution-api.ts';
import type { Flow } from '../flow.ts';
import { blamesToken, gainedToken, type PickedToken, pickToken } from '../gangway/ask-gangway.ts';
import { changeTask, hasMovedOn } from '../state/change-task.ts';
import { closeDuplicateChain, rejectKnownRun } from './adopt-run.ts';
import { type Blocker, findBlocker } from './find-blocker.ts';

/** With a back-off of up to 15 minutes, this is about half a day. */
const maxTries = 50;

const minWaitMs = 1_000;

/** How long the checks for silences and newer runs hold. */
const freshMs = 1_000;

/** Poll intervals for which the first retry of a job waits. By then the bucket shows a run that was created just before. */
const pollsToWait = 2;

/** Nothing was sent, and no intent was written. */
type Unsent =
  | Blocker
  /** Only a person can continue. */
  | { kind: 'impossible'; reason: Reason }
  /** `until`: ms since the epoch. */
  | { kind: 'cooldown'; until: number }
  | HeldBack;

/** What the request needs. */
type Plan =
  | { kind: 'possible'; token: PickedToken; request: ExecutionRequest }
  | (Unsent & { kind: 'impossible' });

/** What came of the last step before the request is sent. */
type Reservation =
  /** The intent is on disk. `undo` takes the attempt out of the budgets. */
  | { kind: 'reserved'; undo: () => void }
  | { kind: 'blocked'; by: Unsent }
  /** The chain has moved on meanwhile. */
  | { kind: 'overtaken' };

/**
 * Creates the attempt that is due. The intent is on disk before anything is sent, so that a crash at any moment
 * leaves either a chain that was not sent, or one that is reconciled before it is sent again.
 */
export async function triggerAttempt(flow: Flow, chain: Chain): Promise<void> {
  const plan = planAttempt(flow, chain);
  if (plan.kind === 'impossible') return recordUnsent(flow, chain, plan);
  const blocker = await findBlocker(flow, chain);
  if (blocker !== null) return recordUnsent(flow, chain, blocker);
  const { token, request } = plan;
  const checkedAt = flow.clock.now();
  let reservation: Reservation = { kind: 'overtaken' };
  const creation = await flow.api.create(request, token.caller, async () => {
    reservation = await reserve(flow, chain, checkedAt);
    return reservation.kind === 'reserved';
  });
  switch (creation.kind) {
    case 'called-off':
      return recordCalledOff(flow, chain, reservation);
    case 'held-back':
      return recordUnsent(flow, chain, creation);
    case 'created':
    case 'refused':
    case 'not-created':
    case 'unclear':
      takeBack(reservation, creation);
      return recordAnswer(flow, chain, token, await rejectKnownRun(flow, chain, creation));
  }
}

function planAttempt(flow: Flow, chain: Chain): Plan {
  const token = pickToken(flow, chain);
  if (token === null) return { kind: 'impossible', reason: { kind: 'no-token', for: 'trigger' } };
  const overrides = openOverrides(chain.overrides, flow.seal);
  if (overrides === null) {
    return { kind: 'impossible', reason: { kind: 'overrides-locked', names: chain.overrides.names } };
  }
  const request = buildRequest(chain, nextAttempt(chain), overrides);
  return request === null
    ? { kind: 'impossible', reason: { kind: 'not-startable' } }
    : { kind: 'possible', token, request };
}

/** Enters the attempt against the budgets and writes the intent. Under Gangway's rate, the turn may come minutes later. */
async function reserve(flow: Flow, chain: Chain, checkedAt: number): Promise<Reservation> {
  const now = flow.clock.now();
  const blocker = now > checkedAt + freshMs ? await findBlocker(flow, chain) : null;
  if (blocker !== null) return { kind: 'blocked', by: blocker };
  const until = isManual(chain) ? now : endOfCooldown(flow, chain);
  if (until > now) return { kind: 'blocked', by: { kind: 'cooldown', until } };
  const budgets = isManual(chain) ? [] : flow.rules().budgets;
  const spending = flow.spendings.spend(budgets, { chain, attempt: nextAttempt(chain), at: now });
  if (spending.kind === 'spent') {
    const because = spending.reason;
    return { kind: 'blocked', by: { kind: 'unwanted', reason: 'budget-spent', because } };
  }
  return writeIntent(flow, chain, spending.undo);
}

async function writeIntent(flow: Flow, chain: Chain, undo: () => void): Promise<Reservation> {
  const now = flow.clock.now();
  let isWritten = false;
  try {
    await flow.store.update(chain.id, (known) => {
      isWritten = !hasMovedOn(known, chain);
      return isWritten ? beginAttempt(forgetDenied(known), now + flow.settings.pollMs, now) : known;
    });
  } catch (error) {
    undo();
    throw error;
  }
  if (isWritten) return { kind: 'reserved', undo };
  undo();
  return { kind: 'overtaken' };
}

/** When the rule's cooldown after the job's last attempt is over: attempts that waited for a canary come at once. */
function endOfCooldown(flow: Flow, chain: Chain): number {
  const rule = flow.rules().rules.find(({ name }) => name === chain.decision?.rule);
  const last = flow.spendings.lastOf(chain.jobName, chain.id);
  if (rule === undefined || rule.retry === 'never' || last === null) return 0;
  return rule.retry.cooldown === undefined ? 0 : last + rule.retry.cooldown;
}

async function recordCalledOff(flow: Flow, chain: Chain, reservation: Reservation): Promise<void> {
  if (reservation.kind === 'blocked') await recordUnsent(flow, chain, reservation.by);
}

/** Nothing was created, so nothing was spent. */
function takeBack(reservation: Reservation, { kind }: Answered): void {
  const isSpent = kind === 'created' || kind === 'unclear';
  if (reservation.kind === 'reserved' && !isSpent) reservation.undo();
}

async function recordUnsent(flow: Flow, chain: Chain, unsent: Unsent): Promise<void> {
  const ids = { chain: chain.id, job: chain.jobName };
  if (unsent.kind === 'unwanted') flow.log.info({ ...ids, reason: unsent.reason }, 'attempt refused');
  if (unsent.kind === 'held-back') flow.log.debug({ ...ids, says: unsent.says }, 'attempt held back');
  const changed = await changeTask(flow, chain, (known) => applyUnsent(flow, chain, known, unsent));
  if (unsent.kind !== 'exists' || changed === null) return;
  flow.log.info({ ...ids, run: unsent.prowJobId }, 'attempt found');
  await closeDuplicateChain(flow, unsent.prowJobId, changed);
}

/** `begun`: the chain as the reason was found. */
function applyUnsent(
  { clock, settings: { pollMs } }: Flow,
  begun: Chain,
  known: Chain,
  unsent: Unsent,
): Chain {
  const now = clock.now();
  switch (unsent.kind) {
    case 'impossible': {
      const { reason } = unsent;
      if (reason.kind !== 'no-token') return escalate(known, reason, now);
      return gainedToken(begun, known) ? postpone(known, now) : escalateForToken(known, reason, [], now);
    }
    case 'unwanted':
      return refuseAttempt(known, unsent.reason, unsent.because, now);
    case 'exists':
      return recordCreated(known, unsent, now, now);
    case 'older-copy':
      return postponeAttempt(addReason(known, { kind: 'older-copy' }), now + pollsToWait * pollMs, now);
    case 'cooldown':
      return postponeAttempt(known, unsent.until, now);
    case 'unavailable':
      return delayCheck(known, unsent, now + backOff(pollMs, known.tries), now);
    case 'held-back': {
      const { says, retryAfterMs } = unsent;
      // All that are held back come at once, so that the first finds out for the others.
      const wakeAt = now + Math.max(retryAfterMs, minWaitMs);
      return unlessTooOften(known, delayAttempt(forgetDenied(known), says, wakeAt, now), says, now);
    }
  }
}

function delayCheck(
  known: Chain,
  { why, isLasting }: Blocker & { kind: 'unavailable' },
  wakeAt: number,
  now: number,
): Chain {
  const isEnough = isLasting ? isDeniedAgain(known) : known.tries >= maxTries;
  if (isEnough) return escalate(known, { kind: 'newer-run-unknown', why }, now);
  return postpone(isLasting ? countDenied(known) : forgetDenied(known), wakeAt);
}

async function recordAnswer(flow: Flow, chain: Chain, token: PickedToken, answer: Answered): Promise<void> {
  logAnswer(flow, chain, answer);
  const recorded = await flow.store.update(chain.id, (known) => {
    if (known.state !== 'triggering') return known;
    const trusted = token.caller.isKnown ? raiseTrust(known, 'token') : known;
    return applyAnswer(flow, trusted, token, answer);
  });
  // The answer may have come so late that the run has reported itself meanwhile.
  if (answer.kind === 'created' && recorded !== null)
    await closeDuplicateChain(flow, answer.prowJobId, recorded);
}

function applyAnswer(
  { clock, settings }: Flow,
  known: Chain,
  { kept }: PickedToken,
  answer: Answered,
): Chain {
  const now = clock.now();
  switch (answer.kind) {
    case 'created':
      return recordCreated(known, { prowJobId: answer.prowJobId, buildId: null }, now + settings.pollMs, now);
    case 'refused':
      return blamesToken(answer)
        ? recordTokenRefused(known, kept, answer.says, now)
        : recordRefused(known, answer.says, now);
    case 'unclear':
      // The run may exist: the state stays, and its task is to find out.
      return recordLost(known, now);
    case 'not-created': {
      const waitMs = Math.max(backOff(settings.pollMs, known.tries), answer.retryAfterMs ?? 0);
      return unlessTooOften(known, recordNotCreated(known, answer.says, now + waitMs, now), answer.says, now);
    }
  }
}

/** What was created, or refused for good, is reported to people; the rest is for the reader of the log on a bad day. */
function logAnswer({ log }: Flow, chain: Chain, answer: Answered): void {
  const ids = { chain: chain.id, job: chain.jobName, attempt: nextAttempt(chain) };
  if (answer.kind === 'created') log.info({ ...ids, run: answer.prowJobId }, 'attempt created');
  else log.warn({ ...ids, answer: answer.kind, says: answer.says }, 'attempt not created');
}

/** The attempt waits, unless it has waited too often. */
function unlessTooOften({ tries }: Chain, waiting: Chain, says: string, now: number): Chain {
  return tries >= maxTries ? escalate(waiting, { kind: 'gangway-says', says }, now) : waiting;
}
