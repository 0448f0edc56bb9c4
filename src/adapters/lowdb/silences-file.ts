import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Disk } from './disk.ts';
import { storedFileAdapter } from './stored-file.ts';

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

/** The file of silences, as `storedFileAdapter` reads and writes it. */
export function silencesFileAdapter(disk: Disk, path: string): Adapter<StoredSilences> {
  return storedFileAdapter(disk, path, StoredSilences);
}
