import { type Artifact, nothingRead } from '../../evidence/artifacts/fetch-artifact.ts';
import type { GatheredEvidence } from '../../evidence/gather-evidence.ts';
import {
  type KnownFailure,
  labelsFolder,
  readKnownFailures,
} from '../../evidence/artifacts/known-failures.ts';
import type { Folder } from '../../job/run.ts';
import { withTimeout } from '../../time/clock.ts';
import type { Flow } from '../flow.ts';
import { type Chain, currentRun } from '../../chain/chain.ts';
import { patchRun } from '../../chain/record-end.ts';
import { changeTask } from '../state/change-task.ts';

/** A list that takes longer must not delay a decision. */
const patienceMs = 10_000;

/** The labels of known failures below a run's folder, as far as they can be read within ten seconds. */
export async function readLabels(
  { source, clock }: Pick<Flow, 'source' | 'clock'>,
  folder: Folder,
): Promise<Artifact<KnownFailure[]>> {
  const read = await withTimeout(clock, patienceMs, readKnownFailures(source, folder));
  if (read !== null) return read;
  return { ...nothingRead, gaps: [{ file: labelsFolder, kind: 'late', detail: '10s' }] };
}

/** The evidence with the labels that were read. Missing labels are no reason to look again. */
export function withLabels(evidence: GatheredEvidence, labels: Artifact<KnownFailure[]>): GatheredEvidence {
  return { ...evidence, knownFailures: labels.value, gaps: [...evidence.gaps, ...labels.gaps] };
}

/** The same of a run whose labels are not waited for: that there are none is an answer. */
export function withFinalLabels(
  evidence: GatheredEvidence,
  labels: Artifact<KnownFailure[]>,
): GatheredEvidence {
  return withLabels(evidence, { ...labels, value: labels.value ?? [] });
}

/**
 * Notes labels that came after the decision, so that people see them: most come minutes after a run's end, and only a
 * rule that asks for labels waits for them. The decision stays. This happens once, when the attempt is due. `null`: the
 * chain has moved on.
 */
export async function addLateLabels(flow: Flow, chain: Chain): Promise<Chain | null> {
  const { folder, prowJobId, knownFailures } = currentRun(chain);
  if (folder === null || knownFailures.length > 0 || chain.tries > 0) return chain;
  const { value } = await readLabels(flow, folder);
  return value === null
    ? chain
    : changeTask(flow, chain, (known) => patchRun(known, prowJobId, { knownFailures: value }));
}
