import { type Chain, currentRun } from '../chain/chain.ts';
import { type GatheredEvidence, gatherEvidence } from '../evidence/gather-evidence.ts';
import { readFinished } from '../evidence/read-finished.ts';
import { isFinished } from '../job/status.ts';
import { awaitEnd } from './await-end.ts';
import { awaitEvidence, hasGrace } from './await-evidence.ts';
import type { Flow } from './flow.ts';
import { judgeRun } from './judge-run.ts';
import { placeRun } from './place-run.ts';
import { settleClaims } from './settle-claims.ts';

const maxFinishedBytes = 64 * 1024;

/** Looks whether the chain's current run has ended, and judges it once it has. */
export async function lookAtRun(flow: Flow, begun: Chain): Promise<void> {
  const settled = await settleClaims(flow, begun);
  const chain = settled && (await placeRun(flow, settled));
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
  if (hasGrace(flow, chain, evidence.retryable ? 'unavailable' : 'absent')) return awaitEvidence(flow, chain);
  if (isFinished(evidence.status)) return judgeRun(flow, chain, evidence);
  await awaitEnd(flow, chain, 'finished.json does not say how the run ended');
}

function isTelling({ status, phase, type, prowJobId, retryable }: GatheredEvidence): boolean {
  // Of a success nothing else matters, but that it is this run's.
  if (status === 'SUCCESS') return prowJobId !== null;
  return !retryable && isFinished(status) && phase !== null && type !== null && prowJobId !== null;
}
