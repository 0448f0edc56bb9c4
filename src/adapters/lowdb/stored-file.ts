import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Disk } from './disk.ts';
import { writeDurably } from './write-durably.ts';

/** The file is there but is not what this store writes; the message says why and quotes nothing of it. */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
}

/** A file of JSON as lowdb sees it: `read` throws `DamagedFile`, `write` survives a power cut. */
export function storedFileAdapter<T>(disk: Disk, path: string, schema: z.ZodType<T>): Adapter<T> {
  return {
    read: async () => {
      const bytes = await disk.read(path);
      return bytes === null ? null : parseStored(bytes.toString(), schema);
    },
    write: (stored) => writeDurably(disk, path, Buffer.from(`${JSON.stringify(stored)}\n`)),
  };
}

function parseStored<T>(text: string, schema: z.ZodType<T>): T {
  const { data, error } = schema.safeParse(parseJson(text));
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
