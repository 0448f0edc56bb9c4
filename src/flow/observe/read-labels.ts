import { type Artifact, nothingRead } from '../../evidence/artifacts/fetch-artifact.ts';
import type { GatheredEvidence } from '../../evidence/gather-evidence.ts';
import { type KnownFailure, readKnownFailures } from '../../evidence/artifacts/known-failures.ts';
import type { Folder } from '../../job/run.ts';
import { callWithin } from '../../time/with-timeout.ts';
import type { Flow } from '../flow.ts';

/** A list that takes longer must not delay a decision. */
const patienceMs = 10_000;

/** The labels of known failures below a run's folder, as far as they can be read within ten seconds. */
export async function readLabels(
  { source, clock }: Pick<Flow, 'source' | 'clock'>,
  folder: Folder,
): Promise<Artifact<KnownFailure[]>> {
  const read = await callWithin(clock, patienceMs, readKnownFailures(source, folder));
  if (read !== null) return read;
  const gaps = ['The labels of known failures could not be read within 10s'];
  return { ...nothingRead, gaps };
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
