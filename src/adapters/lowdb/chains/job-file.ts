import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { Chain } from '../../../chain/chain.ts';
import type { Disk } from '../disk/disk.ts';
import { DamagedFile, type DamagedItem, partition, readJson, writeJson } from '../disk/durable-file.ts';
import type { Quarantine } from '../disk/quarantine.ts';
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
  disk: Disk;
  folder: string;
  quarantine: Quarantine;
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
 * A job's file. `read` moves a damaged file or damaged chains into quarantine. It throws `NewerVersion` or the disk's error.
 */
export function jobFileAdapter(place: JobFolder, job: string): Adapter<StoredJob> {
  const name = jobFileName(job);
  return {
    read: async () => {
      const read = await readJobFile(place, name);
      if (read !== null && read.damaged.length > 0) await dropDamaged(place, name, read);
      return read?.stored ?? null;
    },
    write: (stored) => writeJobFile(place, name, stored),
  };
}

export interface ReadJob {
  stored: StoredJob;
  damaged: DamagedItem[];
}

/** `null`: there is no such file, or it was damaged as a whole. Throws as `jobFileAdapter` does. */
export async function readJobFile(place: JobFolder, name: string): Promise<ReadJob | null> {
  const path = join(place.folder, name);
  const read = async () => {
    const raw = await readJson(place.disk, path, RawJob, 2);
    if (raw === null) return null;
    if (jobFileName(raw.job) !== name) throw new DamagedFile('it has the name of another job');
    const { good, damaged } = partition(raw.chains, storedChain, isStoredChain);
    // What is kept of a chain keeps its job's name: one text for all of them, and not one each.
    for (const chain of good) if (chain.jobName === raw.job) chain.jobName = raw.job;
    return { stored: { ...raw, version: 2 as const, chains: good }, damaged };
  };
  return place.quarantine.readOrMove(path, read, 'damaged document set aside');
}

export async function writeJobFile(
  { disk, folder }: JobFolder,
  name: string,
  stored: StoredJob,
): Promise<void> {
  await writeJson(disk, join(folder, name), stored);
}

/** Copies the damaged chains into quarantine, and only then writes the file without them. */
export async function dropDamaged(
  place: JobFolder,
  name: string,
  { stored, damaged }: ReadJob,
): Promise<void> {
  await place.quarantine.copyItems(join(place.folder, name), damaged, 'damaged chain set aside');
  await writeJobFile(place, name, stored);
}
