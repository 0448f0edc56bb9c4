/** What orders chains: when they were made (ms since the epoch), then by id. */
export interface Place {
  createdAt: number;
  id: string;
}

/** Oldest first. */
export function comparePlaces(a: Place, b: Place): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** A place as an opaque text, for `next` of a page. */
export function toCursor({ createdAt, id }: Place): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

/** Throws a `RangeError` for what `toCursor` did not make. */
export function parseCursor(cursor: string): Place {
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
