import {
  StoreUnavailable,
  type Accepted,
  type ChainPage,
  type ChainQuery,
  type ChainStore,
} from '../../chain/chain-store.ts';
import type { Chain } from '../../chain/chain.ts';
import { outageKeysOf } from '../../chain/hold.ts';
import { isProven } from '../../chain/proof.ts';
import type { KnownTokens } from '../../chain/credentials.ts';
import type { NoticeStore } from '../../chain/notice.ts';
import { KeyedLock } from '../../time/keyed-lock.ts';
import type { PastRuns } from '../../history/past-runs.ts';
import type { Logger } from '../../logging.ts';
import type { SilenceStore } from '../../rules/decide/silence.ts';
import type { ChainFiler } from './chains/filer.ts';
import { type ChainIndex, type IndexEntry, parseCursor, toCursor, searchIndex } from './chains/index.ts';
import type { Disk } from './disk/disk.ts';
import { type DocumentLoader, type LoadProgress, StoreLoad } from './chains/load.ts';
import { assertSameChain, type JobDocuments } from './chains/documents.ts';
import type { DocumentWriter } from './chains/document-writer.ts';
import type { EmbeddedKnownTokens } from './lists/known-tokens.ts';
import type { EmbeddedNotices } from './lists/notices.ts';
import type { EmbeddedPastRuns } from './lists/past-runs.ts';
import type { EmbeddedSilences } from './lists/silences.ts';
import { DirectoryReplaced } from './disk/guards.ts';
import type { Journal } from './chains/journal.ts';
import { probeDirectory } from './disk/node-disk.ts';
import type { UnprovenChains } from './chains/unproven-chains.ts';

/** What the store is put together from; `openEmbeddedStore` does it. */
export interface StoreParts {
  disk: Disk;
  directory: string;
  log: Logger;
  loader: DocumentLoader;
  /** What the journal held when it was opened. */
  journalled: readonly Chain[];
  index: ChainIndex;
  documents: JobDocuments;
  unproven: UnprovenChains;
  filer: ChainFiler;
  journal: Journal;
  drain: DocumentWriter;
  silences: EmbeddedSilences;
  notices: EmbeddedNotices;
  knownTokens: EmbeddedKnownTokens;
  pastRuns: EmbeddedPastRuns;
  release: () => void;
  /** Proven chains of a job that may be open at a time. */
  maxUnsettled: number;
}

