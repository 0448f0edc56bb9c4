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
import { escalate, escalateForToken, postpone } from '../../chain/move.ts';
import type { Reason } from '../../chain/reason.ts';
import { openOverrides } from '../../chain/overrides.ts';
import { raiseTrust } from '../../chain/proof.ts';
import { forgetDenied } from '../../chain/record-end.ts';
import { backOff } from '../../time/duration.ts';
import { buildRequest } from '../../trigger/build-request.ts';
import type { Answered, ExecutionRequest, HeldBack } from '../../trigger/execution-api.ts';
import type { Flow } from '../flow.ts';
import { blamesToken, gainedToken, type PickedToken, pickToken } from '../gangway/ask-gangway.ts';
import { changeTask, hasMovedOn } from '../state/change-task.ts';
import { closeDuplicateChain, rejectKnownRun } from './adopt-run.ts';
import { isStillWanted, maxTries, refuse } from './still-wanted.ts';

const minWaitMs = 1_000;

/** How long the checks for silences and newer runs hold. */
const freshMs = 1_000;

/** What the request needs; `impossible`: only a person can continue. */
type Plan =
  | { kind: 'possible'; token: PickedToken; request: ExecutionRequest }
  | { kind: 'impossible'; reason: Reason };

/** What came of the last step before the request is sent. */
type Reservation =
  /** The intent is on disk. `undo` takes the attempt out of the budgets. */
  | { kind: 'reserved'; undo: () => void }
  | { kind: 'budget-spent'; because: Reason }
  /** `until`: ms since the epoch. */
  | { kind: 'postponed'; until: number }
  /** The chain has moved on meanwhile. */
  | { kind: 'overtaken' };

/**
 * Creates the attempt that is due. The intent is on disk before anything is sent, so that a crash at any moment
 * leaves either a chain that was not sent, or one that is reconciled before it is sent again.
 */
export async function triggerAttempt(flow: Flow, chain: Chain): Promise<void> {
  const plan = planAttempt(flow, chain);
  if (plan.kind === 'impossible') return giveUp(flow, chain, plan);
  if (!(await isStillWanted(flow, chain))) return;
  const { token, request } = plan;
  const checkedAt = flow.clock.now();
  let reservation: Reservation = { kind: 'overtaken' };
  const creation = await flow.api.create(request, token.caller, async () => {
    reservation = await reserve(flow, chain, checkedAt);
    return reservation.kind === 'reserved';
  });
  switch (creation.kind) {
    case 'called-off':
      return recordUnsent(flow, chain, reservation);
    case 'held-back':
      return waitForGangway(flow, chain, creation);
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

async function giveUp(flow: Flow, chain: Chain, { reason }: Plan & { kind: 'impossible' }): Promise<void> {
  const now = flow.clock.now();
  await changeTask(flow, chain, (known) => {
    if (reason.kind !== 'no-token') return escalate(known, reason, now);
    return gainedToken(chain, known) ? postpone(known, now) : escalateForToken(known, reason, [], now);
  });
}

/** Enters the attempt against the budgets and writes the intent. Under Gangway's rate, the turn may come minutes later. */
async function reserve(flow: Flow, chain: Chain, checkedAt: number): Promise<Reservation> {
  const now = flow.clock.now();
  if (now > checkedAt + freshMs && !(await isStillWanted(flow, chain))) return { kind: 'overtaken' };
  const until = isManual(chain) ? now : endOfCooldown(flow, chain);
  if (until > now) return { kind: 'postponed', until };
  const budgets = isManual(chain) ? [] : flow.rules().budgets;
  const spending = flow.spendings.spend(budgets, { chain, attempt: nextAttempt(chain), at: now });
  if (spending.kind === 'spent') return { kind: 'budget-spent', because: spending.reason };
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

/** Nothing was created, so nothing was spent. */
function takeBack(reservation: Reservation, { kind }: Answered): void {
  const isSpent = kind === 'created' || kind === 'unclear';
  if (reservation.kind === 'reserved' && !isSpent) reservation.undo();
}

/** Nothing was sent, and no intent was written. */
async function recordUnsent(flow: Flow, chain: Chain, reservation: Reservation): Promise<void> {
  switch (reservation.kind) {
    case 'budget-spent':
      return refuse(flow, chain, 'budget-spent', reservation.because);
    case 'postponed': {
      const now = flow.clock.now();
      await changeTask(flow, chain, (known) => postponeAttempt(known, reservation.until, now));
      return undefined;
    }
    case 'reserved':
    case 'overtaken':
      return undefined;
  }
}

/** No intent was written, and the attempt stays due. All that are held back come at once, so that the first finds out for the others. */
async function waitForGangway(flow: Flow, chain: Chain, { says, retryAfterMs }: HeldBack): Promise<void> {
  const now = flow.clock.now();
  flow.log.debug({ chain: chain.id, job: chain.jobName, says }, 'attempt held back');
  const wakeAt = now + Math.max(retryAfterMs, minWaitMs);
  await changeTask(flow, chain, (known) =>
    unlessTooOften(known, delayAttempt(forgetDenied(known), says, wakeAt, now), says, now),
  );
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
