import { basename, dirname, join } from 'node:path';
import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Disk } from './disk.ts';
import type { Logger } from '../../../logging.ts';

/** The newest version of a file that this program writes: documents of jobs have 2, all other files 1. */
const known = 2;

/** The file is there but is not what this store writes; the message says why and quotes nothing of it. */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
}

/** A newer version of retrigger wrote the file. The file is left as it is, so that the newer version can still use it. */
export class NewerVersion extends Error {
  override name = 'NewerVersion';

  constructor(path: string, version: number) {
    super(
      `${path} was written by a newer version of retrigger (file version ${version}, this program knows ${known}). ` +
        'Start the newer version, or restore a backup of the data directory that this version made',
    );
  }
}

/** Part of a file that this store did not write. */
export interface DamagedItem {
  item: unknown;
  /** The item's id; `null`: it has none. */
  id: string | null;
  reason: string;
}

/** A file of JSON as lowdb sees it: `read` throws `DamagedFile` or `NewerVersion`, `write` survives a power cut. */
export function storedFileAdapter<T>(disk: Disk, path: string, schema: z.ZodType<T>): Adapter<T> {
  return {
    read: async () => {
      const bytes = await readIfFile(disk, path);
      return bytes === null ? null : parseStored(path, bytes.toString(), schema);
    },
    write: (stored) => writeDurably(disk, path, Buffer.from(`${JSON.stringify(stored)}\n`)),
  };
}

/** Separates valid items from damaged ones. An item that `isSound` accepts needs no check by the schema. */
export function partition<T>(
  items: readonly unknown[],
  schema: z.ZodType<T>,
  isSound: ((item: unknown) => item is T) | null = null,
): { good: T[]; damaged: DamagedItem[] } {
  const good: T[] = [];
  const damaged: DamagedItem[] = [];
  for (const item of items) {
    if (isSound?.(item) === true) {
      good.push(item);
      continue;
    }
    const { data, error } = schema.safeParse(item);
    if (error === undefined) good.push(data);
    else damaged.push({ item, id: readId(item), reason: z.prettifyError(error) });
  }
  return { good, damaged };
}

/** Anything at the path that is not a file counts as damaged, too. */
async function readIfFile(disk: Disk, path: string): Promise<Buffer | null> {
  try {
    return await disk.read(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw new DamagedFile('it is not a regular file');
    if (code === 'ELOOP') throw new DamagedFile('it is a loop of symbolic links');
    throw error;
  }
}

function parseStored<T>(path: string, text: string, schema: z.ZodType<T>): T {
  const value = parseJson(text);
  const version = readField(value, 'version');
  if (typeof version === 'number' && Number.isInteger(version) && version > known)
    throw new NewerVersion(path, version);
  const { data, error } = schema.safeParse(value);
  if (error !== undefined) throw new DamagedFile(z.prettifyError(error));
  return data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DamagedFile('it is not JSON');
  }
}

function readId(item: unknown): string | null {
  const id = readField(item, 'id');
  return typeof id === 'string' ? id.slice(0, 200) : null;
}

function readField(value: unknown, field: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[field] : undefined;
}

/** Where damaged files go, and when it is (ms since the epoch). */
export interface Quarantined {
  disk: Disk;
  folder: string;
  readonly now: number;
}

/** Moves a damaged file out of the way. Returns its new path; what lies there already is left alone. */
export async function quarantine(path: string, aside: Quarantined): Promise<string> {
  const target = await freePath(path, aside);
  await aside.disk.rename(path, target);
  await aside.disk.syncFolder(aside.folder);
  await aside.disk.syncFolder(dirname(path));
  return target;
}

/** Keeps a copy of what a damaged file held. Returns its path. */
export async function quarantineCopy(path: string, bytes: Uint8Array, aside: Quarantined): Promise<string> {
  const target = await freePath(path, aside);
  await writeDurably(aside.disk, target, bytes);
  return target;
}

/** Copies damaged parts of a file aside, one file each, and logs `message` for each. */
export async function quarantineItems(
  path: string,
  message: string,
  items: readonly DamagedItem[],
  aside: Quarantined,
  log: Logger,
): Promise<void> {
  for (const { item, id, reason } of items) {
    const copiedTo = await quarantineCopy(path, Buffer.from(`${JSON.stringify(item)}\n`), aside);
    log.error({ file: path, id, copiedTo, reason }, message);
  }
}

async function freePath(path: string, { disk, folder, now }: Quarantined): Promise<string> {
  const time = new Date(now).toISOString().replaceAll(':', '-');
  const taken = new Set(await disk.list(folder));
  let name = `${basename(path)}-${time}`;
  for (let copy = 2; taken.has(name); copy += 1) name = `${basename(path)}-${time}-${copy}`;
  return join(folder, name);
}

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
