import { join } from 'node:path';
import type { Logger } from '../../logging.ts';
import type { Chain } from '../../chain/chain.ts';
import { DamagedFile, jobFileAdapter, jobFileName } from './job-file.ts';
import { setAside, type SetAside } from './set-aside.ts';

/**
 * Reads every job's file once, in turn. A damaged one is set aside and named in the log; one that cannot be
 * read at all throws, because its chains may well be there at the next start.
 */
export async function loadDocuments(
  folder: string,
  aside: SetAside,
  log: Logger,
  take: (chains: readonly Chain[]) => void,
): Promise<void> {
  const names = await aside.disk.list(folder);
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const path = join(folder, name);
    try {
      take(await readDocument(path, name, aside));
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error;
      const movedTo = await setAside(path, aside);
      log.error({ file: path, movedTo, reason: error.message }, 'damaged document set aside');
    }
  }
}

async function readDocument(path: string, name: string, { disk }: SetAside): Promise<readonly Chain[]> {
  const stored = await jobFileAdapter(disk, path).read();
  if (stored === null) return [];
  if (jobFileName(stored.job) !== name) throw new DamagedFile('it has the name of another job');
  return stored.chains;
}
