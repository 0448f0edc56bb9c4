import type { Folder } from '../job/run.ts';
import type { PastRun } from './past-run.ts';

/**
 * How many runs of a job are looked at when it is first seen. A store never forgets the newest so many, however
 * old they are: they would be read again.
 */
export const firstSightRuns = 20;

/**
 * What was read from the buckets already, so that no finished run is ever read twice. `jobFolder` is the path of the
 * job's folder without the bucket, because a job has one history over all buckets.
 */
export interface PastRuns {
  /** Newest first; empty where the folder was never looked at. Throws `StoreUnavailable`. */
  known(jobFolder: Folder): Promise<PastRun[]>;
  /** Adds runs; those known by their build id stay as they are. Throws `StoreUnavailable`. */
  add(jobFolder: Folder, runs: readonly PastRun[]): Promise<void>;
}
