import { dirname } from 'node:path';
import { StoreUnavailable } from '../../../chain/chain-store.ts';
import type { Chain } from '../../../chain/chain.ts';
import type { Logger } from '../../../logging.ts';
import type { Disk, DiskFile } from '../disk/disk.ts';
import { toJournalLine, type DamagedLine, parseJournal } from './journal-text.ts';
import { CoalescingLoop } from '../disk/coalescing-loop.ts';
import { writeDurably } from '../disk/durable-file.ts';
import type { Quarantine } from '../disk/quarantine.ts';

interface JournalOptions {
  disk: Disk;
  path: string;
  log: Logger;
  quarantine: Quarantine;
  /** Bytes. A longer journal is written anew if half of it is no longer needed. */
  compactAt: number;
}

/** What the file is known to hold when the journal is opened. */
interface JournalContent {
  chains: readonly Chain[];
  /** Bytes. */
  length: number;
  /** It consists of whole lines only, so that lines may be added. */
  isIntact: boolean;
}

interface Arrival {
  id: string;
  line: Buffer;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Chains that are in no document, a line each; the last line of a chain counts. One loop alone touches the file: it adds
 * all lines that gathered during the last fsync with one fsync, and rewrites the file once half of it is no longer needed.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #loop = new CoalescingLoop(() => this.#step());
  #file: DiskFile;
  #length: number;
  /** `false` after a failure: the end of the file is unsure, and it is written anew before it is used again. */
  #isIntact: boolean;
  /** The last line of each chain in the file; `null`: it is no longer needed. */
  #held: Map<string, Buffer | null>;
  /** Bytes of the lines that are still needed. */
  #unmergedBytes = 0;
  #arrivals: Arrival[] = [];
  #hasTrimFailed = false;

  constructor(options: JournalOptions, file: DiskFile, content: JournalContent) {
    this.#options = options;
    this.#file = file;
    this.#length = content.length;
    this.#isIntact = content.isIntact;
    this.#held = new Map();
    for (const chain of content.chains) this.#hold(chain.id, toJournalLine(chain));
  }

