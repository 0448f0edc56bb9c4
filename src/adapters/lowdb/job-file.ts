import { createHash } from 'node:crypto';
import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Disk } from './disk.ts';
import { storedChain } from './stored-chain.ts';
import { storedFileAdapter } from './stored-file.ts';

const StoredJob = z.object({
  version: z.literal(1),
  job: z.string().min(1),
  /** Newest first. */
  chains: z.array(storedChain),
});

/** What the file of a job holds. */
export type StoredJob = z.infer<typeof StoredJob>;

/**
 * The name of a job's file. The hash keeps apart what the readable part does not: long names that begin alike,
 * and names that differ by case alone on a disk that does not tell cases apart.
 */
export function jobFileName(jobName: string): string {
  const readable = jobName.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 180);
  const hash = createHash('sha256').update(jobName).digest('hex').slice(0, 16);
  return `${readable}-${hash}.json`;
}

/** A job's file, as `storedFileAdapter` reads and writes it. */
export function jobFileAdapter(disk: Disk, path: string): Adapter<StoredJob> {
  return storedFileAdapter(disk, path, StoredJob);
}
