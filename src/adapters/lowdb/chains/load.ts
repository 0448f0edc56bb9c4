import { join } from 'node:path';
import { StoreLoading, StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Chain } from '../../../chain/chain.ts';
import type { Logger } from '../../../logging.ts';
import type { ChainFiler } from './filer.ts';
import type { ChainIndex } from './index.ts';
import {
  dropDamaged,
  type JobFolder,
  jobFileName,
  readJobFile,
  type ReadJob,
  writeJobFile,
} from './job-file.ts';

interface LoadParts {
  loader: DocumentLoader;
  filer: ChainFiler;
  index: ChainIndex;
  /** What the journal held when it was opened. */
  journalled: readonly Chain[];
}

type Change = (known: Chain) => Chain;

/** The phase in which a store reads its directory and already accepts notifications. */
export class StoreLoad {
  readonly #parts: LoadParts;
  /** What notifications added to chains meanwhile, by chain id; `document`: the job that they named. */
  readonly #joins = new Map<string, { document: string; joins: Change[] }>();
  /** Resolves when the chains of the journal are in their places. */
  readonly #replayed = Promise.withResolvers<void>();

  constructor(parts: LoadParts) {
    this.#parts = parts;
    // If nothing was accepted meanwhile, nothing waits for it.
    this.#replayed.promise.catch(() => undefined);
  }

  /** `null`: loading is over. */
  get progress(): LoadProgress | null {
    return this.#parts.loader.progress;
  }

  /** See `EmbeddedStore.load`, which passes its `update`. */
  async run(
    take: (chain: Chain) => void,
    update: (id: string, change: Change) => Promise<Chain | null>,
  ): Promise<Chain[]> {
    const { loader, filer, journalled } = this.#parts;
    loader.onChain(take);
    try {
      for (const { jobName } of journalled) await loader.loadFirst(jobName);
      filer.replay(journalled, take);
      this.#replayed.resolve();
      await loader.loadAll();
    } catch (error) {
      this.#replayed.reject(error);
      throw error;
    }
    return this.#joinLate(update);
  }

  /** Starts reading no further file; callers that wait are rejected. */
  async stop(): Promise<void> {
    await this.#parts.loader.stop();
    this.#replayed.reject(new StoreUnavailable('the store is closed'));
  }

  /**
   * Resolves when it is known whether the job's document holds the chain. The content of the notification is kept: if the
   * document of another job turns out to hold the chain, it is added to that one.
   */
  async awaitDocument({ id, jobName }: Chain, change: Change): Promise<void> {
    if (this.progress === null) return;
    const { loader, index } = this.#parts;
    await this.#replayed.promise;
    await loader.loadFirst(jobName).catch((cause: unknown) => {
      throw new StoreUnavailable('the document of the job could not be loaded', { cause });
    });
    if (this.progress === null) return;
    const brought = this.#joins.get(id);
    if (brought !== undefined) brought.joins.push(change);
    else if (index.get(id) === undefined) this.#joins.set(id, { document: jobName, joins: [change] });
  }

  /** Throws `StoreLoading` while loading is not over. */
  assertOver(): void {
    const { progress } = this;
    if (progress === null) return;
    throw new StoreLoading(`the store is loading: ${progress.loaded} of ${progress.total} documents`);
  }

  async #joinLate(update: (id: string, change: Change) => Promise<Chain | null>): Promise<Chain[]> {
    const joined: Chain[] = [];
    for (const [id, { document, joins }] of this.#joins) {
      const found = this.#parts.index.get(id)?.document ?? null;
      if (found === null || found === document) continue;
      const chain = await update(id, (known) => joins.reduce((each, change) => change(each), known));
      if (chain !== null) joined.push(chain);
    }
    this.#joins.clear();
    return joined;
  }
}

/** Files that are read at a time. */
const width = 8;

/** Documents. */
export interface LoadProgress {
  loaded: number;
  total: number;
}

