import { type Chain, currentRun } from '../../chain/chain.ts';
import { forgetDenied } from '../../chain/denied-looks.ts';
import type { Sighting } from '../../chain/proof.ts';
import { type GatheredEvidence, gatherEvidence } from '../../evidence/gather-evidence.ts';
import { readEnd } from '../../evidence/artifacts/read-end.ts';
import type { ProwJob } from '../../evidence/artifacts/prow-job.ts';
import { readOnce } from '../../evidence/artifacts/cached-source.ts';
import type { Folder } from '../../job/run.ts';
import type { JobStatus } from '../../job/status.ts';
import { awaitAccess } from './wait-for-access.ts';
import { awaitEnd, goOnElsewhere, handUnread } from './wait-for-end.ts';
import { awaitEvidence, hasGrace } from '../judge/wait-for-evidence.ts';
import { changeTask } from '../state/change-task.ts';
import type { Flow } from '../flow.ts';
import { judgeRun, leaveForeign, type Named } from '../judge/judge-run.ts';
import { placeRun } from './resolve-artifacts.ts';
import { readLabels, withLabels } from './read-labels.ts';
import { settleClaims } from './verify-location.ts';

/** Looks whether the chain's current run has ended, and judges it once it has. */
export async function lookAtRun(flow: Flow, begun: Chain): Promise<void> {
  const settled = await settleClaims(flow, begun);
  const placed = settled && (await placeRun(flow, settled));
  if (placed === null) return;
  if (placed.hidden !== null) return awaitAccess(flow, placed.chain, placed.hidden, false);
  const source = readOnce(flow.source);
  const { folder } = currentRun(placed.chain);
  const look = folder === null ? null : await readEnd(source, folder);
  const end = look?.end;
  if (end?.kind === 'denied') {
    return awaitAccess(flow, placed.chain, { denied: [end.bucket], elsewhere: null }, true);
  }
  const chain = await noteAccess(flow, placed.chain);
  if (chain === null) return;
  if (folder === null || look === null || end === undefined) {
    const { isUnanswered } = placed;
    return awaitEnd(flow, chain, 'no artifact of the run was ever seen in the bucket', { isUnanswered });
  }
  if (look.prowJob.isTooLarge && chain.proof === 'none') {
    return handUnread(flow, chain, sayUnproven(chain, look.prowJob.gaps));
  }
  const prowJob = look.prowJob.value;
  // Checked before more is read: anyone can send the id of another job's run, or of another build.
  if (prowJob !== null && (await leaveForeign(flow, chain, namedBy(prowJob)))) return;
  if (end.kind !== 'ended') {
    const isUnanswered = end.kind === 'unavailable';
    return awaitEnd(flow, chain, end.why, { seen: sightingOf(prowJob, null), isUnanswered });
  }
  const evidence = await gather({ ...flow, source }, folder, end.status === 'SUCCESS');
  if (isTelling(evidence)) return judgeRun(flow, chain, evidence);
  if (hasGrace(flow, chain, evidence.retryable ? 'unavailable' : 'absent')) {
    return awaitEvidence(flow, chain, sightingOf(prowJob, end.status));
  }
  // The sidecar of an evicted pod says ABORTED, and Prow starts another pod for the same ProwJob (PROW.md, 2).
  if (!evidence.settled && (await goOnElsewhere(flow, chain))) return;
  await judgeRun(flow, chain, evidence);
}

function namedBy({ name, job, type }: ProwJob): Named {
  return { prowJobId: name, jobName: job, type };
}

function sightingOf(prowJob: ProwJob | null, status: JobStatus | null): Sighting {
  return { prowJobId: prowJob?.name ?? null, jobName: prowJob?.job ?? null, status };
}

/** Only `prowjob.json` proves which run a build is, and it can never be read. */
function sayUnproven(chain: Chain, gaps: readonly string[]): string {
  const { buildId, prowJobId } = currentRun(chain);
  return `Nothing proves that build ${buildId ?? 'unknown'} is run ${prowJobId}: ${gaps.join(', ')}`;
}

/** The bucket answered, so a refusal before it was a passing one. */
async function noteAccess(flow: Flow, chain: Chain): Promise<Chain | null> {
  return forgetDenied(chain) === chain ? chain : changeTask(flow, chain, forgetDenied);
}

/** The labels of a success are not needed. */
async function gather(
  flow: Pick<Flow, 'source' | 'clock'>,
  folder: Folder,
  isSuccess: boolean,
): Promise<GatheredEvidence> {
  const gathering = gatherEvidence(flow.source, folder);
  if (isSuccess) return gathering;
  const [evidence, labels] = await Promise.all([gathering, readLabels(flow, folder)]);
  return withLabels(evidence, labels);
}

/** Whether nothing that may still be written could change the decision. */
function isTelling({ status, phase, type, prowJobId, retryable, settled }: GatheredEvidence): boolean {
  // Of a success nothing else matters, but that it is this run's.
  if (status === 'SUCCESS') return prowJobId !== null;
  return !retryable && settled && phase !== null && type !== null && prowJobId !== null;
}
