import { createHash } from 'node:crypto';
import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Disk } from './disk.ts';
import { storedChain } from './stored-chain.ts';
import { writeDurably } from './write-durably.ts';

const StoredJob = z.object({
  version: z.literal(1),
  job: z.string().min(1),
  /** Newest first. */
  chains: z.array(storedChain),
});

/** What the file of a job holds. */
export type StoredJob = z.infer<typeof StoredJob>;

/** The file is there but is not what this store writes; the message says why and quotes nothing of it. */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
}

/**
 * The name of a job's file. The hash keeps apart what the readable part does not: long names that begin alike,
 * and names that differ by case alone on a disk that does not tell cases apart.
 */
export function jobFileName(jobName: string): string {
  const readable = jobName.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 180);
  const hash = createHash('sha256').update(jobName).digest('hex').slice(0, 16);
  return `${readable}-${hash}.json`;
}

/** A job's file as lowdb sees it: `read` throws `DamagedFile`, `write` survives a power cut. */
export function jobFileAdapter(disk: Disk, path: string): Adapter<StoredJob> {
  return {
    read: async () => {
      const bytes = await disk.read(path);
      return bytes === null ? null : parseJobFile(bytes.toString());
    },
    write: (stored) => writeDurably(disk, path, Buffer.from(`${JSON.stringify(stored)}\n`)),
  };
}

function parseJobFile(text: string): StoredJob {
  const { data, error } = StoredJob.safeParse(parseJson(text));
  if (data === undefined) throw new DamagedFile(z.prettifyError(error));
  return data;
}

/** Throws `DamagedFile` for what is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DamagedFile('it is not JSON');
  }
}
