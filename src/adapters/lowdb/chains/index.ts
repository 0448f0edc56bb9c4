import { setImmediate } from 'node:timers/promises';
import type { Chain } from '../../../chain/chain.ts';
import type { ChainState } from '../../../chain/transitions.ts';
import { outageKeysOf } from '../../../chain/hold.ts';
import { isSettled } from '../../../chain/outbox.ts';
import { isProven } from '../../../chain/proof.ts';

/** What is known of every chain without its document. */
export interface IndexEntry extends ChainPosition {
  /** The job whose document holds it: its job when it was proven. `null`: it is not proven yet. */
  document: string | null;
  jobName: string;
  state: ChainState;
  /** It is open, or people were not told all of it yet. */
  unsettled: boolean;
  proven: boolean;
  /** See `outageKeysOf`. */
  outageKeys: readonly string[];
  prowJobIds: readonly string[];
}

/** Finds chains by id, by run, by age and by what they want. Holds durable states only. */
export class ChainIndex {
  readonly #byId = new Map<string, IndexEntry>();
  readonly #idByRun = new Map<string, string>();
  /** By document. */
  readonly #unsettled = new Map<string, number>();
  /** Oldest first once sorted; chains arrive nearly in this order. */
  #ordered: IndexEntry[] = [];
  #sorted = true;

  get(id: string): IndexEntry | undefined {
    return this.#byId.get(id);
  }

  /** Chains in the document that are open or have reports on their way. */
  countUnsettled(document: string): number {
    return this.#unsettled.get(document) ?? 0;
  }

  idOfRun(prowJobId: string): string | undefined {
    return this.#idByRun.get(prowJobId);
  }

  put(chain: Chain, document: string | null): void {
    const entry = this.#byId.get(chain.id);
    const now = toEntry(chain, document);
    if (entry?.unsettled === true) this.#count(entry.document, -1);
    if (now.unsettled) this.#count(document, 1);
    if (entry === undefined) this.#add(now);
    else Object.assign(entry, now);
    // The chain that held a run first keeps it: a repeat is then the same chain every time.
    for (const { prowJobId } of chain.runs) {
      if (!this.#idByRun.has(prowJobId)) this.#idByRun.set(prowJobId, chain.id);
    }
  }

  remove(id: string): void {
    const entry = this.#byId.get(id);
    if (entry === undefined) return;
    this.#byId.delete(id);
    if (entry.unsettled) this.#count(entry.document, -1);
    for (const run of entry.prowJobIds) if (this.#idByRun.get(run) === id) this.#idByRun.delete(run);
    // While chains are loaded, they come in no order, and sorting them for each removal would be slow.
    const at = this.#sorted ? this.#countBefore(entry) : this.#ordered.indexOf(entry);
    this.#ordered.splice(at, 1);
  }

  /** Newest first; with `before`, only those that come after it in this order. */
  *newestFirst(before: ChainPosition | null): Generator<IndexEntry> {
    const ordered = this.#inOrder();
    const end = before === null ? ordered.length : this.#countBefore(before);
    for (let at = end - 1; at >= 0; at -= 1) {
      const entry = ordered[at];
      if (entry !== undefined) yield entry;
    }
  }

  #add(entry: IndexEntry): void {
    const last = this.#ordered.at(-1);
    this.#sorted &&= last === undefined || comparePositions(last, entry) < 0;
    this.#ordered.push(entry);
    this.#byId.set(entry.id, entry);
  }

  #count(document: string | null, by: number): void {
    if (document === null) return;
    const count = this.countUnsettled(document) + by;
    if (count === 0) this.#unsettled.delete(document);
    else this.#unsettled.set(document, count);
  }

  #inOrder(): IndexEntry[] {
    if (!this.#sorted) this.#ordered.sort(comparePositions);
    this.#sorted = true;
    return this.#ordered;
  }

  /** How many are older than the place, by halving. */
  #countBefore(place: ChainPosition): number {
    const ordered = this.#inOrder();
    let low = 0;
    let high = ordered.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const entry = ordered[middle];
      if (entry !== undefined && comparePositions(entry, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function toEntry(chain: Chain, document: string | null): IndexEntry {
  return {
    document,
    id: chain.id,
    createdAt: chain.createdAt,
    jobName: chain.jobName,
    state: chain.state,
    unsettled: !isSettled(chain),
    proven: isProven(chain),
    outageKeys: outageKeysOf(chain),
    prowJobIds: chain.runs.map((run) => run.prowJobId),
  };
}

/** What orders chains: when they were made (ms since the epoch), then by id. */
interface ChainPosition {
  createdAt: number;
  id: string;
}

/** Oldest first. */
export function comparePositions(a: ChainPosition, b: ChainPosition): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** A place as an opaque text, for `next` of a page. */
export function toCursor({ createdAt, id }: ChainPosition): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

/** Throws a `RangeError` for what `toCursor` did not make. */
export function parseCursor(cursor: string): ChainPosition {
  const [createdAt, id] = parseList(Buffer.from(cursor, 'base64url').toString());
  if (typeof createdAt === 'number' && typeof id === 'string') {
    const place = { createdAt, id };
    if (toCursor(place) === cursor) return place;
  }
  throw new RangeError('`after` is not the `next` of a page');
}

function parseList(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

/** Entries that are checked before other work gets its turn. */
const atATime = 2_000;

interface Search {
  /** The search continues after this place; `null`: it begins with the newest chain. */
  place: ChainPosition | null;
  limit: number;
  isWanted: (entry: IndexEntry) => boolean;
}

/** The wanted chains, newest first. Entries that change meanwhile may be found or missed. */
export async function searchIndex(
  index: ChainIndex,
  { place, limit, isWanted }: Search,
): Promise<IndexEntry[]> {
  const found: IndexEntry[] = [];
  for (let from = place; ;) {
    const some = index.newestFirst(from).take(atATime).toArray();
    for (const entry of some) if (found.length < limit && isWanted(entry)) found.push(entry);
    const last = some.at(-1);
    if (found.length === limit || last === undefined || some.length < atATime) return found;
    from = { createdAt: last.createdAt, id: last.id };
    await setImmediate();
  }
}
