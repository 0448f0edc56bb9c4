import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Disk } from './disk.ts';
import { DamagedFile, parseJson } from './job-file.ts';
import { writeDurably } from './write-durably.ts';

/** The latest moment that a date knows, in milliseconds since the epoch. */
const latest = 8.64e15;

const StoredSilences = z.object({
  version: z.literal(1),
  silences: z.array(
    z.object({
      id: z.string().min(1),
      job: z.string().min(1),
      until: z.number().max(latest),
      author: z.string(),
      comment: z.string(),
    }),
  ),
});

/** What the file of silences holds. */
export type StoredSilences = z.infer<typeof StoredSilences>;

/** The file of silences as lowdb sees it: `read` throws `DamagedFile`, `write` survives a power cut. */
export function silencesFileAdapter(disk: Disk, path: string): Adapter<StoredSilences> {
  return {
    read: async () => {
      const bytes = await disk.read(path);
      return bytes === null ? null : parseSilences(bytes.toString());
    },
    write: (stored) => writeDurably(disk, path, Buffer.from(`${JSON.stringify(stored)}\n`)),
  };
}

function parseSilences(text: string): StoredSilences {
  const { data, error } = StoredSilences.safeParse(parseJson(text));
  if (data === undefined) throw new DamagedFile(z.prettifyError(error));
  return data;
}
