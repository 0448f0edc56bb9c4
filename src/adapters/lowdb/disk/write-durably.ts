import { dirname } from 'node:path';
import type { Disk } from './disk.ts';

/** What a file is called while it is not whole yet; the store removes what is left of those at its start. */
export const unfinished = '.tmp';

/**
 * Replaces a file so that after a power cut it holds all of the old bytes or all of the new. When it throws,
 * either may be the case. Writes of one path must not overlap.
 */
export async function writeDurably(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const temporary = path + unfinished;
  try {
    await writeAnew(disk, temporary, bytes);
    await disk.rename(temporary, path);
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
  await disk.syncFolder(dirname(path));
}

async function writeAnew(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(path);
  try {
    await file.truncate(0);
    await file.write(bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}
