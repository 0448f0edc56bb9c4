import type { PastRun } from '../../src/history/past-run.ts';
import type { PastRuns } from '../../src/history/past-runs.ts';
import { retainRuns } from '../../src/history/retain-runs.ts';

/** Past runs in memory. */
export class MemoryPastRuns implements PastRuns {
  readonly #folders = new Map<string, PastRun[]>();
  readonly #clock: { now(): number };

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  async known(jobFolder: string): Promise<PastRun[]> {
    return [...(this.#folders.get(jobFolder) ?? [])];
  }

  async add(jobFolder: string, runs: readonly PastRun[]): Promise<void> {
    const known = this.#folders.get(jobFolder) ?? [];
    this.#folders.set(jobFolder, retainRuns(known, runs, this.#clock.now()));
  }
}
