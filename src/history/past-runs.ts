import type { JobStatus } from '../job/status.ts';
import { type Folder, isLaterBuild } from '../job/run.ts';
import { dayMs } from '../time/duration.ts';

/** A finished run of a job, as the bucket's record has it. Times are milliseconds since the epoch. */
export interface PastRun {
  buildId: string;
  prowJobId: string | null;
  status: JobStatus;
  startedAt: number | null;
  finishedAt: number | null;
  /** Which of our attempts it was, by its labels; 0 for every other run. */
  attempt: number;
}

/** Whether the run ended, or at least began, within `windowMs` before `now`; one without any time did not. */
export function ranWithin({ startedAt, finishedAt }: PastRun, windowMs: number, now: number): boolean {
  const at = finishedAt ?? startedAt;
  return at !== null && at >= now - windowMs;
}

/**
 * The number of runs that are read when a job is first seen. A store never forgets the newest so many, however
 * old they are: they would be read again.
 */
export const initialHistorySize = 20;

/**
 * What was read from the buckets already, so that no finished run is ever read twice. `jobFolder` is the path of the
 * job's folder without the bucket, because a job has one history over all buckets.
 */
export interface PastRuns {
  /** Newest first; empty if the folder was never read. Throws `StoreUnavailable`. */
  known(jobFolder: Folder): Promise<PastRun[]>;
  /** Adds runs; those known by their build id stay as they are. Throws `StoreUnavailable`. */
  add(jobFolder: Folder, runs: readonly PastRun[]): Promise<void>;
}

const maxRuns = 100;
const maxAgeMs = 90 * dayMs;

/**
 * What a store keeps of a job's `known` and `added` runs: newest first, each build once, at most 100, of
 * the last 90 days. The newest 20 stay, however old.
 */
export function retainRuns(known: readonly PastRun[], added: readonly PastRun[], now: number): PastRun[] {
  const byBuild = new Map([...added, ...known].map((run) => [run.buildId, run]));
  const newestFirst = [...byBuild.values()].toSorted((a, b) => (isLaterBuild(a.buildId, b.buildId) ? -1 : 1));
  return newestFirst
    .slice(0, maxRuns)
    .filter((run, index) => index < initialHistorySize || ranWithin(run, maxAgeMs, now));
}

/** Whether none of the runs is of the last 90 days. */
export function isOutdated(runs: readonly PastRun[], now: number): boolean {
  return !runs.some((run) => ranWithin(run, maxAgeMs, now));
}

/** Past runs that are forgotten with the process, for a command or a test that reads them once. */
export class MemoryPastRuns implements PastRuns {
  readonly #folders = new Map<Folder, PastRun[]>();
  readonly #clock: { now(): number };

  /** The clock counts in ms since the epoch. */
  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  known(jobFolder: Folder): Promise<PastRun[]> {
    return Promise.resolve([...(this.#folders.get(jobFolder) ?? [])]);
  }

  add(jobFolder: Folder, runs: readonly PastRun[]): Promise<void> {
    this.#folders.set(jobFolder, retainRuns(this.#folders.get(jobFolder) ?? [], runs, this.#clock.now()));
    return Promise.resolve();
  }
}
