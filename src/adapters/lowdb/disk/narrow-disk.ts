import { narrowGate } from '../../../time/narrow-gate.ts';
import type { Disk, DiskFile } from './disk.ts';

/** Files and folders that the store may have open at once; the journal is always open. */
const mostOpen = 32;

/**
 * The disk with a bound on open files. Node opens all requested files before it reads the first one, so hundreds of
 * failures at once would need hundreds of descriptors, and an open without a free descriptor fails.
 */
export function narrowDisk(disk: Disk, most = mostOpen): Disk {
  const gate = narrowGate(most);
  return {
    ...disk,
    list: (folder) => gate(() => disk.list(folder)),
    read: (path) => gate(() => disk.read(path)),
    syncFolder: (path) => gate(() => disk.syncFolder(path)),
    open(path) {
      const { promise, resolve, reject } = Promise.withResolvers<DiskFile>();
      // An open file keeps its place until it is closed.
      void gate(async () => {
        const closed = Promise.withResolvers<void>();
        try {
          resolve(tellClose(await disk.open(path), closed.resolve));
        } catch (error) {
          return reject(error);
        }
        await closed.promise;
      });
      return promise;
    },
  };
}

function tellClose(file: DiskFile, tell: () => void): DiskFile {
  return {
    write: (bytes, position) => file.write(bytes, position),
    truncate: (length) => file.truncate(length),
    sync: () => file.sync(),
    identify: () => file.identify(),
    close: () => file.close().finally(tell),
  };
}
