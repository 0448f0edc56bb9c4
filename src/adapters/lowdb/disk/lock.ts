import { hostname } from 'node:os';
import { join, dirname } from 'node:path';
import { chmodSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Disk } from './disk.ts';
import { writeDurably } from './durable-file.ts';

/** The file whose lock protects the directory. */
export const lockName = 'lock.sqlite';

const Holder = z.object({ pid: z.number(), host: z.string(), since: z.string() });

/** Another process, or another store of this one, works in the directory. */
export class DirectoryInUse extends Error {
  override name = 'DirectoryInUse';
}

/**
 * Locks the directory for this process and writes a note with our process and host. Returns the function that releases the
 * lock. Throws `DirectoryInUse`, or an error of the disk.
 */
export async function lockDirectory(disk: Disk, directory: string, now: number): Promise<() => void> {
  const note = join(directory, 'lock.json');
  const release = disk.lock(join(directory, lockName));
  if (release === null)
    throw new DirectoryInUse(`${directory} is in use ${await describeHolder(disk, note)}`);
  try {
    const holder = { pid: process.pid, host: hostname(), since: new Date(now).toISOString() };
    await writeDurably(disk, note, Buffer.from(`${JSON.stringify(holder)}\n`));
  } catch (error) {
    release();
    throw error;
  }
  return release;
}

/** The note may be missing or incomplete while its writer starts. Only the lock counts. */
async function describeHolder(disk: Disk, note: string): Promise<string> {
  try {
    const holder = Holder.parse(JSON.parse(String(await disk.read(note))));
    return `by process ${holder.pid} on ${holder.host} since ${holder.since}`;
  } catch {
    return 'by a process that is just starting';
  }
}

const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;

/**
 * Holds an exclusive SQLite transaction on the file: the kernel keeps the lock and drops it when the process
 * dies, in whatever way. Returns the function that releases it. `null`: another process or this one holds it.
 *
 * Nothing else in the process may open this file: POSIX drops all of a process's locks on a file as soon as
 * the process closes any handle on it.
 *
 * Throws an error with the code EACCES and the path if the file cannot be opened for writing, and an error that says what
 * to do if it is not an SQLite file.
 */
export function lockFile(path: string): (() => void) | null {
  const database = openDatabase(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
    restrict(path);
  } catch (error) {
    database.close();
    if (codeOf(error) === SQLITE_BUSY) return null;
    throw explain(error, path);
  }
  return () => database.close();
}

function openDatabase(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw explain(error, path);
  }
}

/** Like the other files: for our user alone, or for the group that may write the folder. SQLite would let everyone read it. */
function restrict(path: string): void {
  const isShared = (statSync(dirname(path)).mode & 0o020) !== 0;
  try {
    chmodSync(path, isShared ? 0o660 : 0o600);
  } catch (error) {
    // The file belongs to another user, and we may write it.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) throw error;
  }
}

/** SQLite's error names no file; SQLite opens a file that we may not write as read-only. */
function explain(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === SQLITE_NOTADB || code === SQLITE_CORRUPT) {
    const advice =
      'It contains no data: if no other process uses the directory, remove this file and start again';
    return new Error(`${path} is damaged. ${advice}`, { cause: error });
  }
  if (code !== SQLITE_CANTOPEN && code !== SQLITE_READONLY) return error;
  return Object.assign(new Error(`${path} cannot be opened for writing`, { cause: error }), {
    code: 'EACCES',
    path,
  });
}

/** The primary error code of SQLite: the lowest eight bits of the extended code. */
function codeOf(error: unknown): number | null {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null;
  return typeof code === 'number' ? code & 0xff : null;
}
