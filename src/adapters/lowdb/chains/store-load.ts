import { StoreLoading, StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Chain } from '../../../chain/chain.ts';
import type { ChainFiler } from './chain-filer.ts';
import type { ChainIndex } from './chain-index.ts';
import type { DocumentLoader, LoadProgress } from './document-loader.ts';

interface Places {
  loader: DocumentLoader;
  filer: ChainFiler;
  index: ChainIndex;
  /** What the journal held when it was opened. */
  journalled: readonly Chain[];
}

type Change = (known: Chain) => Chain;

/** The phase in which a store reads its directory and already accepts notifications. */
export class StoreLoad {
  readonly #places: Places;
  /** What notifications added to chains meanwhile, by chain id; `document`: the job that they named. */
  readonly #joins = new Map<string, { document: string; joins: Change[] }>();
  /** Resolves when the chains of the journal are in their places. */
  readonly #replayed = Promise.withResolvers<void>();

  constructor(places: Places) {
    this.#places = places;
    // If nothing was accepted meanwhile, nothing waits for it.
    this.#replayed.promise.catch(() => undefined);
  }

  /** `null`: loading is over. */
  get progress(): LoadProgress | null {
    return this.#places.loader.progress;
  }

  /** See `EmbeddedStore.load`, which passes its `update`. */
  async run(
    take: (chain: Chain) => void,
    update: (id: string, change: Change) => Promise<Chain | null>,
  ): Promise<Chain[]> {
    const { loader, filer, journalled } = this.#places;
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
    await this.#places.loader.stop();
    this.#replayed.reject(new StoreUnavailable('the store is closed'));
  }

  /**
   * Resolves when it is known whether the job's document holds the chain. The content of the notification is kept: if the
   * document of another job turns out to hold the chain, it is added to that one.
   */
  async awaitDocument({ id, jobName }: Chain, join: Change): Promise<void> {
    if (this.progress === null) return;
    const { loader, index } = this.#places;
    await this.#replayed.promise;
    await loader.ensure(jobName);
    if (this.progress === null) return;
    const brought = this.#joins.get(id);
    if (brought !== undefined) brought.joins.push(join);
    else if (index.get(id) === undefined) this.#joins.set(id, { document: jobName, joins: [join] });
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
      const found = this.#places.index.get(id)?.document ?? null;
      if (found === null || found === document) continue;
      const chain = await update(id, (known) => joins.reduce((each, join) => join(each), known));
      if (chain !== null) joined.push(chain);
    }
    this.#joins.clear();
    return joined;
  }
}
