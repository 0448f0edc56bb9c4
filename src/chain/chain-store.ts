import type { Chain } from './chain.ts';
import type { ChainState } from './transitions.ts';

export interface ChainQuery {
  matchesJob?: (jobName: string) => boolean;
  states?: readonly ChainState[];
  /** Only open chains that an outage with this key concerns (see `outageKeysOf`). */
  outageKey?: string;
  /** Leaves out unproven chains. */
  isProven?: true;
  limit: number;
  /** `next` of the page before. */
  after?: string;
}

export interface ChainPage {
  /** Newest first, by creation. */
  chains: Chain[];
  /** The `after` of the next page; `null` on the last one. */
  next: string | null;
}

export interface Accepted {
  chain: Chain;
  known: boolean;
  /** Ids of unproven chains that were dropped for this one. */
  displaced: readonly string[];
}

/** The store could not make a change durable; nothing of it happened. Another try can help. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** The store cannot answer yet, because it is still loading. */
export class StoreLoading extends StoreUnavailable {
  override name = 'StoreLoading';
}

/** Too many chains that nothing proves wait for their first look. */
export class TooManyUnproven extends StoreUnavailable {
  override name = 'TooManyUnproven';

  constructor() {
    super('too many failures wait for their first look');
  }
}

/** Where chains live. What a promise here answers is on disk. */
export interface ChainStore {
  /**
   * Adds the chain, unless a chain already holds a run with the `prowJobId` of its first run: then `join` says
   * what the notification adds to that one (the same object: nothing).
   */
  accept(chain: Chain, join: (known: Chain) => Chain): Promise<Accepted>;
  get(id: string): Promise<Chain | null>;
  /** Changes a chain in one atomic write; changes of one chain never overlap. `null`: there is no such chain. */
  update(id: string, change: (chain: Chain) => Chain): Promise<Chain | null>;
  /** Throws a `RangeError` for an `after` that no page gave. */
  page(query: ChainQuery): Promise<ChainPage>;
  /** Every chain that wants attention: it is open, or people were not told all of it yet. */
  listUnsettled(): Promise<Chain[]>;
}

const pageSize = 500;

/** Every chain that the query asks for, newest first, page by page. */
export async function* listChains(
  store: Pick<ChainStore, 'page'>,
  query: Omit<ChainQuery, 'limit' | 'after'>,
): AsyncGenerator<Chain> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<ChainStore['page']>> = await store.page({
      ...query,
      limit: pageSize,
      ...(after === null ? {} : { after }),
    });
    yield* page.chains;
    after = page.next;
  } while (after !== null);
}
