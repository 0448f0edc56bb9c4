import { dirname } from 'node:path';
import { z } from 'zod';
import type { Disk } from './disk.ts';

/** The file has content that this store does not write. The message gives the reason and quotes no content. */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
}

/** A newer version of retrigger wrote the file. The file is left as it is, so that the newer version can still use it. */
export class NewerVersion extends Error {
  override name = 'NewerVersion';

  constructor(path: string, version: number, known: number) {
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

/** `null`: there is no such file. `known`: the newest version that this program reads. Throws `DamagedFile`, `NewerVersion` or the disk's error. */
export async function readJson<T>(
  disk: Disk,
  path: string,
  schema: z.ZodType<T>,
  known = 1,
): Promise<T | null> {
  const bytes = await readIfFile(disk, path);
  return bytes === null ? null : parseStored(path, bytes.toString(), schema, known);
}

/** Writes as `writeDurably` does. */
export async function writeJson(disk: Disk, path: string, stored: unknown): Promise<void> {
  await writeDurably(disk, path, Buffer.from(`${JSON.stringify(stored)}\n`));
}

/** Separates valid items from damaged ones. An item that `isIntact` accepts needs no check by the schema. */
export function partition<T>(
  items: readonly unknown[],
  schema: z.ZodType<T>,
  isIntact: ((item: unknown) => item is T) | null = null,
): { good: T[]; damaged: DamagedItem[] } {
  const good: T[] = [];
  const damaged: DamagedItem[] = [];
  for (const item of items) {
    if (isIntact?.(item) === true) {
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

function parseStored<T>(path: string, text: string, schema: z.ZodType<T>, known: number): T {
  const value = parseJson(text);
  const version = readField(value, 'version');
  if (typeof version === 'number' && Number.isInteger(version) && version > known)
    throw new NewerVersion(path, version, known);
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

/** The ending of a file that is being written. The store removes leftovers at its start. */
export const unfinished = '.tmp';

/**
 * Replaces a file. After a power cut it holds all of the old bytes or all of the new ones. If this throws, either may be
 * the case. Writes of one path must not overlap.
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
