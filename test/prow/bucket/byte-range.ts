/** A part of an object: from `first` to `last`, both within it. */
export interface ByteRange {
  first: number;
  last: number;
}

/**
 * Reads a Range header against an object of `size` bytes: `bytes=a-b`, `bytes=a-`, `bytes=-n`.
 * `null`: no single byte range, so the whole object is served. An empty object satisfies none.
 */
export function readRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return null;
  if (from === '') {
    const count = Math.min(Number(to), size);
    return count === 0 ? 'unsatisfiable' : { first: size - count, last: size - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return null;
  if (first >= size) return 'unsatisfiable';
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}
