import type { Low } from 'lowdb';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Chain } from '../../../chain/chain.ts';
import type { StoredJob } from './job-file.ts';
import { CoalescingLoop } from '../disk/coalescing-loop.ts';
import { comparePositions } from './index.ts';

/** What a write of a document did. */
export interface WrittenDocument {
  job: string;
  changed: Chain[];
  /** Ids of chains that were in the journal alone until now. */
  arrived: string[];
  pruned: string[];
}

export interface DocumentHooks {
  /** Takes newest first and returns those to keep. `touched` are ids of chains that this write changes. */
  prune(chains: readonly Chain[], touched: ReadonlySet<string>): Chain[];
  written(written: WrittenDocument): void;
  /** Called after the file was read. */
  read(job: string, chains: readonly Chain[]): void;
}

/**
 * The proven chains of one job: those in its file, and those that only the journal holds yet. Changes that gather during a
 * write share the next one. Readers see only what is on disk, in the file or in the journal.
 */
export class JobDocument {
  readonly #low: Low<StoredJob>;
  readonly #hooks: DocumentHooks;
  readonly #loop = new CoalescingLoop(() => this.#step());
  /** By id: chains that only the journal holds yet. */
  readonly #arrived = new Map<string, Chain>();
  /** The content of the file, newest first; `null`: it was not read yet. */
  #shown: readonly Chain[] | null = null;
  #reading: Promise<void> | null = null;
  /** A write failed, and the file may hold what was refused: it must be written again. */
  #isUnsure = false;
  #changes: ChainChange[] = [];
  #flushes: PromiseWithResolvers<void>[] = [];

  constructor(low: Low<StoredJob>, hooks: DocumentHooks) {
    this.#low = low;
    this.#hooks = hooks;
  }

  /** Whether forgetting this object loses nothing. */
  get isIdle(): boolean {
    return !this.#loop.isRunning && this.#reading === null && this.#arrived.size === 0 && !this.#isUnsure;
  }

  /** Adds a chain that the journal holds. The next write moves it into the file. */
  arrive(chain: Chain): void {
    this.#arrived.set(chain.id, chain);
  }

  async find(ids: readonly string[]): Promise<Chain[]> {
    if (!ids.every((id) => this.#arrived.has(id))) await this.#read();
    const wanted = new Set(ids);
    return this.#chains().filter((chain) => wanted.has(chain.id));
  }

  /** `null`: there is no such chain. Rejects with `StoreUnavailable`, or with what `change` throws. */
  update(id: string, change: ChainChange['change']): Promise<Chain | null> {
    return new Promise((resolve, reject) => {
      this.#changes.push({ id, change, resolve, reject });
      this.#loop.wake();
    });
  }

  /** Brings the file up to date. Rejects with `StoreUnavailable`. */
  flush(): Promise<void> {
    const flush = Promise.withResolvers<void>();
    this.#flushes.push(flush);
    this.#loop.wake();
    return flush.promise;
  }

  settle(): Promise<void> {
    return this.#loop.settle();
  }

  #chains(): Chain[] {
    return [
      ...(this.#shown ?? []).filter((chain) => !this.#arrived.has(chain.id)),
      ...this.#arrived.values(),
    ];
  }

  async #step(): Promise<boolean> {
    const changes = this.#changes.splice(0);
    const flushes = this.#flushes.splice(0);
    if (changes.length + flushes.length === 0) return false;
    try {
      await this.#read();
      const pending = new PendingChanges(this.#chains());
      for (const change of changes) pending.apply(change);
      if (pending.touched.size + this.#arrived.size > 0 || this.#isUnsure) await this.#write(pending);
      pending.confirm();
      for (const flush of flushes) flush.resolve();
    } catch (error) {
      // This does nothing to a promise that is settled already.
      for (const { reject } of [...changes, ...flushes]) reject(error);
    }
    return true;
  }

  async #read(): Promise<void> {
    if (this.#shown !== null) return;
    this.#reading ??= this.#low.read();
    try {
      await this.#reading;
      if (this.#shown !== null) return;
      this.#shown = this.#low.data.chains;
      this.#hooks.read(this.#low.data.job, this.#shown);
    } catch (cause) {
      throw new StoreUnavailable('the document of the job could not be read', { cause });
    } finally {
      this.#reading = null;
    }
  }

  async #write(pending: PendingChanges): Promise<void> {
    const { job } = this.#low.data;
    const arrived = [...this.#arrived.keys()];
    const chains = pending.newestFirst;
    const kept = this.#hooks.prune(chains, pending.touched);
    this.#low.data = { version: 2, job, chains: kept };
    try {
      await this.#low.write();
    } catch (cause) {
      this.#isUnsure = true;
      throw new StoreUnavailable('the document of the job could not be written', { cause });
    }
    this.#isUnsure = false;
    this.#shown = kept;
    for (const id of arrived) this.#arrived.delete(id);
    const keptOnes = new Set(kept);
    this.#hooks.written({
      job,
      changed: chains.filter((chain) => pending.touched.has(chain.id)),
      arrived,
      pruned: chains.filter((chain) => !keptOnes.has(chain)).map((chain) => chain.id),
    });
  }
}

/** A change whose caller waits for the disk. */
interface ChainChange {
  id: string;
  change: (chain: Chain) => Chain;
  resolve: (chain: Chain | null) => void;
  reject: (error: unknown) => void;
}

/** The chains of a job with changes that are not on disk yet. */
class PendingChanges {
  /** Ids of chains that differ from the file. */
  readonly touched = new Set<string>();
  readonly #chains: Map<string, Chain>;
  readonly #confirmations: (() => void)[] = [];

  constructor(chains: Iterable<Chain>) {
    this.#chains = new Map([...chains].map((chain) => [chain.id, chain]));
  }

  get newestFirst(): Chain[] {
    return [...this.#chains.values()].toSorted((a, b) => comparePositions(b, a));
  }

  /** Makes the change. If nothing is to be written for it, its caller gets the answer at once. */
  apply({ id, change, resolve, reject }: ChainChange): void {
    try {
      const chain = this.#chains.get(id) ?? null;
      const changed = chain === null ? null : this.#change(chain, change);
      if (this.touched.has(id)) this.#confirmations.push(() => resolve(changed));
      else resolve(changed);
    } catch (error) {
      reject(error);
    }
  }

  /** Gives the other callers their answers. To be called when the changes are on disk. */
  confirm(): void {
    for (const confirm of this.#confirmations) confirm();
  }

  #change(chain: Chain, change: (chain: Chain) => Chain): Chain {
    const changed = change(chain);
    assertSameChain(chain, changed);
    if (changed !== chain) this.touched.add(chain.id);
    this.#chains.set(chain.id, changed);
    return changed;
  }
}

/** Throws if the change concerns what the index and the order of a document rely on. */
export function assertSameChain(chain: Chain, changed: Chain): void {
  for (const key of ['id', 'createdAt'] as const) {
    if (chain[key] !== changed[key]) throw new Error(`a change of chain ${chain.id} changes its ${key}`);
  }
}
