import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { Disk } from './disk.ts';
import { writeDurably } from './write-durably.ts';

/** The file whose lock protects the directory. */
export const lockName = 'lock.sqlite';

const Holder = z.object({ pid: z.number(), host: z.string(), since: z.string() });

/** Another process, or another store of this one, works in the directory. */
export class DirectoryInUse extends Error {
  override name = 'DirectoryInUse';
}

/**
 * Takes the directory for this process and writes down who we are, for those who come after. Returns the way
 * to give it back. Throws `DirectoryInUse`, or an error of the disk.
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

/** The note may be missing or cut short, while its writer starts; the lock itself is what counts. */
async function describeHolder(disk: Disk, note: string): Promise<string> {
  try {
    const holder = Holder.parse(JSON.parse(String(await disk.read(note))));
    return `by process ${holder.pid} on ${holder.host} since ${holder.since}`;
  } catch {
    return 'by a process that is just starting';
  }
}
