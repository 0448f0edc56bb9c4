import { Low, type Adapter } from 'lowdb';
import { z } from 'zod';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Logger } from '../../../logging.ts';
import {
  quarantine,
  type Quarantined,
  DamagedFile,
  quarantineItems,
  partition,
  storedFileAdapter,
} from './durable-file.ts';

/** What is said where things go wrong. */
interface Words {
  /** The message of the error, where a change could not be written. */
  refused: string;
  /** The line in the log, where the file was damaged. */
  damaged: string;
}

/**
 * A file that is written anew for each change: for what is little, and changes seldom. Readers see only what is on disk.
 */
export class JsonFile<T> {
  readonly #low: Low<T>;
  readonly #words: Words;
  #shown: T;
  #lastTurn: Promise<void> = Promise.resolve();
  /** A write failed so that the file may hold what was refused: it must be written again. */
  #unsure = false;
  #closed = false;

  constructor(low: Low<T>, words: Words) {
    this.#low = low;
    this.#words = words;
    this.#shown = low.data;
  }

  get shown(): T {
    return this.#shown;
  }

  /**
   * One change after the other: each begins with what the one before left. Answers whether there was anything to
   * write: the same object is nothing. Rejects with `StoreUnavailable`, or with what `change` throws.
   */
  async change(change: (shown: T) => T): Promise<boolean> {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
    const turn = this.#lastTurn.then(() => this.#write(change(this.#shown)));
    this.#lastTurn = turn.then(
      () => undefined,
      () => this.#bringBack(),
    );
    return turn;
  }

  /** Tries once more to bring the file back to what readers see where that failed. */
  retry(): void {
    this.#lastTurn = this.#lastTurn.then(() => this.#bringBack());
  }

  /** Takes nothing more; resolves when all that was asked for is done. */
  async close(): Promise<void> {
    this.#closed = true;
    this.retry();
    await this.#lastTurn;
  }

  async #write(changed: T): Promise<boolean> {
    if (changed === this.#shown) return false;
    try {
      await this.#save(changed);
    } catch (cause) {
      throw new StoreUnavailable(this.#words.refused, { cause });
    }
    this.#shown = changed;
    return true;
  }

  async #bringBack(): Promise<void> {
    if (this.#unsure) await this.#save(this.#shown).catch(() => undefined);
  }

  async #save(stored: T): Promise<void> {
    this.#unsure = true;
    this.#low.data = stored;
    await this.#low.write();
    this.#unsure = false;
  }
}

/** Where a file lies, and how it is read and written. */
export interface Whereabouts {
  path: string;
  aside: Quarantined;
  log: Logger;
}

/**
 * Opens the file; a missing one holds `empty`. A damaged one is set aside and named in the log; one that cannot be
 * read at all throws, because what it holds may well be there at the next start.
 */
export async function loadJsonFile<T>(
  adapter: Adapter<T>,
  empty: T,
  words: Words,
  { path, aside, log }: Whereabouts,
): Promise<JsonFile<T>> {
  const low = new Low<T>(adapter, empty);
  try {
    await low.read();
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    const movedTo = await quarantine(path, aside);
    log.error({ file: path, movedTo, reason: error.message }, words.damaged);
  }
  return new JsonFile(low, words);
}

/** `list` is the name of the file's only list; `says` is the log message about a damaged item. */
interface ListFile<T> {
  list: string;
  says: string;
  schema: z.ZodType<T>;
}

/**
 * A file with one list, as `storedFileAdapter` reads and writes it. Only a damaged item is set aside and named in the log;
 * then the file is written without it.
 */
export function listFileAdapter<T, Stored>(
  { path, aside, log }: Whereabouts,
  { list, says, schema }: ListFile<T>,
): Adapter<Stored> {
  const shape = z.object({ version: z.literal(1), [list]: z.array(z.unknown()) });
  const { read, write } = storedFileAdapter<Record<string, unknown>>(aside.disk, path, shape);
  return {
    read: async () => {
      const raw = await read();
      if (raw === null) return null;
      const { good, damaged } = partition(raw[list] as unknown[], schema);
      const stored = { ...raw, [list]: good };
      if (damaged.length > 0) {
        await quarantineItems(path, says, damaged, aside, log);
        await write(stored);
      }
      return stored as Stored;
    },
    write: (stored) => write(stored as Record<string, unknown>),
  };
}
