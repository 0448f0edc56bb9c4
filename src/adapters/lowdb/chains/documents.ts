import type { Low } from 'lowdb';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Chain } from '../../../chain/chain.ts';
import type { StoredJob } from './job-file.ts';
import { CoalescingLoop } from '../disk/coalescing-loop.ts';
import { comparePositions } from './index.ts';

/** The documents at hand, by job; the ones used longest ago are forgotten where that loses nothing. */
export class JobDocuments {
  readonly #make: (jobName: string) => JobDocument;
  readonly #limit: number;
  /** In the order of use. */
  readonly #atHand = new Map<string, JobDocument>();

  constructor(limit: number, make: (jobName: string) => JobDocument) {
    this.#limit = limit;
    this.#make = make;
  }

  /**
   * The document of a job. To be used at once and not kept across an `await`: an idle one may be forgotten,
   * and two for one file would overwrite each other.
   */
  of(jobName: string): JobDocument {
    const document = this.#atHand.get(jobName) ?? this.#make(jobName);
    this.#atHand.delete(jobName);
    this.#forgetIdle();
    this.#atHand.set(jobName, document);
    return document;
  }

  /** Resolves when no document is being changed. */
  async settle(): Promise<void> {
    await Promise.all([...this.#atHand.values()].map((document) => document.settle()));
  }

  #forgetIdle(): void {
    for (const [jobName, document] of this.#atHand) {
      if (this.#atHand.size < this.#limit) return;
      if (document.isIdle) this.#atHand.delete(jobName);
    }
  }
}

/** What a write of a document did. */
export interface WrittenDocument {
  job: string;
  changed: Chain[];
  /** Ids of chains that were in the journal alone until now. */
  arrived: string[];
  pruned: string[];
}

export interface DocumentHooks {
  /** Takes newest first; `touched` are changed by this very write. */
  prune(chains: Chain[], touched: ReadonlySet<string>): Chain[];
  written(written: WrittenDocument): void;
  /** Called after the file was read. */
  read(job: string, chains: readonly Chain[]): void;
}

type Flush = Pick<ChainChange, 'resolve' | 'reject'>;

/**
 * The chains that were opened for one job: what its file holds, and over that what is in the journal alone. Changes that
 * gather while a write is under way share the next one. Readers see only what is on disk, here or there.
 */
export class JobDocument {
  readonly #low: Low<StoredJob>;
  readonly #hooks: DocumentHooks;
  readonly #loop = new CoalescingLoop(() => this.#step());
  readonly #arrived = new Map<string, Chain>();
  /** What readers see of the file; `null`: it was not read yet. */
  #shown: readonly Chain[] | null = null;
  #reading: Promise<void> | null = null;
  /** A write failed so that the file may hold what was refused: it must be written again. */
  #unsure = false;
  #changes: ChainChange[] = [];
  #flushes: Flush[] = [];

  constructor(low: Low<StoredJob>, hooks: DocumentHooks) {
    this.#low = low;
    this.#hooks = hooks;
  }

  /** Whether forgetting this object loses nothing. */
  get isIdle(): boolean {
    return !this.#loop.isRunning && this.#reading === null && this.#arrived.size === 0 && !this.#unsure;
  }

  /** Takes a chain that the journal holds. */
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
  async flush(): Promise<void> {
    await new Promise((resolve, reject) => {
      this.#flushes.push({ resolve, reject });
      this.#loop.wake();
    });
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
    const waiting = new Set<Flush>([...changes, ...flushes]);
    try {
      await this.#read();
      const draft = new PendingChanges(this.#chains());
      const answers = changes.map((change) => {
        const answer = draft.apply(change);
        if (answer === null) waiting.delete(change);
        return answer;
      });
      if (draft.touched.size + this.#arrived.size > 0 || this.#unsure) await this.#write(draft);
      for (const answer of answers) answer?.();
      for (const flush of flushes) flush.resolve(null);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
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

  async #write(draft: PendingChanges): Promise<void> {
    const { job } = this.#low.data;
    const arrived = [...this.#arrived.keys()];
    const chains = draft.newestFirst;
    const kept = this.#hooks.prune(chains, draft.touched);
    this.#low.data = { version: 2, job, chains: kept };
    try {
      await this.#low.write();
    } catch (cause) {
      this.#unsure = true;
      throw new StoreUnavailable('the document of the job could not be written', { cause });
    }
    this.#unsure = false;
    this.#shown = kept;
    for (const id of arrived) this.#arrived.delete(id);
    const keptOnes = new Set(kept);
    this.#hooks.written({
      job,
      changed: chains.filter((chain) => draft.touched.has(chain.id)),
      arrived,
      pruned: chains.filter((chain) => !keptOnes.has(chain)).map((chain) => chain.id),
    });
  }
}

/** A change that somebody waits for. */
export interface ChainChange {
  id: string;
  change: (chain: Chain) => Chain;
  resolve: (chain: Chain | null) => void;
  reject: (error: unknown) => void;
}

/** The chains of a job with changes that are not on disk yet. */
export class PendingChanges {
  readonly #chains: Map<string, Chain>;
  readonly touched = new Set<string>();

  constructor(chains: Iterable<Chain>) {
    this.#chains = new Map([...chains].map((chain) => [chain.id, chain]));
  }

  get newestFirst(): Chain[] {
    return [...this.#chains.values()].toSorted((a, b) => comparePositions(b, a));
  }

  /**
   * Makes the change, and answers at once where there is nothing to write for it. Otherwise returns what to
   * call when the draft is on disk.
   */
  apply({ id, change, resolve, reject }: ChainChange): (() => void) | null {
    const chain = this.#chains.get(id);
    if (chain === undefined) {
      resolve(null);
      return null;
    }
    try {
      const changed = change(chain);
      assertSameChain(chain, changed);
      if (changed !== chain) this.touched.add(id);
      this.#chains.set(id, changed);
      if (this.touched.has(id)) return () => resolve(changed);
      resolve(chain);
    } catch (error) {
      reject(error);
    }
    return null;
  }
}

/** Where a chain is listed follows from these, so they never change. */
export function assertSameChain(chain: Chain, changed: Chain): void {
  for (const key of ['id', 'createdAt'] as const) {
    if (chain[key] !== changed[key]) throw new Error(`a change of chain ${chain.id} changes its ${key}`);
  }
}
