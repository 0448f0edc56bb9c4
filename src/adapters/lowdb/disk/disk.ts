/** An open file. Positions and lengths are bytes. */
export interface DiskFile {
  /** Writes all bytes or throws; how many of them arrived is unknown then. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Resolves when the file's content survives a power cut. */
  sync(): Promise<void>;
  /** The file's identity, as in `Disk.identify`; it stays the same if another file takes the path. */
  identify(): Promise<string>;
  close(): Promise<void>;
}

/**
 * All that the store asks of a disk, so that it also runs on one that fails on purpose. Paths are absolute;
 * errors are the ones of `node:fs`, with a `code`.
 */
export interface Disk {
  /**
   * Makes a folder and its parents; they survive a power cut. They are for our user alone; if the group may write the
   * folder `like`, it may write the new one, too.
   */
  makeFolder(path: string, like?: string): Promise<void>;
  list(folder: string): Promise<string[]>;
  /** The identity of the file at the path, which no two existing files share. `null`: there is no file. */
  identify(path: string): Promise<string | null>;
  /** `null`: there is no such file. EISDIR: it is not a regular file. */
  read(path: string): Promise<Buffer | null>;
  /** Opens a file for writing and leaves what it holds; makes it where it is missing. */
  open(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; a missing one is fine. */
  remove(path: string): Promise<void>;
  /** Resolves when the names in the folder survive a power cut. */
  syncFolder(path: string): Promise<void>;
  /** Takes a lock that dies with the process and returns the way to release it; `null`: it is held. */
  lock(path: string): (() => void) | null;
}