/**
 * Reads every job's file once and prunes it, because a job without new notifications gets no other write. If one job's
 * chains are needed at once, its file is read first. A damaged file or chain goes into quarantine. A file that
 * cannot be read at all ends the load, because its chains may well be readable at the next start.
 */
export class DocumentLoader {
  readonly #folder: JobFolder;
  readonly #filer: ChainFiler;
  readonly #log: Logger;
  /** The files that are not loaded yet, by name; `null`: its reading has not begun. */
  readonly #files: Map<string, Promise<void> | null>;
  readonly #waiting: string[];
  #take: (chain: Chain) => void = () => {};
  #loaded = 0;
  #isDone = false;
  /** Why no further file is read; `null`: they are. */
  #obstacle: Error | null = null;

  /** `names` are the files of the folder. */
  constructor(folder: JobFolder, names: readonly string[], filer: ChainFiler, log: Logger) {
    this.#folder = folder;
    this.#filer = filer;
    this.#log = log;
    this.#waiting = names.filter((each) => each.endsWith('.json'));
    this.#files = new Map(this.#waiting.map((name) => [name, null]));
  }

  /** Also gives every chain that is loaded from now on to `take`. */
  onChain(take: (chain: Chain) => void): void {
    this.#take = take;
  }

  /** `null`: every document is loaded. */
  get progress(): LoadProgress | null {
    return this.#isDone ? null : { loaded: this.#loaded, total: this.#waiting.length };
  }

  /** Loads the job's document before the others, if there is one. Rejects as `loadAll` does. */
  async loadFirst(job: string): Promise<void> {
    await this.#loadOnce(jobFileName(job));
  }

  /** Loads all remaining files. Rejects with the error of a file that cannot be read, or when it is stopped. */
  async loadAll(): Promise<void> {
    const names = this.#waiting.values();
    await Promise.all(Array.from({ length: width }, () => this.#loadEach(names)));
    this.#assertGoing();
    this.#isDone = true;
    this.#files.clear();
  }

  /** Starts reading no further file; resolves when the files that are being read are done. */
  async stop(): Promise<void> {
    this.#obstacle ??= new StoreUnavailable('the store is closed');
    await Promise.allSettled([...this.#files.values()].filter((each) => each !== null));
  }

  async #loadEach(names: Iterable<string>): Promise<void> {
    for (const name of names) await this.#loadOnce(name);
  }

  async #loadOnce(name: string): Promise<void> {
    const begun = this.#files.get(name);
    if (begun === undefined) return;
    if (begun !== null) return begun;
    this.#assertGoing();
    const loading = this.#load(name);
    this.#files.set(name, loading);
    try {
      await loading;
      this.#files.delete(name);
    } catch (error) {
      this.#obstacle ??= error as Error;
      throw error;
    }
  }

  #assertGoing(): void {
    if (this.#obstacle !== null) throw this.#obstacle;
  }

  async #load(name: string): Promise<void> {
    const read = await readJobFile(this.#folder, name);
    this.#loaded += 1;
    if (read === null) return;
    const { job, chains } = read.stored;
    const kept = this.#filer.prune(chains);
    if (kept.length < chains.length || read.damaged.length > 0)
      await this.#shrink(name, { ...read, stored: { ...read.stored, chains: kept } });
    for (const chain of kept) {
      if (this.#filer.takeStored(chain, job)) this.#take(chain);
    }
  }

  /** If the disk refuses the write, the file stays as it is and is pruned again at the next start. */
  async #shrink(name: string, read: ReadJob): Promise<void> {
    const path = join(this.#folder.folder, name);
    try {
      if (read.damaged.length > 0) await dropDamaged(this.#folder, name, read);
      else if (read.stored.chains.length > 0) await writeJobFile(this.#folder, name, read.stored);
      else await this.#folder.disk.remove(path);
    } catch (err) {
      this.#log.warn({ err, file: path }, 'pruned document could not be written');
    }
  }
}
