import { refuseAttempt } from '../../chain/decide.ts';
import {
  beginAttempt,
  delayAttempt,
  nextAttempt,
  recordCreated,
  recordLost,
  recordNotCreated,
  recordRefused,
  recordTokenRefused,
} from '../../chain/attempt.ts';
import type { Chain } from '../../chain/chain.ts';
import type { DecisionReason } from '../../chain/decision.ts';
import { countDenied, forgetDenied, isDeniedAgain } from '../../chain/record-end.ts';
import { openOverrides, describeLocked } from '../../chain/overrides.ts';
import { escalateForToken, escalate, moveOn, postpone } from '../../chain/transitions.ts';
import { raiseTrust } from '../../chain/proof.ts';
import { findSilence } from '../../rules/decide/silence.ts';
import { buildRequest } from '../../trigger/build-request.ts';
import type { Answered, Creation, HeldBack, NotNow } from '../../trigger/execution-api.ts';
import { backOff } from '../../time/duration.ts';
import { changeTask, hasMovedOn } from '../state/change-task.ts';
import { rejectKnownRun, closeDuplicateChain } from './adopt-run.ts';
import type { Flow } from '../flow.ts';
import { findNewerRun, type NewerRun, noteUnknownRetry, waitForSecondCheck } from './newer-run.ts';
import { blamesToken, gainedToken, type PickedToken, pickToken } from '../gangway/ask-gangway.ts';

/** With a back-off of up to 15 minutes, this is about half a day of a Gangway that is down. */
const maxTries = 50;

const shortestWaitMs = 1_000;

/** How long a look at silences and newer runs holds. */
const freshMs = 1_000;

/** The attempt is not made now; nothing was sent. */
class CalledOff extends Error {
  readonly reason: DecisionReason | null;
  /** When it is due instead, in ms since the epoch; `null`: never. */
  readonly until: number | null;

  /** `reason` `null` and no `until`: the chain was moved on, and there is nothing left to write. */
  constructor(reason: DecisionReason | null, because = '', until: number | null = null) {
    super(because);
    this.reason = reason;
    this.until = until;
  }
}

/**
 * Creates the attempt that is due. The intent is on disk before anything is sent, so that a crash at any moment
 * leaves either a chain that was not sent, or one that is reconciled before it is sent again.
 */
export async function triggerAttempt(flow: Flow, chain: Chain): Promise<void> {
  const token = pickToken(flow, chain);
  if (token === null) return endForToken(flow, chain);
  const overrides = openOverrides(chain.overrides, flow.seal);
  if (overrides === null) return end(flow, chain, describeLocked(chain.overrides));
  const request = buildRequest(chain, nextAttempt(chain), overrides);
  if (request === null) return end(flow, chain, 'Nothing tells how to start this run again');
  if (!(await isStillWanted(flow, chain))) return;
  const lookedAt = flow.clock.now();
  let undo = (): void => {};
  let creation: Creation;
  try {
    creation = await flow.api.create(request, token.caller, async () => {
      // Under Gangway's rate the turn may have come minutes later.
      const isStale = flow.clock.now() > lookedAt + freshMs;
      if (isStale && !(await isStillWanted(flow, chain))) throw new CalledOff(null);
      undo = await writeIntent(flow, chain);
    });
  } catch (error) {
    if (error instanceof CalledOff) return cancel(flow, chain, error);
    throw error;
  }
  if (creation.kind === 'held-back') return waitForGangway(flow, chain, creation);
  if (creation.kind === 'refused' || creation.kind === 'not-created') undo();
  await recordAnswer(flow, chain, token, await rejectKnownRun(flow, chain, creation));
}

