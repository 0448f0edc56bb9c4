import type { Adapter } from 'lowdb';
import { z } from 'zod';
import { jobStatuses } from '../../job/status.ts';
import type { Disk } from './disk.ts';
import { DamagedFile, parseJson } from './job-file.ts';
import { writeDurably } from './write-durably.ts';

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

/** A history file as lowdb sees it: `read` throws `DamagedFile`, `write` survives a power cut. */
export function historyFileAdapter(disk: Disk, path: string): Adapter<StoredHistory> {
  return {
    read: async () => {
      const bytes = await disk.read(path);
      return bytes === null ? null : parseHistoryFile(bytes.toString());
    },
    write: (stored) => writeDurably(disk, path, Buffer.from(`${JSON.stringify(stored)}\n`)),
  };
}

function parseHistoryFile(text: string): StoredHistory {
  const { data, error } = StoredHistory.safeParse(parseJson(text));
  if (data === undefined) throw new DamagedFile(z.prettifyError(error));
  return data;
}
