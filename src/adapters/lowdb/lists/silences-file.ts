import type { Adapter } from 'lowdb';
import { z } from 'zod';
import { listFileAdapter } from './list-file.ts';
import type { Whereabouts } from '../disk/json-file.ts';

/** The latest moment that a date knows, in milliseconds since the epoch. */
const latest = 8.64e15;

const StoredSilence = z.object({
  id: z.string().min(1),
  job: z.string().min(1),
  until: z.number().max(latest),
  author: z.string(),
  comment: z.string(),
});

/** What the file of silences holds. */
export interface StoredSilences {
  version: 1;
  silences: z.infer<typeof StoredSilence>[];
}

/** The file of silences, as `listFileAdapter` reads and writes it. */
export function silencesFileAdapter(where: Whereabouts): Adapter<StoredSilences> {
  return listFileAdapter(where, {
    list: 'silences',
    says: 'damaged silence set aside',
    schema: StoredSilence,
  });
}
