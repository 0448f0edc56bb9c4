import { setImmediate } from 'node:timers/promises';
import type { ChainIndex, IndexEntry } from './chain-index.ts';
import type { Place } from './chain-order.ts';

/** Entries that are looked at before others get their turn. */
const atATime = 2_000;

interface Search {
  /** The search goes on after it; `null`: it begins with the newest chain. */
  place: Place | null;
  limit: number;
  isWanted: (entry: IndexEntry) => boolean;
}

/** The newest chains that are wanted, newest first. What changes in the index meanwhile may be found or not. */
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
