/** A run's state in Prow's words; `UNKNOWN` stands for a word that this version does not know. */
export type JobStatus =
  | 'SCHEDULING'
  | 'TRIGGERED'
  | 'PENDING'
  | 'SUCCESS'
  | 'FAILURE'
  | 'ABORTED'
  | 'ERROR'
  | 'UNKNOWN';

export const jobStatuses: readonly JobStatus[] = [
  'SCHEDULING',
  'TRIGGERED',
  'PENDING',
  'SUCCESS',
  'FAILURE',
  'ABORTED',
  'ERROR',
];

const finished: readonly JobStatus[] = ['SUCCESS', 'FAILURE', 'ABORTED', 'ERROR'];

/**
 * Reads a status in any spelling that Prow uses: the sidecar's upper case in `finished.json`, crier's
 * lower-case ProwJob state there (PROW.md, 3), Gangway's enum names.
 */
export function readJobStatus(text: unknown): JobStatus {
  const word = typeof text === 'string' ? text.toUpperCase() : '';
  return jobStatuses.find((status) => status === word) ?? 'UNKNOWN';
}

export function isFinished(status: JobStatus): boolean {
  return finished.includes(status);
}
