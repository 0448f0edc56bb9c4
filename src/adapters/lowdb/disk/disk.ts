import { createPool } from '../../../time/work-pool.ts';

/** An open file. Positions and lengths are bytes. */
export interface DiskFile {
  /** Writes all bytes or throws. After an error, any part of them may have been written. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Resolves when the file's content survives a power cut. */
  sync(): Promise<void>;
  /** The file's identity, as in `Disk.identify`; it stays the same if another file takes the path. */
  identify(): Promise<string>;
  close(): Promise<void>;
}

/**
 * What the store needs of a disk. Tests replace it by one that fails. Paths are absolute; errors are those of `node:fs`, with
 * a `code`.
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
  /** Opens a file for writing and keeps its content; makes a missing one. */
  open(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; a missing one is fine. */
  remove(path: string): Promise<void>;
  /** Resolves when the names in the folder survive a power cut. */
  syncFolder(path: string): Promise<void>;
  /** Takes a lock that dies with the process and returns the way to release it; `null`: it is held. */
  lock(path: string): (() => void) | null;
}

/** The write went to a file that is no longer in the data directory. */
export class DirectoryReplaced extends Error {
  override name = 'DirectoryReplaced';
  readonly code = 'ESTALE';
}

/**
 * The same disk, as long as the lock file at `lockPath` is the one that this process locked. If the directory, or a
 * single file that is being written, was removed or replaced, no write counts as durable: it throws `DirectoryReplaced`.
 */
export async function guardDisk(disk: Disk, lockPath: string): Promise<Disk> {
  const locked = await disk.identify(lockPath);

  async function assertLocked(): Promise<void> {
    if ((await disk.identify(lockPath)) === locked) return;
    throw new DirectoryReplaced('the data directory was removed or replaced while the service was running');
  }

  return {
    // A spread would lose the methods of a class.
    makeFolder: (path, like) => disk.makeFolder(path, like),
    list: (folder) => disk.list(folder),
    identify: (path) => disk.identify(path),
    read: (path) => disk.read(path),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    lock: (path) => disk.lock(path),
    open: async (path) => {
      const file = await disk.open(path).catch(async (error: unknown) => {
        await assertLocked();
        throw error;
      });
      return guardFile(disk, file, path, assertLocked);
    },
    syncFolder: async (path) => {
      await disk.syncFolder(path);
      await assertLocked();
    },
  };
}

async function guardFile(
  disk: Disk,
  file: DiskFile,
  path: string,
  assertLocked: () => Promise<void>,
): Promise<DiskFile> {
  const opened = await file.identify();
  const sync = async () => {
    await file.sync();
    if ((await disk.identify(path)) !== opened)
      throw new DirectoryReplaced(
        'a file of the data directory was removed or replaced while it was written',
      );
    await assertLocked();
  };
  return { ...forwardFile(file), sync };
}

/** The same file as an object whose functions can be replaced. */
function forwardFile(file: DiskFile): DiskFile {
  return {
    write: (bytes, position) => file.write(bytes, position),
    truncate: (length) => file.truncate(length),
    sync: () => file.sync(),
    identify: () => file.identify(),
    close: () => file.close(),
  };
}

/** Files and folders that the store may have open at once; the journal is always open. */
const maxOpen = 32;

/**
 * The disk with a bound on open files. Node opens all requested files before it reads the first one, so hundreds of
 * failures at once would need hundreds of descriptors, and an open without a free descriptor fails.
 */
export function narrowDisk(disk: Disk, most = maxOpen): Disk {
  const pool = createPool(most);
  return {
    ...disk,
    list: (folder) => pool(() => disk.list(folder)),
    read: (path) => pool(() => disk.read(path)),
    syncFolder: (path) => pool(() => disk.syncFolder(path)),
    open(path) {
      const { promise, resolve, reject } = Promise.withResolvers<DiskFile>();
      // An open file keeps its place until it is closed.
      void pool(async () => {
        const closed = Promise.withResolvers<void>();
        try {
          const file = await disk.open(path);
          resolve({ ...forwardFile(file), close: () => file.close().finally(closed.resolve) });
        } catch (error) {
          return reject(error);
        }
        await closed.promise;
      });
      return promise;
    },
  };
}
