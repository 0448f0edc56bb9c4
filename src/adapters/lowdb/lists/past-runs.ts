import { basename, join } from 'node:path';
import type { Adapter } from 'lowdb';
import { z } from 'zod';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import { KeyedLock } from '../../../time/keyed-lock.ts';
import { type PastRun, type PastRuns, isOutdated, retainRuns } from '../../../history/past-runs.ts';
import type { Folder } from '../../../job/run.ts';
import type { Logger } from '../../../logging.ts';
import type { Disk } from '../disk/disk.ts';
import { jobFileName } from '../chains/job-file.ts';
import { DamagedFile, NewerVersion, quarantine, storedFileAdapter } from '../disk/durable-file.ts';
import { jobStatuses } from '../../../job/status.ts';

export interface PastRunsOptions {
  disk: Disk;
  /** Where the documents lie. */
  folder: string;
  /** Where damaged ones go. */
  damaged: string;
  /** Milliseconds since the epoch. */
  clock: { now(): number };
  log: Logger;
}

/**
 * One document a job's folder. Nothing is kept in memory, and a write that was refused may be on disk all the same:
 * it holds facts of the bucket, which are as true then.
 */
export class EmbeddedPastRuns implements PastRuns {
  readonly #options: PastRunsOptions;
  readonly #locks = new KeyedLock();
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  constructor(options: PastRunsOptions) {
    this.#options = options;
  }

  known(jobFolder: Folder): Promise<PastRun[]> {
    return this.#inTurn(jobFolder, async () => (await this.#read(this.#pathOf(jobFolder)))?.runs ?? []);
  }

  add(jobFolder: Folder, runs: readonly PastRun[]): Promise<void> {
    return this.#inTurn(jobFolder, () => this.#write(jobFolder, runs));
  }

  /**
   * Removes files in which all runs are outdated, one after the other: the jobs of a pull request do not run again after
   * it. An error of the disk is only logged, because the bucket still has the runs. Resolves early when the store is closed.
   */
  async sweep(): Promise<void> {
    const { folder, log } = this.#options;
    const sweeping = this.#sweepFolder().catch((err: unknown) => {
      log.warn({ path: folder, err }, 'history could not be listed');
    });
    this.#underWay.add(sweeping);
    await sweeping;
    this.#underWay.delete(sweeping);
  }

  async #sweepFolder(): Promise<void> {
    const { disk, folder, clock, log } = this.#options;
    for (const name of await disk.list(folder)) {
      if (this.#closed) return;
      if (!name.endsWith('.json')) continue;
      const path = join(folder, name);
      try {
        const stored = await this.#read(path);
        if (stored !== null && isOutdated(stored.runs, clock.now()))
          await this.#locks.run(stored.folder, () => this.#removeOutdated(path));
      } catch (err) {
        log.warn({ path, err }, 'history could not be read or removed');
      }
    }
  }

  async #removeOutdated(path: string): Promise<void> {
    const { disk, clock } = this.#options;
    const stored = await this.#read(path);
    if (stored !== null && isOutdated(stored.runs, clock.now())) await disk.remove(path);
  }

  /** Takes nothing more; resolves when what was taken is done, or refused. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
  }

  async #inTurn<T>(jobFolder: Folder, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
    const underWay = this.#locks.run(jobFolder, work);
    this.#underWay.add(underWay);
    try {
      return await underWay;
    } catch (cause) {
      throw new StoreUnavailable('the history of the job could not be read or written', { cause });
    } finally {
      this.#underWay.delete(underWay);
    }
  }

  /**
   * A damaged document, or one of a newer version, is set aside and named in the log. It counts as missing, because the
   * bucket still has its content.
   */
  async #read(path: string): Promise<StoredHistory | null> {
    const { disk, damaged, clock, log } = this.#options;
    try {
      const stored = await historyFileAdapter(disk, path).read();
      if (stored !== null && jobFileName(stored.folder) !== basename(path))
        throw new DamagedFile('it has the name of another folder');
      return stored;
    } catch (error) {
      if (!(error instanceof DamagedFile) && !(error instanceof NewerVersion)) throw error;
      const movedTo = await quarantine(path, { disk, folder: damaged, now: clock.now() });
      log.warn({ file: path, movedTo, reason: error.message }, 'damaged history set aside');
      return null;
    }
  }

  async #write(jobFolder: Folder, added: readonly PastRun[]): Promise<void> {
    const { disk, clock } = this.#options;
    const path = this.#pathOf(jobFolder);
    const known = (await this.#read(path))?.runs ?? [];
    const runs = retainRuns(known, added, clock.now());
    await historyFileAdapter(disk, path).write({ version: 1, folder: jobFolder, runs });
  }

  #pathOf(jobFolder: Folder): string {
    return join(this.#options.folder, jobFileName(jobFolder));
  }
}

const StoredRun = z.object({
  buildId: z.string().regex(/^\d+$/),
  prowJobId: z.string().nullable(),
  status: z.enum([...jobStatuses, 'UNKNOWN']),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  attempt: z.int().min(0),
});

const StoredHistory = z.object({
  version: z.literal(1),
  folder: z.string().min(1),
  /** Newest first. */
  runs: z.array(StoredRun),
});

/** What the history file of a job's folder holds. */
export type StoredHistory = z.infer<typeof StoredHistory>;

/** A history file, as `storedFileAdapter` reads and writes it. */
export function historyFileAdapter(disk: Disk, path: string): Adapter<StoredHistory> {
  return storedFileAdapter(disk, path, StoredHistory);
}
