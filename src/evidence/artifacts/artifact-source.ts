/**
 * The result of reading an artifact. `unavailable` may pass, so another try can help. `absent` is an answer. `denied`
 * is an answer, too: the bucket refuses anonymous reads (HTTP 401 or 403) until it is made public. `too-large` is an
 * answer as well: the artifact has more than `limit` bytes, or the list more than `limit` names, and that will not change.
 */
export type Found<T> =
  | { kind: 'found'; value: T }
  | { kind: 'absent' }
  | { kind: 'denied'; bucket: string }
  | { kind: 'unavailable'; why: string }
  | { kind: 'too-large'; limit: number; unit: 'bytes' | 'names' };

/** Why something could not be read. */
export type Missed = Exclude<Found<never>, { kind: 'found' }>;

/** Which part of a list is wanted. */
export interface ListLimits {
  /** Only names that sort before this one. */
  before?: string;
  /** Pages of 1,000 names, 20 by default; a longer list is `too-large`. */
  pages?: number;
}

/**
 * The buckets, read only. Every path and folder begins with the name of its bucket, and has no slash at its ends. A
 * bucket that is not among `buckets` is never asked: its objects are `absent`.
 */
export interface ArtifactSource {
  /** The configured buckets, in the order in which a run is searched for. */
  readonly buckets: readonly string[];
  /** A small object as text; one over `maxBytes` is `too-large`. */
  read(path: string, maxBytes: number): Promise<Found<string>>;
  /** An object's bytes as they come, never held whole. */
  stream(path: string): Promise<Found<AsyncIterable<Uint8Array>>>;
  /** The last `bytes` of an object as text. */
  tail(path: string, bytes: number): Promise<Found<string>>;
  /** The names of the folders right under `folder` that sort at or after `from`, in order. */
  listFolders(folder: string, from: string, limits?: ListLimits): Promise<Found<string[]>>;
  /** The names of the objects below `folder`, without it: the first 100 in order, so names may be missing. */
  listObjects(folder: string): Promise<Found<string[]>>;
}

/** Why something could not be read, as the end of a sentence. */
export function describeMiss(found: Missed): string {
  if (found.kind === 'absent') return 'it does not exist';
  if (found.kind === 'denied') return describeDenied([found.bucket]);
  if (found.kind === 'unavailable') return found.why;
  return found.unit === 'names'
    ? `the list has more than ${found.limit} names`
    : `it is ${formatExcess(found.limit)}`;
}

/** `over 2 MiB` */
export function formatExcess(maxBytes: number): string {
  if (maxBytes % 1024 !== 0) return `over ${maxBytes} bytes`;
  const kib = maxBytes / 1024;
  return `over ${kib % 1024 === 0 ? `${kib / 1024} MiB` : `${kib} KiB`}`;
}

/** The one sentence for buckets that refuse anonymous reads. */
export function describeDenied(buckets: readonly string[]): string {
  return buckets.length === 1
    ? `access denied: bucket ${buckets[0]} is not public`
    : `access denied: buckets ${buckets.join(', ')} are not public`;
}

/** The source, with small objects kept once they were read: several readers of one run cost the bucket one read. */
export function readOnce(source: ArtifactSource): ArtifactSource {
  const known = new Map<string, ReturnType<ArtifactSource['read']>>();
  return {
    buckets: source.buckets,
    read(path, maxBytes) {
      const key = `${maxBytes} ${path}`;
      const reading = known.get(key) ?? source.read(path, maxBytes);
      known.set(key, reading);
      return reading;
    },
    stream: (path) => source.stream(path),
    tail: (path, bytes) => source.tail(path, bytes),
    listFolders: (folder, from, limits) => source.listFolders(folder, from, limits),
    listObjects: (folder) => source.listObjects(folder),
  };
}