/** Looks again after the delay: stands down where somebody was faster, or where people want quiet. */
async function isStillWanted(flow: Flow, chain: Chain): Promise<boolean> {
  if (chain.demanded) return isStillDemanded(flow, chain);
  const now = flow.clock.now();
  const silence = findSilence(await flow.silences.list(now), chain.jobName, now);
  if (silence !== null) {
    await refuse(flow, chain, 'silenced', `${silence.author} silenced ${silence.job}: ${silence.comment}`);
    return false;
  }
  const newer = await findNewerRun(flow, chain);
  await noteUnknownRetry(flow, newer);
  if (newer.kind === 'none') return !(await waitForSecondCheck(flow, chain));
  if (newer.kind === 'own') await adopt(flow, chain, newer);
  if (newer.kind === 'unavailable') await lookLater(flow, chain, newer);
  if (newer.kind === 'newer') {
    await refuse(
      flow,
      chain,
      'superseded',
      `Somebody has started a newer run meanwhile: build ${newer.buildId}.`,
    );
  }
  return false;
}

/** A person's word goes over silences and newer runs, but makes no attempt twice. */
async function isStillDemanded(flow: Flow, chain: Chain): Promise<boolean> {
  const newer = await findNewerRun(flow, chain);
  await noteUnknownRetry(flow, newer);
  if (newer.kind === 'own') await adopt(flow, chain, newer);
  const isUnsure = newer.kind === 'unavailable' && (chain.intent?.sent ?? 0) > 0;
  if (isUnsure) await lookLater(flow, chain, newer);
  if (newer.kind === 'own' || isUnsure) return false;
  return !(await waitForSecondCheck(flow, chain));
}

/** The attempt that is due exists: its request was carried out so late that it was taken for lost. */
async function adopt(
  flow: Flow,
  chain: Chain,
  { prowJobId, buildId }: NewerRun & { kind: 'own' },
): Promise<void> {
  const now = flow.clock.now();
  const adopted = await changeTask(flow, chain, (known) =>
    recordCreated(known, { prowJobId, buildId }, now, now),
  );
  if (adopted === null) return;
  flow.log.info({ chain: chain.id, job: chain.jobName, run: prowJobId }, 'attempt found');
  await closeDuplicateChain(flow, prowJobId, adopted);
}

async function lookLater(
  flow: Flow,
  chain: Chain,
  { why, isLasting = false }: NewerRun & { kind: 'unavailable' },
): Promise<void> {
  const now = flow.clock.now();
  const wakeAt = now + backOff(flow.settings.pollMs, chain.tries);
  await changeTask(flow, chain, (known) => {
    const isEnough = isLasting ? isDeniedAgain(known) : known.tries >= maxTries;
    if (!isEnough) return postpone(isLasting ? countDenied(known) : forgetDenied(known), wakeAt);
    return escalate(known, `Nothing tells whether a newer run was started: ${why}`, now);
  });
}

/** Notes the intent and enters it against the budgets; gives the way to take the latter back. */
async function writeIntent(flow: Flow, chain: Chain): Promise<() => void> {
  const now = flow.clock.now();
  const until = chain.demanded ? now : endOfCooldown(flow, chain);
  if (until > now) throw new CalledOff(null, '', until);
  const budgets = chain.demanded ? [] : flow.rules().budgets;
  const spending = flow.spendings.spend(budgets, { chain, attempt: nextAttempt(chain), at: now });
  if (spending.kind === 'spent') throw new CalledOff('budget-spent', spending.says);
  try {
    const written = await flow.store.update(chain.id, (known) => {
      if (hasMovedOn(known, chain)) throw new CalledOff(null);
      return beginAttempt(forgetDenied(known), now + flow.settings.pollMs, now);
    });
    if (written === null) throw new CalledOff(null);
  } catch (error) {
    spending.undo();
    throw error;
  }
  return spending.undo;
}

/** When the rule's cooldown after the job's last attempt is over: attempts that waited for a canary come at once. */
function endOfCooldown(flow: Flow, chain: Chain): number {
  const rule = flow.rules().rules.find(({ name }) => name === chain.decision?.rule);
  const last = flow.spendings.lastOf(chain.jobName, chain.id);
  if (rule === undefined || rule.retry === 'never' || last === null) return 0;
  return rule.retry.cooldown === undefined ? 0 : last + rule.retry.cooldown;
}

