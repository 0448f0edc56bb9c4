import type { Logger } from '../../../logging.ts';
import type { Chain } from '../../../chain/chain.ts';
import { type DamagedLine, parseJournal } from './journal-text.ts';
import { Journal, type JournalOptions } from './journal.ts';
import { copyAside, type SetAside } from '../disk/quarantine.ts';
import { dirname } from 'node:path';

/** At most so many damaged lines are named in the log. */
const mostNamed = 20;

/** A journal and what it held when it was opened, oldest first. */
export interface LoadedJournal {
  journal: Journal;
  chains: readonly Chain[];
}

/** Opens the journal. Damaged lines are logged, and the whole file is kept beside; a torn end is dropped. */
export async function loadJournal(options: JournalOptions, aside: SetAside): Promise<LoadedJournal> {
  const { disk, path, log } = options;
  const bytes = (await disk.read(path)) ?? Buffer.alloc(0);
  const { chains, damaged, torn } = parseJournal(bytes.toString());
  if (damaged.length > 0) await keepDamaged(path, bytes, damaged, aside, log);
  if (torn) log.warn({ file: path }, 'journal ends in a line that was cut short');
  const file = await disk.open(path);
  await disk.syncFolder(dirname(path));
  const content = { chains, length: bytes.length, sound: damaged.length === 0 && !torn };
  const journal = new Journal(options, file, content);
  if (damaged.length > 0) await journal.mend();
  return { journal, chains };
}

async function keepDamaged(
  path: string,
  bytes: Uint8Array,
  damaged: readonly DamagedLine[],
  aside: SetAside,
  log: Logger,
): Promise<void> {
  const copiedTo = await copyAside(path, bytes, aside);
  const lines = damaged.slice(0, mostNamed);
  log.error({ file: path, copiedTo, damaged: damaged.length, lines }, 'damaged lines in the journal');
}
