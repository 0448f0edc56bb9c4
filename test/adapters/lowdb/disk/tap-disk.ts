import type { Disk, DiskFile } from '../../../../src/adapters/lowdb/disk/disk.ts';

export type Verb = Exclude<keyof DiskFile, 'identify'> | Exclude<keyof Disk, 'lock' | 'identify'>;
/** Called before each operation; what it throws is the operation's error. */
export type Tap = (verb: Verb, path: string) => void | Promise<void>;

/** The same disk with somebody watching, or standing in the way. A write that fails leaves half its bytes. */
export function tapDisk(disk: Disk, tap: Tap): Disk {
  async function tapped<T>(verb: Verb, path: string, go: () => Promise<T>): Promise<T> {
    await tap(verb, path);
    return go();
  }
  return {
    makeFolder: (path) => tapped('makeFolder', path, () => disk.makeFolder(path)),
    list: (path) => tapped('list', path, () => disk.list(path)),
    identify: (path) => disk.identify(path),
    read: (path) => tapped('read', path, () => disk.read(path)),
    open: (path) => tapped('open', path, async () => tapFile(await disk.open(path), path, tap)),
    rename: (from, to) => tapped('rename', to, () => disk.rename(from, to)),
    remove: (path) => tapped('remove', path, () => disk.remove(path)),
    syncFolder: (path) => tapped('syncFolder', path, () => disk.syncFolder(path)),
    lock: (path) => disk.lock(path),
  };
}

function tapFile(file: DiskFile, path: string, tap: Tap): DiskFile {
  return {
    write: async (bytes, position) => {
      try {
        await tap('write', path);
      } catch (error) {
        await file.write(bytes.subarray(0, bytes.length / 2), position);
        throw error;
      }
      await file.write(bytes, position);
    },
    truncate: async (length) => {
      await tap('truncate', path);
      await file.truncate(length);
    },
    sync: async () => {
      await tap('sync', path);
      await file.sync();
    },
    identify: () => file.identify(),
    close: async () => {
      await file.close();
      await tap('close', path);
    },
  };
}

/** An error as `node:fs` throws it. */
export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: made up`), { code });
}
