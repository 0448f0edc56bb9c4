import type { Folder } from '../../job/run.ts';
import { isFinished, type JobStatus, readJobStatus } from '../../job/status.ts';
import type { ArtifactSource } from './artifact-source.ts';
import { type Artifact, fetchJson } from './fetch-artifact.ts';
import { formatGap, formatGaps, type Gap } from '../gap.ts';
import { type ProwJob, readProwJob } from './prow-job.ts';
import { parseJsonObject, readTimestamp } from '../../text/json.ts';

/** Whether a run has ended, and how. `why` is the end of a sentence. */
export type RunEnd =
  | {
      kind: 'ended';
      status: JobStatus;
      /** `false`: an artifact that may still be written could change the status. */
      settled: boolean;
    }
  | { kind: 'open'; why: string }
  /** The bucket did not answer; another read can help. */
  | { kind: 'unavailable'; why: string }
  /** The bucket refuses to be read. */
  | { kind: 'denied'; bucket: string };

/** What is wrong with a `finished.json` without a result. */
export const unclearEnd: Gap = {
  file: 'finished.json',
  kind: 'damaged',
  detail: 'does not say how the run ended',
};

interface EndArtifacts {
  finished: Artifact<Finished>;
  prowJob: Artifact<ProwJob>;
  end: RunEnd;
}

/** Reads `finished.json` and `prowjob.json` of a run's folder, one after the other, and judges its end by both. */
export async function readEnd(source: ArtifactSource, folder: Folder): Promise<EndArtifacts> {
  const finished = await fetchJson(source, folder, 'finished.json', readFinished);
  const prowJob = await fetchJson(source, folder, 'prowjob.json', readProwJob);
  return { finished, prowJob, end: classifyEnd(finished, prowJob) };
}

/**
 * Prow's final state wins over the sidecar's word in `finished.json`; a success there is overruled by `error` only. A
 * `finished.json` that is missing or broken falls back on a final state (PROW.md, 2 and 3; README.md of this room).
 */
export function classifyEnd(finished: Artifact<Finished>, prowJob: Artifact<ProwJob>): RunEnd {
  const state = prowJob.value?.state ?? 'UNKNOWN';
  const word = finished.value?.status ?? 'UNKNOWN';
  if (isFinished(word)) return combineStates(word, state);
  // A bucket that may be read and not listed answers 403 for what is not there.
  if (finished.denied !== null && prowJob.value === null) return { kind: 'denied', bucket: finished.denied };
  if (finished.retryable) return { kind: 'unavailable', why: formatGaps(finished.gaps) };
  if (isComplete(prowJob.value)) return { kind: 'ended', status: state, settled: false };
  if (prowJob.retryable) return { kind: 'unavailable', why: formatGaps(prowJob.gaps) };
  return { kind: 'open', why: finished.value === null ? formatGaps(finished.gaps) : formatGap(unclearEnd) };
}

function combineStates(word: JobStatus, state: JobStatus): RunEnd {
  if (state === 'ERROR') return { kind: 'ended', status: 'ERROR', settled: true };
  if (word === 'SUCCESS') return { kind: 'ended', status: 'SUCCESS', settled: true };
  const isFinal = isFinished(state);
  return { kind: 'ended', status: isFinal ? state : word, settled: isFinal };
}

/** Prow marks an aborted run at once and completes it later, when its pod is gone (PROW.md, 2). */
function isComplete(prowJob: ProwJob | null): boolean {
  if (prowJob === null || !isFinished(prowJob.state)) return false;
  return prowJob.state !== 'ABORTED' || prowJob.completionTime !== null;
}

export interface Finished {
  status: JobStatus;
  /** Milliseconds since the epoch. */
  finishedAt: number | null;
}

/** Reads `finished.json`, the sidecar's or crier's (PROW.md, 3). `null`: it is not readable as JSON. */
export function readFinished(text: string): Finished | null {
  const json = parseJsonObject(text);
  if (json === null) return null;
  return { status: readStatus(json), finishedAt: readTimestamp(json['timestamp']) };
}

function readStatus(json: Record<string, unknown>): JobStatus {
  const status = readJobStatus(json['result']);
  if (status !== 'UNKNOWN' || typeof json['passed'] !== 'boolean' || typeof json['result'] === 'string')
    return status;
  return json['passed'] ? 'SUCCESS' : 'FAILURE';
}

export interface Started {
  /** Milliseconds since the epoch. */
  startedAt: number | null;
}

/** Reads `started.json`. `null`: it is not readable as JSON. */
export function readStarted(text: string): Started | null {
  const json = parseJsonObject(text);
  return json === null ? null : { startedAt: readTimestamp(json['timestamp']) };
}
