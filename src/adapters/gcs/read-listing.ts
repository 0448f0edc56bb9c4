import { z } from 'zod';
import { parseJson } from '../../text/json.ts';

const FolderList = z.object({
  prefixes: z.array(z.string()).optional(),
  nextPageToken: z.string().optional(),
});

const ObjectList = z.object({ items: z.array(z.object({ name: z.string() })).optional() });

export interface FolderListing {
  /** Names right under the prefix, without it and without slashes. */
  folders: string[];
  nextPageToken: string | null;
}

/** Reads a page of `GET /storage/v1/b/BUCKET/o?delimiter=/`; `null` where it is something else. */
export function readListing(text: string, prefix: string): FolderListing | null {
  const parsed = FolderList.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const folders = (parsed.data.prefixes ?? []).map((path) => path.slice(prefix.length).replace(/\/$/, ''));
  return { folders, nextPageToken: parsed.data.nextPageToken ?? null };
}

/** Reads the objects' names without `prefix` from a page of `GET /storage/v1/b/BUCKET/o`; `null`: it is no such page. */
export function readObjectNames(text: string, prefix: string): string[] | null {
  const parsed = ObjectList.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const inside = (parsed.data.items ?? []).filter(({ name }) => name.startsWith(prefix));
  return inside.map(({ name }) => name.slice(prefix.length));
}
