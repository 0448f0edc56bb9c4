import { type Chain, isOpen } from '../../chain/chain.ts';
import { addFact, moveOn } from '../../chain/transitions.ts';
import { chainIdOf } from '../../chain/open-chain.ts';
import { changeTask } from '../state/change-task.ts';
import type { Flow } from '../flow.ts';
import type { NewerRun } from './newer-run.ts';

/** Poll intervals for which the first retry of a job waits. By then the bucket shows a run that was created just before. */
const pollsToWait = 2;

/** Notes a retry in the bucket that the store does not know, if the store is older than it. */
export async function noteUnknownRetry({ olderCopy, store, log }: Flow, newer: NewerRun): Promise<void> {
  if (newer.kind !== 'newer' || newer.who === null || !olderCopy.isLater(newer.startedAt)) return;
  const owner = await store.get(chainIdOf(newer.who.root));
  if (owner?.runs.some(({ buildId }) => buildId === newer.buildId) === true) return;
  // Its own chain may not know the build yet.
  if (owner !== null && isOpen(owner) && owner.runs.some(({ buildId }) => buildId === null)) return;
  log.warn({ build: newer.buildId }, 'store does not know a retry that began after its newest change');
  olderCopy.confirm();
}

/** Delays the first retry of a job once if the store is an older copy. `false`: there is no delay. */
export async function waitForSecondLook(flow: Flow, chain: Chain): Promise<boolean> {
  if (!flow.olderCopy.wantsSecondLook(chain.jobName)) return false;
  const now = flow.clock.now();
  const wakeAt = now + pollsToWait * flow.settings.pollMs;
  await changeTask(flow, chain, (known) => moveOn(addFact(known, says), 'scheduled', wakeAt, now));
  return true;
}

const says =
  'The store seems to be restored from an older backup. Before the retry starts, the bucket is checked once more for a retry that is already running.';