/** No intent was written, and the attempt stays due. */
async function waitForGangway(flow: Flow, chain: Chain, { says, retryAfterMs }: HeldBack): Promise<void> {
  const now = flow.clock.now();
  flow.log.debug({ chain: chain.id, job: chain.jobName, says }, 'attempt held back');
  await changeTask(flow, chain, (known) => {
    // All that are held back come at once, so that whoever is first finds out for the others, too.
    const delayed = delayAttempt(
      forgetDenied(known),
      says,
      now + Math.max(retryAfterMs, shortestWaitMs),
      now,
    );
    return unlessTooOften(known, delayed, says, now);
  });
}

async function recordAnswer(
  flow: Flow,
  chain: Chain,
  { mark, caller }: PickedToken,
  creation: Answered,
): Promise<void> {
  const now = flow.clock.now();
  const { pollMs } = flow.settings;
  const ids = { chain: chain.id, job: chain.jobName, attempt: nextAttempt(chain) };
  const says = 'says' in creation ? creation.says : null;
  // What is created, or refused for good, is told to people; the rest is for whoever reads the log on a bad day.
  if (creation.kind === 'created') flow.log.info({ ...ids, run: creation.prowJobId }, 'attempt created');
  else flow.log.warn({ ...ids, answer: creation.kind, says }, 'attempt not created');
  const recorded = await flow.store.update(chain.id, (current) => {
    if (current.state !== 'triggering') return current;
    const known = caller.isKnown ? raiseTrust(current, 'token') : current;
    if (creation.kind === 'created') {
      return recordCreated(known, { prowJobId: creation.prowJobId, buildId: null }, now + pollMs, now);
    }
    if (creation.kind === 'refused') {
      return blamesToken(creation)
        ? recordTokenRefused(known, mark, creation.says, now)
        : recordRefused(known, creation.says, now);
    }
    // The run may exist: the state stays, and its task is to find out.
    if (creation.kind === 'unclear') return recordLost(known, now);
    const waiting = recordNotCreated(known, creation.says, now + waitFor(flow, known, creation), now);
    return unlessTooOften(known, waiting, creation.says, now);
  });
  // The answer may have come so late that the run has told of itself meanwhile.
  if (creation.kind === 'created' && recorded !== null)
    await closeDuplicateChain(flow, creation.prowJobId, recorded);
}

/** The attempt waits, unless it was put off as often as anybody waits for it. */
function unlessTooOften({ tries }: Chain, waiting: Chain, says: string, now: number): Chain {
  return tries >= maxTries ? escalate(waiting, says, now) : waiting;
}

function waitFor({ settings }: Flow, { tries }: Chain, { retryAfterMs }: NotNow): number {
  return Math.max(backOff(settings.pollMs, tries), retryAfterMs ?? 0);
}

async function cancel(flow: Flow, chain: Chain, { reason, message, until }: CalledOff): Promise<void> {
  if (reason !== null) return refuse(flow, chain, reason, message);
  if (until === null) return;
  await changeTask(flow, chain, (known) => moveOn(known, 'scheduled', until, flow.clock.now()));
}

async function refuse(flow: Flow, chain: Chain, reason: DecisionReason, because: string): Promise<void> {
  flow.log.info({ chain: chain.id, job: chain.jobName, reason }, 'attempt refused');
  await changeTask(flow, chain, (known) => refuseAttempt(known, reason, because, flow.clock.now()));
}

async function endForToken(flow: Flow, chain: Chain): Promise<void> {
  const now = flow.clock.now();
  const detail = 'There is no token to trigger with: the caller brought none that opens';
  await changeTask(flow, chain, (known) =>
    gainedToken(chain, known) ? postpone(known, now) : escalateForToken(known, detail, [], now),
  );
}

async function end(flow: Flow, chain: Chain, detail: string): Promise<void> {
  await changeTask(flow, chain, (known) => escalate(known, detail, flow.clock.now()));
}
