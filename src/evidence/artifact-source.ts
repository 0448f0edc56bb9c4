/** What reading an artifact came to. `unavailable` may pass: another try can help; `absent` is an answer. */
export type Found<T> =
  | { kind: 'found'; value: T }
  | { kind: 'absent' }
  | { kind: 'unavailable'; why: string };

/** The bucket, read only. Paths are object names in it, without a slash at the front. */
export interface ArtifactSource {
  /** A small object as text; one over `maxBytes` is `unavailable`. */
  read(path: string, maxBytes: number): Promise<Found<string>>;
  /** An object's bytes as they come, never held whole. */
  stream(path: string): Promise<Found<AsyncIterable<Uint8Array>>>;
  /** The last `bytes` of an object as text. */
  tail(path: string, bytes: number): Promise<Found<string>>;
  /** The names of the folders right under `folder` that sort at or after `from`, in order. */
  listFolders(folder: string, from: string): Promise<Found<string[]>>;
  /** The names of the objects below `folder`, without it: the first 100 in order, so names may be missing. */
  listObjects(folder: string): Promise<Found<string[]>>;
}
