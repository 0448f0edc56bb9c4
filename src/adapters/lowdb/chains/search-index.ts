import { setImmediate } from 'node:timers/promises';
import type { ChainIndex, IndexEntry } from './chain-index.ts';
import type { Place } from './chain-order.ts';

/** Entries that are checked before other work gets its turn. */
const atATime = 2_000;

interface Search {
  /** The search continues after this place; `null`: it begins with the newest chain. */
  place: Place | null;
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