  /** Resolves when the chain is on disk. Rejects with `StoreUnavailable`. */
  append(chain: Chain): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#arrivals.push({ id: chain.id, line: toJournalLine(chain), resolve, reject });
      this.#loop.wake();
    });
  }

  /** The lines of these chains are no longer needed: a document holds the chain, or the chain is forgotten. */
  settle(ids: Iterable<string>): void {
    for (const id of ids) if (this.#held.has(id)) this.#hold(id, null);
    this.retry();
  }

  /** Bytes of the chain's line. 0: no line of it is needed. */
  sizeOf(id: string): number {
    return this.#held.get(id)?.length ?? 0;
  }

  /** Whether the file may still hold the chain; if a document forgot it, a replay would bring it back. */
  holds(id: string): boolean {
    return this.#held.has(id);
  }

  /** If the file could not be emptied, tries again. */
  retry(): void {
    this.#hasTrimFailed = false;
    this.#loop.wake();
  }

  /**
   * Writes the file anew without its damaged lines. Otherwise every start would copy them into quarantine again. If the disk
   * refuses the write, the file stays as it is.
   */
  mend(): Promise<void> {
    return this.#trim();
  }

  async close(): Promise<void> {
    await this.#loop.settle();
    // The next start would bring back chains that were forgotten.
    if (this.#length > this.#unmergedBytes) await this.#trim();
    await this.#file.close();
  }

  #hold(id: string, line: Buffer | null): void {
    this.#unmergedBytes += (line?.length ?? 0) - (this.#held.get(id)?.length ?? 0);
    this.#held.set(id, line);
  }

  async #step(): Promise<boolean> {
    if (this.#isTrimDue()) await this.#trim();
    else if (this.#arrivals.length > 0) await this.#appendAll(this.#arrivals.splice(0));
    else return false;
    return true;
  }

  #isTrimDue(): boolean {
    if (this.#hasTrimFailed || this.#length === 0) return false;
    if (this.#unmergedBytes === 0 && this.#arrivals.length === 0) return true;
    return this.#length > this.#options.compactAt && this.#unmergedBytes * 2 <= this.#length;
  }

  async #appendAll(batch: readonly Arrival[]): Promise<void> {
    const bytes = Buffer.concat(batch.map((arrival) => arrival.line));
    try {
      if (!this.#isIntact) await this.#rewrite();
      await this.#file.write(bytes, this.#length);
      await this.#file.sync();
    } catch (cause) {
      await this.#takeBack();
      const error = new StoreUnavailable('the journal could not be written', { cause });
      for (const arrival of batch) arrival.reject(error);
      return;
    }
    this.#length += bytes.length;
    for (const arrival of batch) this.#hold(arrival.id, arrival.line);
    for (const arrival of batch) arrival.resolve();
  }

  /**
   * Cuts off what a failed append left. The file is still written anew before the next append: after a failed fsync the
   * kernel may have dropped pages that it calls clean from then on.
   */
  async #takeBack(): Promise<void> {
    this.#isIntact = false;
    await this.#file.truncate(this.#length).catch((err: unknown) => {
      this.#options.log.warn({ err }, 'journal could not be cut back');
    });
  }

  async #trim(): Promise<void> {
    try {
      if (this.#isIntact && this.#unmergedBytes === 0) await this.#empty();
      else await this.#rewrite();
    } catch (err) {
      this.#hasTrimFailed = true;
      this.#options.log.warn({ err }, 'journal could not be emptied');
    }
  }

  async #empty(): Promise<void> {
    this.#isIntact = false;
    await this.#file.truncate(0);
    await this.#file.sync();
    this.#isIntact = true;
    this.#length = 0;
    this.#held.clear();
  }

  /** Replaces the file by one with only the lines that are still needed. */
  async #rewrite(): Promise<void> {
    const { disk, path, log } = this.#options;
    this.#isIntact = false;
    const unmerged = [...this.#held].filter((entry): entry is [string, Buffer] => entry[1] !== null);
    const bytes = Buffer.concat(unmerged.map(([, line]) => line));
    await writeDurably(disk, path, bytes);
    const file = await disk.open(path);
    await this.#file.close().catch((err: unknown) => log.warn({ err }, 'old journal could not be closed'));
    this.#file = file;
    this.#length = bytes.length;
    const before = this.#held;
    this.#held = new Map();
    this.#unmergedBytes = 0;
    // A line may have become unneeded while the file was written.
    for (const [id, line] of unmerged) this.#hold(id, before.get(id) === null ? null : line);
    this.#isIntact = true;
  }
}

/** Damaged lines that the log names. */
const maxNamed = 20;

/** A journal and what it held when it was opened, oldest first. */
interface LoadedJournal {
  journal: Journal;
  chains: readonly Chain[];
}

/** Opens the journal. Damaged lines are logged, and the whole file goes into quarantine; a torn end is dropped. */
export async function loadJournal(options: JournalOptions): Promise<LoadedJournal> {
  const { disk, path, log } = options;
  const bytes = (await disk.read(path)) ?? Buffer.alloc(0);
  const { chains, damaged, torn } = parseJournal(bytes.toString());
  if (damaged.length > 0) await keepDamaged(options, bytes, damaged);
  if (torn) log.warn({ file: path }, 'journal ends in a line that was cut short');
  const file = await disk.open(path);
  await disk.syncFolder(dirname(path));
  const content = { chains, length: bytes.length, isIntact: damaged.length === 0 && !torn };
  const journal = new Journal(options, file, content);
  if (damaged.length > 0) await journal.mend();
  return { journal, chains };
}

async function keepDamaged(
  { path, log, quarantine }: JournalOptions,
  bytes: Uint8Array,
  damaged: readonly DamagedLine[],
): Promise<void> {
  const copiedTo = await quarantine.copy(path, bytes);
  const lines = damaged.slice(0, maxNamed);
  log.error({ file: path, copiedTo, damaged: damaged.length, lines }, 'damaged lines in the journal');
}
