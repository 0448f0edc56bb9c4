import { type Chain, isOpen } from '../../chain/chain.ts';
import type { Accepted, ChainPage, ChainQuery, ChainStore } from '../../chain/chain-store.ts';
import type { Clock } from '../../time/clock.ts';
import { keepCardTrue } from './mark-card-stale.ts';

/**
 * A store that tells of every change once it is durable, so that whoever plans work need not be told by each caller, and
 * that sees to it that no change leaves a card behind.
 */
export class AnnouncingStore implements ChainStore {
  readonly #store: ChainStore;
  readonly #clock: Pick<Clock, 'now'>;
  #tell: (chain: Chain, hasEnded: boolean) => void = () => {};
  #tellForgotten: (ids: readonly string[]) => void = () => {};

  constructor(store: ChainStore, clock: Pick<Clock, 'now'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** `hasEnded`: the change closed the chain. */
  onChange(tell: (chain: Chain, hasEnded: boolean) => void): void {
    this.#tell = tell;
  }

  /** `tell` gets the ids of unproven chains that were dropped for others. */
  onForgotten(tell: (ids: readonly string[]) => void): void {
    this.#tellForgotten = tell;
  }

  async accept(chain: Chain, join: (known: Chain) => Chain): Promise<Accepted> {
    const accepted = await this.#store.accept(chain, (known) => this.#keep(known, join(known)));
    this.#tell(accepted.chain, false);
    if (accepted.displaced.length > 0) this.#tellForgotten(accepted.displaced);
    return accepted;
  }

  async update(id: string, change: (chain: Chain) => Chain): Promise<Chain | null> {
    let wasOpen = false;
    const changed = await this.#store.update(id, (chain) => {
      wasOpen = isOpen(chain);
      return this.#keep(chain, change(chain));
    });
    if (changed !== null) this.#tell(changed, wasOpen && !isOpen(changed));
    return changed;
  }

  get(id: string): Promise<Chain | null> {
    return this.#store.get(id);
  }

  page(query: ChainQuery): Promise<ChainPage> {
    return this.#store.page(query);
  }

  listUnsettled(): Promise<Chain[]> {
    return this.#store.listUnsettled();
  }

  #keep(before: Chain, after: Chain): Chain {
    return keepCardTrue(before, after, this.#clock.now());
  }
}
