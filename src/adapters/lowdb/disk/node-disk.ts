import { closeSync, constants, fstatSync, open as openRaw, read as readRaw, type Stats } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Disk, DiskFile } from './disk.ts';
import { lockFile } from './lock.ts';

const { O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR, S_IWGRP, S_IRWXG } = constants;
const openToRead = promisify(openRaw);
const readSome = promisify(readRaw);
/** Of files that the group shares. */
const sharedFile = 0o660;

/**
 * The disk of this machine. Files are for our user alone: they hold sealed tokens. In a folder that its group may write,
 * they are for the group as well: under OpenShift the group stays while the user changes.
 */
export const nodeDisk: Disk = {
  makeFolder,
  list: (folder) => readdir(folder),
  identify,
  read,
  open: async (path) => asDiskFile(await openFile(path)),
  rename,
  remove: (path) => rm(path, { force: true }),
  syncFolder,
  lock: lockFile,
};

/** Folder by folder: under `/proc`, Node's own recursion never returns (README.md). */
async function makeFolder(path: string, like?: string): Promise<void> {
  if (await isThere(path)) return;
  const parent = dirname(path);
  await makeFolder(parent);
  await mkdir(path, { mode: 0o700 }).catch(async (error: unknown) => {
    // Another process may have been faster.
    if (!(await isThere(path))) throw error;
  });
  // `mkdir` drops what the umask forbids. `chmod` must keep the bit that hands the group down.
  if (like !== undefined && (await isShared(like))) await chmod(path, (await stat(path)).mode | S_IRWXG);
  await syncFolder(parent);
}

async function openFile(path: string): Promise<FileHandle> {
  const isForGroup = await isShared(dirname(path));
  const handle = await open(path, O_RDWR | O_CREAT, isForGroup ? sharedFile : 0o600);
  // The umask removed the group's right to write. A file of another user stays as it is.
  if (isForGroup) await handle.chmod(sharedFile).catch(ignoreForeign);
  return handle;
}

async function isShared(folder: string): Promise<boolean> {
  const stats = await stat(folder).catch(nullIfMissing);
  return stats !== null && (stats.mode & S_IWGRP) !== 0;
}

function ignoreForeign(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPERM') throw error;
}

async function isThere(path: string): Promise<boolean> {
  const stats = await stat(path).catch(nullIfMissing);
  // A file in its place is an error that `mkdir` words best.
  return stats?.isDirectory() === true;
}

/** A start reads 20,000 files. Only calls that wait for the disk run in another thread, because each change of thread costs time. */
async function read(path: string): Promise<Buffer | null> {
  // Without O_NONBLOCK a pipe would block a thread of Node for ever.
  const file = await openToRead(path, O_RDONLY | O_NONBLOCK).catch(nullIfMissing);
  if (file === null) return null;
  try {
    const stats = fstatSync(file);
    if (!stats.isFile())
      throw Object.assign(new Error(`EISDIR: ${path} is not a regular file`), { code: 'EISDIR', path });
    return await readWhole(file, stats.size);
  } finally {
    closeSync(file);
  }
}

/** A read may return fewer bytes than requested. No bytes: the file has become shorter. */
async function readWhole(file: number, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await readSome(file, bytes, length, size - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

async function identify(path: string): Promise<string | null> {
  const stats = await stat(path).catch(nullIfMissing);
  return stats === null ? null : nameOf(stats);
}

function nameOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function nullIfMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function asDiskFile(handle: FileHandle): DiskFile {
  return {
    write: (bytes, position) => writeAll(handle, bytes, position),
    truncate: (length) => handle.truncate(length),
    sync: () => handle.sync(),
    identify: async () => nameOf(await handle.stat()),
    close: () => handle.close(),
  };
}

/** A single write may take fewer bytes than it got, for example on a disk that is almost full. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** Makes one durable write. Throws the disk's error. */
export async function probeDirectory(disk: Disk, directory: string): Promise<void> {
  const file = await disk.open(join(directory, 'probe'));
  try {
    await file.write(Buffer.from('durable\n'), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}
