import type { Adapter } from 'lowdb';
import { z } from 'zod';
import { copyItemsAside } from '../disk/quarantine.ts';
import { sortOut, storedFileAdapter } from '../disk/durable-file.ts';
import type { Whereabouts } from '../disk/json-file.ts';

/** `list` is the name of the file's only list; `says` is the log message about a damaged item. */
interface ListFile<T> {
  list: string;
  says: string;
  schema: z.ZodType<T>;
}

/**
 * A file with one list, as `storedFileAdapter` reads and writes it. Only a damaged item is set aside and named in the log;
 * then the file is written without it.
 */
export function listFileAdapter<T, Stored>(
  { path, aside, log }: Whereabouts,
  { list, says, schema }: ListFile<T>,
): Adapter<Stored> {
  const shape = z.object({ version: z.literal(1), [list]: z.array(z.unknown()) });
  const { read, write } = storedFileAdapter<Record<string, unknown>>(aside.disk, path, shape);
  return {
    read: async () => {
      const raw = await read();
      if (raw === null) return null;
      const { good, damaged } = sortOut(raw[list] as unknown[], schema);
      const stored = { ...raw, [list]: good };
      if (damaged.length > 0) {
        await copyItemsAside(path, says, damaged, aside, log);
        await write(stored);
      }
      return stored as Stored;
    },
    write: (stored) => write(stored as Record<string, unknown>),
  };
}
