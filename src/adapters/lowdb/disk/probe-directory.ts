import { join } from 'node:path';
import type { Disk } from './disk.ts';

/** Throws the disk's error where the directory takes no durable write. */
export async function probeDirectory(disk: Disk, directory: string): Promise<void> {
  const file = await disk.open(join(directory, 'probe'));
  try {
    await file.write(Buffer.from('durable\n'), 0);
    await file.sync();
  } finally {
    await file.close();
  }
}
