import { basename, dirname, join } from 'node:path';
import type { Logger } from '../../../logging.ts';
import type { Disk } from './disk.ts';
import type { DamagedItem } from './durable-file.ts';
import { writeDurably } from './write-durably.ts';

/** Where damaged files go, and when it is (ms since the epoch). */
export interface SetAside {
  disk: Disk;
  folder: string;
  readonly now: number;
}

/** Moves a damaged file out of the way. Returns its new path; what lies there already is left alone. */
export async function setAside(path: string, aside: SetAside): Promise<string> {
  const target = await freePath(path, aside);
  await aside.disk.rename(path, target);
  await aside.disk.syncFolder(aside.folder);
  await aside.disk.syncFolder(dirname(path));
  return target;
}

/** Keeps a copy of what a damaged file held. Returns its path. */
export async function copyAside(path: string, bytes: Uint8Array, aside: SetAside): Promise<string> {
  const target = await freePath(path, aside);
  await writeDurably(aside.disk, target, bytes);
  return target;
}

/** Copies damaged parts of a file aside, one file each, and logs `message` for each. */
export async function copyItemsAside(
  path: string,
  message: string,
  items: readonly DamagedItem[],
  aside: SetAside,
  log: Logger,
): Promise<void> {
  for (const { item, id, reason } of items) {
    const copiedTo = await copyAside(path, Buffer.from(`${JSON.stringify(item)}\n`), aside);
    log.error({ file: path, id, copiedTo, reason }, message);
  }
}

async function freePath(path: string, { disk, folder, now }: SetAside): Promise<string> {
  const time = new Date(now).toISOString().replaceAll(':', '-');
  const taken = new Set(await disk.list(folder));
  let name = `${basename(path)}-${time}`;
  for (let copy = 2; taken.has(name); copy += 1) name = `${basename(path)}-${time}-${copy}`;
  return join(folder, name);
}
