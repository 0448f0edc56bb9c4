import type { Adapter } from 'lowdb';
import { z } from 'zod';
import { jobStatuses } from '../../../job/status.ts';
import type { Disk } from '../disk/disk.ts';
import { storedFileAdapter } from '../disk/durable-file.ts';

const StoredRun = z.object({
  buildId: z.string().regex(/^\d+$/),
  prowJobId: z.string().nullable(),
  status: z.enum([...jobStatuses, 'UNKNOWN']),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  attempt: z.int().min(0),
});

const StoredHistory = z.object({
  version: z.literal(1),
  folder: z.string().min(1),
  /** Newest first. */
  runs: z.array(StoredRun),
});

/** What the history file of a job's folder holds. */
export type StoredHistory = z.infer<typeof StoredHistory>;

/** A history file, as `storedFileAdapter` reads and writes it. */
export function historyFileAdapter(disk: Disk, path: string): Adapter<StoredHistory> {
  return storedFileAdapter(disk, path, StoredHistory);
}
