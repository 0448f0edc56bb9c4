import { type Chain, currentRun } from '../../chain/chain.ts';
import type { Reason } from '../../chain/decision.ts';
import { forgetDenied, countDenied, isDeniedAgain } from '../../chain/record-end.ts';
import type { Sighting } from '../../chain/proof.ts';
import { type GatheredEvidence, gatherEvidence } from '../../evidence/gather-evidence.ts';
import { readEnd } from '../../evidence/artifacts/metadata.ts';
import { formatGaps } from '../../evidence/gap.ts';
import type { ProwJob } from '../../evidence/artifacts/prow-job.ts';
import { readOnce } from '../../evidence/artifacts/artifact-source.ts';
import type { Folder } from '../../job/run.ts';
import type { JobStatus } from '../../job/status.ts';
import { waitForEnd, tryNextLocation, escalateUnread } from './wait-for-end.ts';
import { waitForEvidence, hasGrace } from '../judge/wait-for-evidence.ts';
import { changeTask } from '../state/change-task.ts';
import type { Flow } from '../flow.ts';
import { judgeRun, leaveForeign, type Named } from '../judge/judge-run.ts';
import { resolveArtifacts } from './resolve-artifacts.ts';
import { readLabels, withLabels } from './labels.ts';
import { verifyLocation } from './verify-location.ts';
import { addReason, hasReason } from '../../chain/move.ts';
import { describeHidden, type Hidden } from '../../evidence/artifacts/locate-run.ts';

/** Looks whether the chain's current run has ended, and judges it once it has. */
export async function checkRun(flow: Flow, begun: Chain): Promise<void> {
  const settled = await verifyLocation(flow, begun);
  const placed = settled && (await resolveArtifacts(flow, settled));
  if (placed === null) return;
  if (placed.hidden !== null) return waitForAccess(flow, placed.chain, placed.hidden, false);
  const source = readOnce(flow.source);
  const { folder } = currentRun(placed.chain);
  const look = folder === null ? null : await readEnd(source, folder);
  const end = look?.end;
  if (end?.kind === 'denied') {
    return waitForAccess(flow, placed.chain, { denied: [end.bucket], elsewhere: null }, true);
  }
  const chain = await noteAccess(flow, placed.chain);
  if (chain === null) return;
  if (folder === null || look === null || end === undefined) {
    const { isUnanswered } = placed;
    return waitForEnd(flow, chain, 'no artifact of the run was ever seen in the bucket', { isUnanswered });
  }
  if (look.prowJob.isTooLarge && chain.proof === 'none') {
    // Only prowjob.json proves which run a build is, and it can never be read.
    const { buildId, prowJobId } = currentRun(chain);
    const why = formatGaps(look.prowJob.gaps);
    return escalateUnread(flow, chain, { kind: 'build-unproven', buildId, prowJobId, why });
  }
  const prowJob = look.prowJob.value;
  // Checked before more is read: anyone can send the id of another job's run, or of another build.
  if (prowJob !== null && (await leaveForeign(flow, chain, namedBy(prowJob)))) return;
  if (end.kind !== 'ended') {
    const isUnanswered = end.kind === 'unavailable';
    return waitForEnd(flow, chain, end.why, { seen: sightingOf(prowJob, null), isUnanswered });
  }
  const evidence = await gather({ ...flow, source }, folder, end.status === 'SUCCESS');
  if (isTelling(evidence)) return judgeRun(flow, chain, evidence);
  if (hasGrace(flow, chain, evidence.retryable ? 'unavailable' : 'absent')) {
    return waitForEvidence(flow, chain, sightingOf(prowJob, end.status));
  }
  // The sidecar of an evicted pod says ABORTED, and Prow starts another pod for the same ProwJob (PROW.md, 2).
  if (!evidence.settled && (await tryNextLocation(flow, chain))) return;
  await judgeRun(flow, chain, evidence);
}

function namedBy({ name, job, type }: ProwJob): Named {
  return { prowJobId: name, jobName: job, type };
}

function sightingOf(prowJob: ProwJob | null, status: JobStatus | null): Sighting {
  return { prowJobId: prowJob?.name ?? null, jobName: prowJob?.job ?? null, status };
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

/** In poll intervals: a build that is in no readable bucket may not have begun to upload. */
const graceForOthers = 20;

/**
 * The chain's current run lies, or may lie, in a bucket that is not read. Waiting does not help a first run, so the
 * chain ends as `needs-human`. An attempt was started by us: its account says what is wrong, and Gangway reports its
 * end. `isThere`: the run is known to lie in that bucket.
 */
async function waitForAccess(flow: Flow, chain: Chain, hidden: Hidden, isThere: boolean): Promise<void> {
  const why = describeHidden(hidden).join('; ');
  if (!isSure(flow, chain, hidden, isThere)) {
    const counted = isDeniedAgain(chain) ? chain : await changeTask(flow, chain, countDenied);
    return counted === null ? undefined : waitForEnd(flow, counted, why);
  }
  if (chain.runs.length === 1) return handOver(flow, chain, hidden, why);
  const { attempt } = currentRun(chain);
  const noted = await note(flow, chain, { kind: 'attempt-unreadable', attempt, why });
  if (noted !== null) await waitForEnd(flow, noted, why);
}

function isSure(
  { source, clock, settings }: Flow,
  chain: Chain,
  { denied, elsewhere }: Hidden,
  isThere: boolean,
): boolean {
  if (!isDeniedAgain(chain)) return false;
  if (isThere || elsewhere !== null || denied.length === source.buckets.length) return true;
  const { buildId, openedAt } = currentRun(chain);
  // Before an attempt has a build id it is in no bucket at all.
  return buildId !== null && clock.now() >= openedAt + graceForOthers * settings.pollMs;
}

async function handOver(flow: Flow, chain: Chain, { denied }: Hidden, why: string): Promise<void> {
  const { buildId } = currentRun(chain);
  flow.log.warn({ chain: chain.id, job: chain.jobName, denied }, 'run not readable');
  await escalateUnread(flow, chain, { kind: 'build-unreadable', buildId, why, denied: [...denied] });
}

async function note(flow: Flow, chain: Chain, reason: Reason): Promise<Chain | null> {
  return hasReason(chain, reason) ? chain : changeTask(flow, chain, (known) => addReason(known, reason));
}
