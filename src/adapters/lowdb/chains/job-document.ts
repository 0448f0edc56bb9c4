import type { Low } from 'lowdb';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Chain } from '../../../chain/chain.ts';
import { Draft, type Change } from './draft.ts';
import type { StoredJob } from './job-file.ts';
import { SingleLoop } from '../disk/coalescing-loop.ts';

/** What a write of a document did. */
export interface Written {
  job: string;
  changed: Chain[];
  /** Ids of chains that were in the journal alone until now. */
  arrived: string[];
  pruned: string[];
}

export interface DocumentHooks {
  /** Takes newest first; `touched` are changed by this very write. */
  prune(chains: Chain[], touched: ReadonlySet<string>): Chain[];
  written(written: Written): void;
  /** Called after the file was read. */
  read(job: string, chains: readonly Chain[]): void;
}

type Flush = Pick<Change, 'resolve' | 'reject'>;

/**
 * The chains that were opened for one job: what its file holds, and over that what is in the journal alone. Changes that
 * gather while a write is under way share the next one. Readers see only what is on disk, here or there.
 */
export class JobDocument {
  readonly #low: Low<StoredJob>;
  readonly #hooks: DocumentHooks;
  readonly #loop = new SingleLoop(() => this.#step());
  readonly #arrived = new Map<string, Chain>();
  /** What readers see of the file; `null`: it was not read yet. */
  #shown: readonly Chain[] | null = null;
  #reading: Promise<void> | null = null;
  /** A write failed so that the file may hold what was refused: it must be written again. */
  #unsure = false;
  #changes: Change[] = [];
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
  update(id: string, change: Change['change']): Promise<Chain | null> {
    return new Promise((resolve, reject) => {
      this.#changes.push({ id, change, resolve, reject });
      this.#loop.kick();
    });
  }

  /** Brings the file up to date. Rejects with `StoreUnavailable`. */
  async flush(): Promise<void> {
    await new Promise((resolve, reject) => {
      this.#flushes.push({ resolve, reject });
      this.#loop.kick();
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
      const draft = new Draft(this.#chains());
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

  async #write(draft: Draft): Promise<void> {
    const { job } = this.#low.data;
    const arrived = [...this.#arrived.keys()];
    const chains = draft.newestFirst;
    const kept = this.#hooks.prune(chains, draft.touched);
    this.#low.data = { version: 1, job, chains: kept };
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
