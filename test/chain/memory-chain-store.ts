import {
  type Accepted,
  type ChainPage,
  type ChainQuery,
  type ChainStore,
  StoreUnavailable,
} from '../../src/chain/chain-store.ts';
import type { Chain } from '../../src/chain/chain.ts';
import { isSettled } from '../../src/chain/outbox.ts';
import { outageKeysOf } from '../../src/chain/hold.ts';
import { isProven } from '../../src/chain/proof.ts';

/** A chain store in memory. It hands out copies, so a test sees only what was really written. */
export class MemoryChainStore implements ChainStore {
  /** While set, whatever is asked for throws `StoreUnavailable`. */
  unavailable = false;
  readonly #chains = new Map<string, Chain>();

  async accept(chain: Chain, join: (known: Chain) => Chain): Promise<Accepted> {
    this.#check();
    const first = chain.runs[0]?.prowJobId;
    const known = this.#chains.values().find(({ runs }) => runs.some(({ prowJobId }) => prowJobId === first));
    const written = this.#write(known === undefined ? chain : join(structuredClone(known)));
    return { chain: written, known: known !== undefined, displaced: [] };
  }

  async get(id: string): Promise<Chain | null> {
    this.#check();
    return structuredClone(this.#chains.get(id) ?? null);
  }

  async update(id: string, change: (chain: Chain) => Chain): Promise<Chain | null> {
    this.#check();
    // Read and written without an await between: changes of one chain never overlap.
    const chain = structuredClone(this.#chains.get(id) ?? null);
    return chain === null ? null : this.#write(change(chain));
  }

  async page({
    matchesJob,
    states,
    outageKey,
    isProven: isProvenOnly,
    limit,
    after,
  }: ChainQuery): Promise<ChainPage> {
    this.#check();
    const place = after === undefined ? null : readPlace(after);
    const rest = [...this.#chains.values()]
      .toSorted(compareNewestFirst)
      .filter((chain) => place === null || compareNewestFirst(place, chain) < 0)
      .filter((chain) => matchesJob?.(chain.jobName) ?? true)
      .filter((chain) => states?.includes(chain.state) ?? true)
      .filter((chain) => outageKey === undefined || outageKeysOf(chain).includes(outageKey))
      .filter((chain) => isProvenOnly !== true || isProven(chain));
    const chains = structuredClone(rest.slice(0, limit));
    const last = chains.at(-1);
    return {
      chains,
      next: last === undefined || rest.length <= limit ? null : `${last.createdAt}-${last.id}`,
    };
  }

  async listUnsettled(): Promise<Chain[]> {
    this.#check();
    const unsettled = [...this.#chains.values()].filter((chain) => !isSettled(chain));
    return structuredClone(unsettled);
  }

  /** Puts a chain there as it is. */
  put(chain: Chain): void {
    this.#write(chain);
  }

  #write(chain: Chain): Chain {
    this.#chains.set(chain.id, structuredClone(chain));
    return structuredClone(chain);
  }

  #check(): void {
    if (this.unavailable) throw new StoreUnavailable('the disk is full');
  }
}

interface Place {
  createdAt: number;
  id: string;
}

function compareNewestFirst(one: Place, other: Place): number {
  return other.createdAt - one.createdAt || one.id.localeCompare(other.id);
}

function readPlace(after: string): Place {
  const [, createdAt, id] = /^(\d+)-([0-9a-z-]+)$/.exec(after) ?? [];
  if (createdAt === undefined || id === undefined) throw new RangeError('no page gave this place');
  return { createdAt: Number(createdAt), id };
}
