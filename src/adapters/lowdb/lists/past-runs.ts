import { basename, join } from 'node:path';
import { z } from 'zod';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import { KeyedLock } from '../../../time/keyed-lock.ts';
import { type PastRun, type PastRuns, isOutdated, retainRuns } from '../../../history/past-runs.ts';
import type { Folder } from '../../../job/run.ts';
import type { Logger } from '../../../logging.ts';
import type { Disk } from '../disk/disk.ts';
import { jobFileName } from '../chains/job-file.ts';
import { DamagedFile, NewerVersion, readJson, writeJson } from '../disk/durable-file.ts';
import type { Quarantine } from '../disk/quarantine.ts';
import { jobStatuses } from '../../../job/status.ts';

interface PastRunsOptions {
  disk: Disk;
  /** Where the documents are. */
  folder: string;
  quarantine: Quarantine;
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
    return this.#inTurn(jobFolder, async (path) => (await this.#read(path))?.runs ?? []);
  }

  add(jobFolder: Folder, added: readonly PastRun[]): Promise<void> {
    return this.#inTurn(jobFolder, async (path) => {
      const { disk, clock } = this.#options;
      const known = (await this.#read(path))?.runs ?? [];
      const runs = retainRuns(known, added, clock.now());
      await writeJson(disk, path, { version: 1, folder: jobFolder, runs } satisfies StoredHistory);
    });
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
    const { disk, folder, log } = this.#options;
    for (const name of await disk.list(folder)) {
      if (this.#closed) return;
      if (!name.endsWith('.json')) continue;
      const path = join(folder, name);
      await this.#locks
        .run(path, () => this.#removeOutdated(path))
        .catch((err: unknown) => {
          log.warn({ path, err }, 'history could not be read or removed');
        });
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

  /** Calls of one folder run one after the other. */
  async #inTurn<T>(jobFolder: Folder, work: (path: string) => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
    const path = join(this.#options.folder, jobFileName(jobFolder));
    const underWay = this.#locks.run(path, () => work(path));
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
   * A damaged document, or one of a newer version, is moved into quarantine. It counts as missing, because the bucket still
   * has its content.
   */
  #read(path: string): Promise<StoredHistory | null> {
    const { disk, quarantine } = this.#options;
    return quarantine.readOrMove(path, () => readHistory(disk, path), 'damaged history set aside', 'warn');
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

type StoredHistory = z.infer<typeof StoredHistory>;

async function readHistory(disk: Disk, path: string): Promise<StoredHistory | null> {
  const stored = await readJson(disk, path, StoredHistory).catch((error: unknown) => {
    throw error instanceof NewerVersion ? new DamagedFile(error.message) : error;
  });
  if (stored !== null && jobFileName(stored.folder) !== basename(path))
    throw new DamagedFile('it has the name of another folder');
  return stored;
}
