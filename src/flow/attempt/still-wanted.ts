import { recordCreated } from '../../chain/attempt.ts';
import { type Chain, intentOf, isManual } from '../../chain/chain.ts';
import { refuseAttempt } from '../../chain/decide.ts';
import type { DecisionReason, Reason } from '../../chain/reason.ts';
import { escalate, postpone } from '../../chain/move.ts';
import { countDenied, forgetDenied, isDeniedAgain } from '../../chain/record-end.ts';
import { findSilence } from '../../rules/decide/silence.ts';
import { backOff } from '../../time/duration.ts';
import type { Flow } from '../flow.ts';
import { changeTask } from '../state/change-task.ts';
import { closeDuplicateChain } from './adopt-run.ts';
import { findNewerRun, type NewerRun, noteUnknownRetry, waitForSecondCheck } from './newer-run.ts';

/** With a back-off of up to 15 minutes, this is about half a day. */
export const maxTries = 50;

/**
 * Checks again after the delay, and stands down if a newer run exists or people silenced the job. A person's demand
 * overrides silences and newer runs, but makes no attempt twice. `false`: what follows is written into the chain.
 */
export async function isStillWanted(flow: Flow, chain: Chain): Promise<boolean> {
  if (!isManual(chain) && (await standDownForSilence(flow, chain))) return false;
  const newer = await findNewerRun(flow, chain);
  await noteUnknownRetry(flow, newer);
  switch (newer.kind) {
    case 'own':
      await adopt(flow, chain, newer);
      return false;
    case 'none':
      return !(await waitForSecondCheck(flow, chain));
    case 'newer':
      if (isManual(chain)) return !(await waitForSecondCheck(flow, chain));
      await refuse(flow, chain, 'superseded', { kind: 'newer-run', buildId: newer.buildId });
      return false;
    case 'unavailable':
      if (isManual(chain) && (intentOf(chain)?.postsSent ?? 0) === 0)
        return !(await waitForSecondCheck(flow, chain));
      await checkLater(flow, chain, newer);
      return false;
  }
}

async function standDownForSilence(flow: Flow, chain: Chain): Promise<boolean> {
  const now = flow.clock.now();
  const silence = findSilence(await flow.silences.list(now), chain.jobName, now);
  if (silence === null) return false;
  const { job, author, until, comment } = silence;
  await refuse(flow, chain, 'silenced', { kind: 'silence', job, author, until, comment });
  return true;
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

async function checkLater(
  flow: Flow,
  chain: Chain,
  { why, isLasting = false }: NewerRun & { kind: 'unavailable' },
): Promise<void> {
  const now = flow.clock.now();
  const wakeAt = now + backOff(flow.settings.pollMs, chain.tries);
  await changeTask(flow, chain, (known) => {
    const isEnough = isLasting ? isDeniedAgain(known) : known.tries >= maxTries;
    if (!isEnough) return postpone(isLasting ? countDenied(known) : forgetDenied(known), wakeAt);
    return escalate(known, { kind: 'newer-run-unknown', why }, now);
  });
}

export async function refuse(
  flow: Flow,
  chain: Chain,
  reason: DecisionReason,
  because: Reason,
): Promise<void> {
  flow.log.info({ chain: chain.id, job: chain.jobName, reason }, 'attempt refused');
  await changeTask(flow, chain, (known) => refuseAttempt(known, reason, because, flow.clock.now()));
}
