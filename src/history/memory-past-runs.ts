import type { Folder } from '../job/run.ts';
import type { PastRun } from './past-run.ts';
import type { PastRuns } from './past-runs.ts';
import { retainRuns } from './retain-runs.ts';

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
