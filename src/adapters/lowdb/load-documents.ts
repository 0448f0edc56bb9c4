import { join } from 'node:path';
import type { Logger } from '../../logging.ts';
import type { Chain } from '../../chain/chain.ts';
import { jobFileAdapter, jobFileName, type StoredJob } from './job-file.ts';
import { DamagedFile } from './stored-file.ts';
import { setAside, type SetAside } from './set-aside.ts';

export interface LoadHooks {
  prune: (chains: Chain[]) => Chain[];
  take: (chain: Chain, job: string) => void;
}

/**
 * Reads every job's file once, in turn, and prunes it: no write ever comes to a job that is notified of no more. A
 * damaged one is set aside and named in the log; one that cannot be read at all throws, because its chains may well
 * be there at the next start.
 */
export async function loadDocuments(
  folder: string,
  aside: SetAside,
  log: Logger,
  { prune, take }: LoadHooks,
): Promise<void> {
  const names = await aside.disk.list(folder);
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const path = join(folder, name);
    try {
      const stored = await readDocument(path, name, aside);
      if (stored === null) continue;
      const chains = prune(stored.chains);
      for (const chain of chains) take(chain, stored.job);
      if (chains.length < stored.chains.length) await shrink(path, { ...stored, chains }, aside, log);
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      const movedTo = await setAside(path, aside);
      log.error({ file: path, movedTo, reason: error.message }, 'damaged document set aside');
    }
  }
}

async function readDocument(path: string, name: string, { disk }: SetAside): Promise<StoredJob | null> {
  const stored = await jobFileAdapter(disk, path).read();
  if (stored !== null && jobFileName(stored.job) !== name)
    throw new DamagedFile('it has the name of another job');
  return stored;
}

/** Where the disk takes no write, the file stays as it is, and is pruned again at the next start. */
async function shrink(path: string, stored: StoredJob, { disk }: SetAside, log: Logger): Promise<void> {
  try {
    if (stored.chains.length === 0) await disk.remove(path);
    else await jobFileAdapter(disk, path).write(stored);
  } catch (err) {
    log.warn({ err, file: path }, 'pruned document could not be written');
  }
}
