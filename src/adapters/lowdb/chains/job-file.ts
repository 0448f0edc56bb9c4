import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Chain } from '../../../chain/chain.ts';
import type { Logger } from '../../../logging.ts';
import {
  quarantineItems,
  quarantine,
  type Quarantined,
  type DamagedItem,
  DamagedFile,
  partition,
  storedFileAdapter,
} from '../disk/durable-file.ts';
import { isStoredChain, storedChain } from './schema.ts';

/** What the file of a job holds. */
export interface StoredJob {
  version: 2;
  job: string;
  /** Newest first. */
  chains: Chain[];
}

/** The shape in which it is read: each chain is then checked on its own. */
const RawJob = z.object({
  version: z.literal([1, 2]),
  job: z.string().min(1),
  chains: z.array(z.unknown()),
});

/** Where the files of jobs are, and where damaged ones go. */
export interface JobFolder {
  folder: string;
  aside: Quarantined;
  log: Logger;
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

/**
 * A job's file. `read` sets a damaged file or damaged chains aside and names them in the log. It throws `NewerVersion` or
 * the disk's error.
 */
export function jobFileAdapter(place: JobFolder, job: string): Adapter<StoredJob> {
  const name = jobFileName(job);
  const write = (stored: StoredJob) => writeJobFile(place, name, stored);
  return {
    read: async () => {
      const read = await readJobFile(place, name);
      if (read === null) return null;
      if (read.damaged.length > 0) await dropDamaged(place, name, read);
      return read.stored;
    },
    write,
  };
}

export interface ReadJob {
  stored: StoredJob;
  damaged: DamagedItem[];
}

/** `null`: there is no such file, or it was damaged as a whole and set aside. Throws as `jobFileAdapter` does. */
export async function readJobFile({ folder, aside, log }: JobFolder, name: string): Promise<ReadJob | null> {
  const path = join(folder, name);
  try {
    const raw = await storedFileAdapter(aside.disk, path, RawJob).read();
    if (raw === null) return null;
    if (jobFileName(raw.job) !== name) throw new DamagedFile('it has the name of another job');
    const { good, damaged } = partition(raw.chains, storedChain, isStoredChain);
    // What is kept of a chain keeps its job's name: one text for all of them, and not one each.
    for (const chain of good) if (chain.jobName === raw.job) chain.jobName = raw.job;
    return { stored: { ...raw, version: 2, chains: good }, damaged };
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    const movedTo = await quarantine(path, aside);
    log.error({ file: path, movedTo, reason: error.message }, 'damaged document set aside');
    return null;
  }
}

export async function writeJobFile(
  { folder, aside }: JobFolder,
  name: string,
  stored: StoredJob,
): Promise<void> {
  const path = join(folder, name);
  await storedFileAdapter<StoredJob>(aside.disk, path, z.any()).write(stored);
}

/** Copies the damaged chains aside, and only then writes the file without them. */
export async function dropDamaged(
  place: JobFolder,
  name: string,
  { stored, damaged }: ReadJob,
): Promise<void> {
  await quarantineItems(join(place.folder, name), 'damaged chain set aside', damaged, place.aside, place.log);
  await writeJobFile(place, name, stored);
}
