import { readJobStatus, type JobStatus } from '../../job/status.ts';
import { parseJsonObject } from '../../text/json.ts';
import { readTimestamp } from './read-time.ts';

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
