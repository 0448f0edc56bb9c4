import { Low, type Adapter } from 'lowdb';
import { z } from 'zod';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Disk } from './disk.ts';
import { partition, readJson, writeJson } from './durable-file.ts';
import type { Quarantine } from './quarantine.ts';

/** A small file that seldom changes. Each change writes it anew. Readers see only what is on disk. */
export class JsonFile<T> {
  readonly #low: Low<T>;
  readonly #what: string;
  #shown: T;
  #lastTurn: Promise<void> = Promise.resolve();
  /** A write failed, and the file may hold what was refused: it must be written again. */
  #isUnsure = false;
  #isClosed = false;

  /** `what` names the content in errors. */
  constructor(low: Low<T>, what: string) {
    this.#low = low;
    this.#what = what;
    this.#shown = low.data;
  }

  get shown(): T {
    return this.#shown;
  }

  /**
   * Changes run one after the other, each with the result of the one before. If `change` returns the same object, nothing is
   * written and the result is `false`. Rejects with `StoreUnavailable`, or with what `change` throws.
   */
  async change(change: (shown: T) => T): Promise<boolean> {
    if (this.#isClosed) throw new StoreUnavailable('the store is closed');
    const turn = this.#lastTurn.then(() => this.#write(change(this.#shown)));
    this.#lastTurn = turn.then(
      () => undefined,
      () => this.#restore(),
    );
    return turn;
  }

  /** If the file may differ from what readers see, writes it again. */
  retry(): void {
    this.#lastTurn = this.#lastTurn.then(() => this.#restore());
  }

  /** Accepts no further change; resolves when the earlier ones are done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.retry();
    await this.#lastTurn;
  }

  async #write(changed: T): Promise<boolean> {
    if (changed === this.#shown) return false;
    try {
      await this.#save(changed);
    } catch (cause) {
      throw new StoreUnavailable(`the ${this.#what} could not be written`, { cause });
    }
    this.#shown = changed;
    return true;
  }

  async #restore(): Promise<void> {
    if (this.#isUnsure) await this.#save(this.#shown).catch(() => undefined);
  }

  async #save(stored: T): Promise<void> {
    this.#isUnsure = true;
    this.#low.data = stored;
    await this.#low.write();
    this.#isUnsure = false;
  }
}

/** Where a file is, and where damaged content goes. */
export interface FilePlace {
  disk: Disk;
  path: string;
  quarantine: Quarantine;
}

/** How errors and log lines name the content. */
interface FileWords {
  what: string;
  /** The log line of a file that is moved into quarantine. */
  damaged: string;
}

/** What a file with one list holds. */
interface ListKind<Item> extends FileWords {
  /** The field of the list. */
  list: string;
  schema: z.ZodType<Item>;
  /** The log line of an item that goes into quarantine. */
  damagedItem: string;
}

/**
 * Opens the file; a missing one holds `empty`. A damaged one is moved into quarantine. If the file cannot be read, this
 * throws, because its content may well be readable at the next start.
 */
export async function loadJsonFile<T>(
  { path, quarantine }: FilePlace,
  adapter: Adapter<T>,
  empty: T,
  { what, damaged }: FileWords,
): Promise<JsonFile<T>> {
  const low = new Low<T>(adapter, empty);
  await quarantine.readOrMove(path, () => low.read(), damaged);
  return new JsonFile(low, what);
}

/**
 * Opens a file with one list, `{"version": 1, LIST: [item…]}`, as `loadJsonFile` does. If an item is damaged, only that one
 * goes into quarantine, and the file is written without it.
 */
export async function loadListFile<Item>(
  place: FilePlace,
  { list, schema, damagedItem, ...words }: ListKind<Item>,
): Promise<JsonFile<readonly Item[]>> {
  const { disk, path, quarantine } = place;
  const shape = z.object({ version: z.literal(1), [list]: z.array(z.unknown()) });
  const write = (items: readonly Item[]) => writeJson(disk, path, { version: 1, [list]: items });
  const read = async () => {
    const raw = await readJson(disk, path, shape);
    if (raw === null) return null;
    const { good, damaged } = partition(raw[list] as unknown[], schema);
    if (damaged.length === 0) return good;
    await quarantine.copyItems(path, damaged, damagedItem);
    await write(good);
    return good;
  };
  return loadJsonFile<readonly Item[]>(place, { read, write }, [], words);
}
