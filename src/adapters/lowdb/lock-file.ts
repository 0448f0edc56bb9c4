import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const SQLITE_BUSY = 5;

/**
 * Holds an exclusive SQLite transaction on the file: the kernel keeps the lock and drops it when the process
 * dies, however it dies. Returns the way to release it; `null`: it is held, by another process or this one.
 *
 * Nothing else in the process may open this file: POSIX drops all of a process's locks on a file as soon as
 * the process closes any handle on it.
 */
export function lockFile(path: string): (() => void) | null {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    chmodSync(path, 0o600);
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
  return () => database.close();
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
