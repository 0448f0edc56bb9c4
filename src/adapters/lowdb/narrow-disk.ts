import type { Disk, DiskFile } from './disk.ts';
import { Slots } from './slots.ts';

/** Files and folders that the store has open at once; the journal is open all the time. */
const mostOpen = 32;

/**
 * The disk with a bound on what is open at once. Node opens all files that it is asked for before it reads the first
 * one, so hundreds of failures at once would need hundreds of descriptors, and those that get none fail.
 */
export function narrowDisk(disk: Disk, most = mostOpen): Disk {
  const slots = new Slots(most);
  return {
    ...disk,
    list: (folder) => slots.run(() => disk.list(folder)),
    read: (path) => slots.run(() => disk.read(path)),
    syncFolder: (path) => slots.run(() => disk.syncFolder(path)),
    async open(path) {
      const release = await slots.take();
      try {
        return releaseAtClose(await disk.open(path), release);
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

function releaseAtClose(file: DiskFile, release: () => void): DiskFile {
  return {
    write: (bytes, position) => file.write(bytes, position),
    truncate: (length) => file.truncate(length),
    sync: () => file.sync(),
    identify: () => file.identify(),
    close: () => file.close().finally(release),
  };
}
