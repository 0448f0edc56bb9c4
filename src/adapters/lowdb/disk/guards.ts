import type { Disk, DiskFile } from './disk.ts';
import { createPool } from '../../../time/work-pool.ts';

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
    makeFolder: (path, like) => disk.makeFolder(path, like),
    list: (folder) => disk.list(folder),
    identify: (path) => disk.identify(path),
    read: (path) => disk.read(path),
    open: async (path) => {
      const file = await disk.open(path).catch(async (error: unknown) => {
        await assertLocked();
        throw error;
      });
      return guardFile(disk, file, path, assertLocked);
    },
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncFolder: async (path) => {
      await disk.syncFolder(path);
      await assertLocked();
    },
    lock: (path) => disk.lock(path),
  };
}

async function guardFile(
  disk: Disk,
  file: DiskFile,
  path: string,
  assertLocked: () => Promise<void>,
): Promise<DiskFile> {
  const opened = await file.identify();
  return {
    write: (bytes, position) => file.write(bytes, position),
    truncate: (length) => file.truncate(length),
    sync: async () => {
      await file.sync();
      if ((await disk.identify(path)) !== opened)
        throw new DirectoryReplaced(
          'a file of the data directory was removed or replaced while it was written',
        );
      await assertLocked();
    },
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
          resolve(notifyClose(await disk.open(path), closed.resolve));
        } catch (error) {
          return reject(error);
        }
        await closed.promise;
      });
      return promise;
    },
  };
}

function notifyClose(file: DiskFile, tell: () => void): DiskFile {
  return {
    write: (bytes, position) => file.write(bytes, position),
    truncate: (length) => file.truncate(length),
    sync: () => file.sync(),
    identify: () => file.identify(),
    close: () => file.close().finally(tell),
  };
}
