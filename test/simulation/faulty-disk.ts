import type { Disk, DiskFile } from '../../src/adapters/lowdb/disk/disk.ts';
import { diskError } from '../adapters/lowdb/disk/tap-disk.ts';
import type { MemoryDisk } from '../adapters/lowdb/disk/memory-disk.ts';

/** What may happen to a disk operation; the world decides. */
export interface DiskFaults {
  /** Lets some time pass; never resolves once the process is dead. */
  takeTime(): Promise<void>;
  /** The process may die here: then this never resolves. */
  mayDie(when: 'before' | 'after'): Promise<void>;
  /** How many of the bytes arrive before the process dies within the write; `null`: it does not. */
  tearsAt(bytes: number): number | null;
  /** The process dies at once; never resolves. */
  die(): Promise<never>;
  isFull(): boolean;
  failsSync(): boolean;
}

/** The disk as the process sees it: slow, full at times, and the place where it dies. */
export function faultyDisk(disk: MemoryDisk, faults: DiskFaults): Disk {
  async function endure<T>(work: () => Promise<T>, needsRoom = false): Promise<T> {
    await faults.takeTime();
    await faults.mayDie('before');
    if (needsRoom && faults.isFull()) throw diskError('ENOSPC');
    const result = await work();
    await faults.mayDie('after');
    return result;
  }
  return {
    makeFolder: (path) => endure(() => disk.makeFolder(path)),
    list: (folder) => endure(() => disk.list(folder)),
    identify: (path) => disk.identify(path),
    read: (path) => endure(() => disk.read(path)),
    open: (path) => endure(async () => faultyFile(await disk.open(path), path, disk, faults, endure), true),
    rename: (from, to) => endure(() => disk.rename(from, to)),
    remove: (path) => endure(() => disk.remove(path)),
    syncFolder: (path) =>
      endure(async () => {
        if (faults.failsSync()) throw diskError('EIO');
        await disk.syncFolder(path);
      }),
    lock: (path) => disk.lock(path),
  };
}

function faultyFile(
  file: DiskFile,
  path: string,
  disk: MemoryDisk,
  faults: DiskFaults,
  endure: <T>(work: () => Promise<T>) => Promise<T>,
): DiskFile {
  return {
    write: (bytes, position) =>
      endure(async () => {
        const arrived = faults.tearsAt(bytes.length);
        if (arrived !== null) {
          await file.write(bytes.subarray(0, arrived), position);
          return faults.die();
        }
        if (!faults.isFull()) return file.write(bytes, position);
        await file.write(bytes.subarray(0, bytes.length / 2), position);
        throw diskError('ENOSPC');
      }),
    truncate: (length) => endure(() => file.truncate(length)),
    sync: () =>
      endure(async () => {
        if (!faults.failsSync()) return file.sync();
        disk.forget(path);
        throw diskError('EIO');
      }),
    identify: () => file.identify(),
    close: () => endure(() => file.close()),
  };
}
