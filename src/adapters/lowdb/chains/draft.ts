import type { Chain } from '../../../chain/chain.ts';
import { comparePlaces } from './chain-order.ts';

/** A change that somebody waits for. */
export interface Change {
  id: string;
  change: (chain: Chain) => Chain;
  resolve: (chain: Chain | null) => void;
  reject: (error: unknown) => void;
}

/** The chains of a job with changes that are not on disk yet. */
export class Draft {
  readonly #chains: Map<string, Chain>;
  readonly touched = new Set<string>();

  constructor(chains: Iterable<Chain>) {
    this.#chains = new Map([...chains].map((chain) => [chain.id, chain]));
  }

  get newestFirst(): Chain[] {
    return [...this.#chains.values()].toSorted((a, b) => comparePlaces(b, a));
  }

  /**
   * Makes the change, and answers at once where there is nothing to write for it. Otherwise returns what to
   * call when the draft is on disk.
   */
  apply({ id, change, resolve, reject }: Change): (() => void) | null {
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
