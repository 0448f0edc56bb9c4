import { type Chain, currentRun } from '../chain/chain.ts';
import { moveOn, postpone } from '../chain/move-chain.ts';
import { patchRun } from '../chain/record-end.ts';
import { type GatheredEvidence, gatherEvidence } from '../evidence/gather-evidence.ts';
import { readFinished } from '../evidence/read-finished.ts';
import { isFinished } from '../job/status.ts';
import { awaitEnd } from './await-end.ts';
import { changeTask } from './change-task.ts';
import type { Flow } from './flow.ts';
import { judgeRun } from './judge-run.ts';
import { placeRun } from './place-run.ts';

const maxFinishedBytes = 64 * 1024;
/** In poll intervals: an interrupt uploads twice, so what is missing may come within a minute (PROW.md, 5). */
const graceForAbsent = 2;
/** In poll intervals: what the bucket could not give this time, it may give later. */
const graceForUnavailable = 120;

/** Looks whether the chain's current run has ended, and judges it once it has. */
export async function lookAtRun(flow: Flow, begun: Chain): Promise<void> {
  const chain = await placeRun(flow, begun);
  if (chain === null) return;
  const { folder } = currentRun(chain);
  if (folder === null) return awaitEnd(flow, chain, 'no artifact of the run was ever seen in the bucket');
  const finished = await flow.source.read(`${folder}/finished.json`, maxFinishedBytes);
  if (finished.kind === 'unavailable')
    return awaitEnd(flow, chain, `finished.json could not be read: ${finished.why}`);
  if (finished.kind === 'absent') return awaitEnd(flow, chain, 'there is no finished.json in the bucket');
  // A page of HTML in its place means that there is none (PROW.md, 3).
  if (readFinished(finished.value) === null) return awaitEnd(flow, chain, 'finished.json is unreadable');
  const evidence = await gatherEvidence(flow.source, folder);
  if (isTelling(evidence)) return judgeRun(flow, chain, evidence);
  if (hasGrace(flow, chain, evidence)) return awaitEvidence(flow, chain);
  if (isFinished(evidence.status)) return judgeRun(flow, chain, evidence);
  await awaitEnd(flow, chain, 'finished.json does not say how the run ended');
}

function isTelling({ status, phase, type, prowJobId, retryable }: GatheredEvidence): boolean {
  // Of a success nothing else matters, but that it is this run's.
  if (status === 'SUCCESS') return prowJobId !== null;
  return !retryable && isFinished(status) && phase !== null && type !== null && prowJobId !== null;
}

function hasGrace(flow: Flow, chain: Chain, { retryable }: GatheredEvidence): boolean {
  const now = flow.clock.now();
  const since = currentRun(chain).endSeenAt ?? now;
  const polls = retryable ? graceForUnavailable : graceForAbsent;
  return now < since + polls * flow.settings.pollMs;
}

/** The run has ended, and what it left behind is not all there yet. */
async function awaitEvidence(flow: Flow, chain: Chain): Promise<void> {
  const { prowJobId, endSeenAt } = currentRun(chain);
  const now = flow.clock.now();
  const wakeAt = now + flow.settings.pollMs;
  await changeTask(flow, chain, (known) => {
    if (endSeenAt !== null) return postpone(known, wakeAt);
    return moveOn(patchRun(known, prowJobId, { endSeenAt: now }), 'judging', wakeAt, now);
  });
}