/** The store that lives in one directory and one process (README.md). */
export class EmbeddedStore implements ChainStore {
  readonly silences: SilenceStore;
  readonly notices: NoticeStore;
  readonly knownTokens: KnownTokens;
  readonly pastRuns: PastRuns;
  readonly #parts: StoreParts;
  /** Chains on their way into the journal, by the id of their first run. */
  readonly #arriving = new Map<string, Promise<boolean>>();
  /** Unproven chains with a change on its way into the journal. */
  readonly #writing = new Set<string>();
  readonly #loading: StoreLoad;
  readonly #locks = new KeyedLock();
  #closing: Promise<void> | null = null;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.silences = parts.silences;
    this.notices = parts.notices;
    this.knownTokens = parts.knownTokens;
    this.pastRuns = parts.pastRuns;
    this.#loading = new StoreLoad(parts);
  }

  /** `null`: the store is loaded. */
  get progress(): LoadProgress | null {
    return this.#loading.progress;
  }

  /**
   * Reads the directory and gives each chain to `take` once. Returns the chains that changed meanwhile, because a
   * notification added something to them before their document was read. Rejects if a file cannot be read, with
   * `NewerVersion`, or if the store is closed.
   */
  load(take: (chain: Chain) => void = () => {}): Promise<Chain[]> {
    return this.#loading.run(take, (id, change) => this.update(id, change));
  }

  /** Removes outdated history; everything else may continue meanwhile. It never rejects. */
  sweep(): Promise<void> {
    return this.#parts.pastRuns.sweep();
  }

  async accept(chain: Chain, join: (known: Chain) => Chain): Promise<Accepted> {
    const run = chain.runs[0]?.prowJobId;
    if (run === undefined) throw new Error(`chain ${chain.id} has no run`);
    await this.#loading.awaitDocument(chain, join);
    for (;;) {
      this.#assertOpen();
      const arriving = this.#arriving.get(run);
      const known = this.#parts.index.idOfRun(run);
      if (arriving !== undefined) {
        await arriving;
      } else if (known === undefined) {
        if (isProven(chain)) this.#assertRoom(chain.jobName);
        const arrival = this.#arrive(run, chain);
        this.#arriving.set(run, arrival);
        if (await arrival) return { chain, known: false, displaced: this.#makeRoomFor(chain) };
      } else {
        // The chain was pruned or lost while this waited for its turn: the notification then opens a new one.
        const joined = await this.update(known, join);
        if (joined !== null) return { chain: joined, known: true, displaced: this.#makeRoomFor(joined) };
      }
    }
  }

  async get(id: string): Promise<Chain | null> {
    const entry = this.#find(id);
    if (entry === null) return null;
    const [chain = null] = await this.#load([entry]);
    if (chain === null) this.#forgetLost(entry);
    return chain;
  }

  async update(id: string, change: (chain: Chain) => Chain): Promise<Chain | null> {
    this.#assertOpen();
    const { documents, drain } = this.#parts;
    const entry = this.#find(id);
    if (entry === null) return null;
    const { document } = entry;
    if (document === null) return this.#updateUnproven(id, change);
    try {
      const changed = await documents.of(document).update(id, change);
      if (changed === null) this.#forgetLost(entry);
      return changed;
    } catch (error) {
      // The file may hold what was refused, so it is brought back to what readers see.
      if (error instanceof StoreUnavailable) drain.add(document);
      throw error;
    }
  }

  async page({
    after,
    limit,
    matchesJob,
    states,
    outageKey,
    isProven: isProvenOnly,
  }: ChainQuery): Promise<ChainPage> {
    this.#loading.assertOver();
    const place = after === undefined ? null : parseCursor(after);
    const isState = (each: { state: Chain['state'] }) => states === undefined || states.includes(each.state);
    const isOfOutage = (keys: readonly string[]) => outageKey === undefined || keys.includes(outageKey);
    const isWanted = (entry: IndexEntry) =>
      isState(entry) &&
      isOfOutage(entry.outageKeys) &&
      (entry.proven || isProvenOnly !== true) &&
      (matchesJob === undefined || matchesJob(entry.jobName));
    const found = await searchIndex(this.#parts.index, { place, limit: limit + 1, isWanted });
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    const next = found.length > limit && last !== undefined ? toCursor(last) : null;
    // A chain may have changed its state since it was found; a page never shows one that was not asked for.
    const loaded = await this.#load(shown);
    return { chains: loaded.filter((chain) => isState(chain) && isOfOutage(outageKeysOf(chain))), next };
  }

  async listUnsettled(): Promise<Chain[]> {
    this.#loading.assertOver();
    const entries = this.#parts.index.newestFirst(null).filter((entry) => entry.unsettled);
    return this.#load(entries.toArray());
  }

  /** Proves that the directory takes a durable write. Rejects with `StoreUnavailable`. */
  async check(): Promise<void> {
    this.#assertOpen();
    const { disk, directory, journal, drain, silences, notices, knownTokens } = this.#parts;
    try {
      await probeDirectory(disk, directory);
    } catch (cause) {
      const gone = cause instanceof DirectoryReplaced ? cause.message : 'the data directory takes no write';
      throw new StoreUnavailable(gone, { cause });
    }
    journal.retry();
    drain.retry();
    silences.retry();
    notices.retry();
    knownTokens.retry();
  }

  /** Takes nothing more, brings the documents up to date as far as the disk lets it, and frees the directory. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { drain, documents, journal, silences, notices, knownTokens, pastRuns, release } = this.#parts;
    try {
      await this.#loading.stop();
      await Promise.allSettled(this.#arriving.values());
      await documents.settle();
      drain.retry();
      await drain.settle();
      await silences.close();
      await notices.close();
      await knownTokens.close();
      await pastRuns.close();
      await journal.close();
    } finally {
      release();
    }
  }

  /** `false`: another chain has taken the run up meanwhile, as the attempt that it had just created. */
  async #arrive(run: string, chain: Chain): Promise<boolean> {
    const { index, journal } = this.#parts;
    try {
      await journal.append(chain);
      if (index.idOfRun(run) !== undefined) {
        journal.settle([chain.id]);
        return false;
      }
      this.#parts.filer.file(chain);
      return true;
    } finally {
      this.#arriving.delete(run);
    }
  }

  #makeRoomFor({ jobName }: Chain): string[] {
    return this.#parts.filer.forgetSurplus(jobName, (id) => this.#writing.has(id));
  }

  async #updateUnproven(id: string, change: (chain: Chain) => Chain): Promise<Chain | null> {
    const { unproven, filer, journal, index } = this.#parts;
    const updated = await this.#locks.run(id, async () => {
      const known = unproven.get(id);
      if (known === undefined) return null;
      const changed = change(known);
      assertSameChain(known, changed);
      if (changed === known) return known;
      this.#writing.add(id);
      await journal.append(changed).finally(() => this.#writing.delete(id));
      if (index.get(id)?.document !== null) {
        // The chain's document was loaded meanwhile.
        journal.settle([id]);
        return null;
      }
      filer.file(changed);
      return changed;
    });
    if (updated !== null) return updated;
    // The chain was proven or dropped while this change waited for its turn.
    return index.get(id) === undefined ? null : this.update(id, change);
  }

  /** Reads each document once, however many of its chains are asked for. */
  async #load(entries: readonly IndexEntry[]): Promise<Chain[]> {
    const { documents, unproven } = this.#parts;
    const chains = new Map<string, Chain>();
    const byDocument = Map.groupBy(entries, (entry) => entry.document);
    // Before the first await, because a chain may be proven meanwhile.
    for (const { id } of byDocument.get(null) ?? []) {
      const chain = unproven.get(id);
      if (chain !== undefined) chains.set(id, chain);
    }
    for (const [document, wanted] of byDocument) {
      if (document === null) continue;
      const found = await documents.of(document).find(wanted.map((entry) => entry.id));
      for (const chain of found) chains.set(chain.id, chain);
    }
    return entries.map((entry) => chains.get(entry.id)).filter((chain) => chain !== undefined);
  }

  /** A document is written whole: a flood of one job must not make its writes slow, or too long for a string. */
  #assertRoom(jobName: string): void {
    if (this.#parts.index.countUnsettled(jobName) < this.#parts.maxUnsettled) return;
    throw new StoreUnavailable(`the job has ${this.#parts.maxUnsettled} open chains already`);
  }

  /** Throws `StoreLoading` if the chain may be in a document that is not loaded yet. */
  #find(id: string): IndexEntry | null {
    const entry = this.#parts.index.get(id);
    if (entry === undefined) this.#loading.assertOver();
    return entry ?? null;
  }

  /** The document was removed or replaced while the service ran: nothing must wait for a chain that is gone. */
  #forgetLost(entry: IndexEntry): void {
    const { index, log } = this.#parts;
    if (index.get(entry.id) !== entry || entry.document === null) return;
    index.remove(entry.id);
    log.error({ chain: entry.id, job: entry.document }, 'chain is missing from its document and forgotten');
  }

  #assertOpen(): void {
    if (this.#closing !== null) throw new StoreUnavailable('the store is closed');
  }
}
