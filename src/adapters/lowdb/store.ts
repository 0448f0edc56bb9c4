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
import type { NoticeStore } from '../../notice/notice.ts';
import { KeyedLock } from '../../time/keyed-lock.ts';
import type { PastRuns } from '../../history/past-runs.ts';
import type { Logger } from '../../logging.ts';
import type { SilenceStore } from '../../rules/decide/silence.ts';
import type { ChainFiler } from './chains/filer.ts';
import { type ChainIndex, type IndexEntry, parseCursor, searchIndex, toCursor } from './chains/index.ts';
import { assertSameChain } from './chains/job-document.ts';
import type { Journal } from './chains/journal.ts';
import { type DocumentLoader, type LoadProgress, StoreLoad } from './chains/load.ts';
import type { UnprovenChains } from './chains/unproven-chains.ts';
import { type Disk, DirectoryReplaced } from './disk/disk.ts';
import { probeDirectory } from './disk/node-disk.ts';
import type { EmbeddedKnownTokens } from './lists/known-tokens.ts';
import type { EmbeddedNotices } from './lists/notices.ts';
import type { EmbeddedPastRuns } from './lists/past-runs.ts';
import type { EmbeddedSilences } from './lists/silences.ts';

/** What the store is put together from; `beginEmbeddedStore` does it. */
interface StoreParts {
  disk: Disk;
  directory: string;
  log: Logger;
  loader: DocumentLoader;
  /** What the journal held when it was opened. */
  journalled: readonly Chain[];
  index: ChainIndex;
  unproven: UnprovenChains;
  filer: ChainFiler;
  journal: Journal;
  silences: EmbeddedSilences;
  notices: EmbeddedNotices;
  knownTokens: EmbeddedKnownTokens;
  pastRuns: EmbeddedPastRuns;
  /** Frees the directory. */
  release: () => void;
  /** Proven chains of a job that may be open at a time. */
  maxUnsettled: number;
}

/** The store in one directory, for one process (README.md). */
export class EmbeddedStore implements ChainStore {
  readonly silences: SilenceStore;
  readonly notices: NoticeStore;
  readonly knownTokens: KnownTokens;
  readonly pastRuns: PastRuns;
  readonly #parts: StoreParts;
  readonly #loading: StoreLoad;
  readonly #runLocks = new KeyedLock();
  readonly #chainLocks = new KeyedLock();
  /** Notifications that are being accepted. */
  readonly #accepting = new Set<Promise<Accepted>>();
  /** Ids of unproven chains with a change on its way into the journal. */
  readonly #writing = new Set<string>();
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
    const accepting = this.#runLocks.run(run, () => this.#acceptRun(run, chain, join));
    this.#accepting.add(accepting);
    return accepting.finally(() => this.#accepting.delete(accepting));
  }

  async get(id: string): Promise<Chain | null> {
    const entry = this.#find(id);
    if (entry === null) return null;
    const [chain = null] = await this.#parts.filer.find([entry]);
    if (chain === null) this.#forgetLost(entry);
    return chain;
  }

  async update(id: string, change: (chain: Chain) => Chain): Promise<Chain | null> {
    this.#assertOpen();
    const { documents } = this.#parts.filer;
    const entry = this.#find(id);
    if (entry === null) return null;
    const { document } = entry;
    if (document === null) return this.#updateUnproven(id, change);
    try {
      const changed = await documents.of(document).update(id, change);
      if (changed === null) this.#forgetLost(entry);
      return changed;
    } catch (error) {
      // The file may hold what was refused. The next write restores what readers see.
      if (error instanceof StoreUnavailable) documents.write(document);
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
    const loaded = await this.#parts.filer.find(shown);
    return { chains: loaded.filter((chain) => isState(chain) && isOfOutage(outageKeysOf(chain))), next };
  }

  async listUnsettled(): Promise<Chain[]> {
    this.#loading.assertOver();
    const entries = this.#parts.index.newestFirst(null).filter((entry) => entry.unsettled);
    return this.#parts.filer.find(entries.toArray());
  }

  /** Proves that the directory takes a durable write. Rejects with `StoreUnavailable`. */
  async check(): Promise<void> {
    this.#assertOpen();
    const { disk, directory, filer, journal, silences, notices, knownTokens } = this.#parts;
    try {
      await probeDirectory(disk, directory);
    } catch (cause) {
      const says = cause instanceof DirectoryReplaced ? cause.message : 'the data directory takes no write';
      throw new StoreUnavailable(says, { cause });
    }
    for (const each of [journal, filer.documents, silences.file, notices.file, knownTokens]) each.retry();
  }

  /** Accepts nothing more, brings the documents up to date as far as the disk allows, and frees the directory. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { filer, journal, silences, notices, knownTokens, pastRuns, release } = this.#parts;
    try {
      await this.#loading.stop();
      await Promise.allSettled(this.#accepting);
      await filer.documents.settle();
      for (const each of [silences.file, notices.file, knownTokens, pastRuns, journal]) await each.close();
    } finally {
      release();
    }
  }

  /** One at a time for each run, so that a run has one chain. */
  async #acceptRun(run: string, chain: Chain, join: (known: Chain) => Chain): Promise<Accepted> {
    this.#assertOpen();
    const { index, journal, filer } = this.#parts;
    const known = index.idOfRun(run);
    // The result is `null` if the chain was pruned or lost meanwhile.
    const joined = known === undefined ? null : await this.update(known, join);
    if (joined !== null) return this.#answer(joined, true);
    if (isProven(chain)) this.#assertRoom(chain.jobName);
    await journal.append(chain);
    // Meanwhile another chain may have created this very run, as its attempt.
    const owner = index.idOfRun(run);
    const joinedOwner = owner === undefined ? null : await this.update(owner, join);
    if (joinedOwner === null) {
      filer.file(chain);
      return this.#answer(chain, false);
    }
    journal.settle([chain.id]);
    return this.#answer(joinedOwner, true);
  }

  #answer(chain: Chain, known: boolean): Accepted {
    const isSpared = (id: string) => this.#writing.has(id);
    return { chain, known, displaced: this.#parts.filer.forgetSurplus(chain.jobName, isSpared) };
  }

  async #updateUnproven(id: string, change: (chain: Chain) => Chain): Promise<Chain | null> {
    const updated = await this.#chainLocks.run(id, () => this.#writeUnproven(id, change));
    if (updated !== null) return updated;
    // The chain was proven or dropped while this change waited for its turn.
    return this.#parts.index.get(id) === undefined ? null : this.update(id, change);
  }

  /** `null`: the chain is not among the unproven ones any more. */
  async #writeUnproven(id: string, change: (chain: Chain) => Chain): Promise<Chain | null> {
    const { unproven, filer, journal, index } = this.#parts;
    const known = unproven.get(id);
    if (known === undefined) return null;
    const changed = change(known);
    assertSameChain(known, changed);
    if (changed === known) return known;
    this.#writing.add(id);
    await journal.append(changed).finally(() => this.#writing.delete(id));
    if (index.get(id)?.document === null) {
      filer.file(changed);
      return changed;
    }
    // The chain's document was loaded meanwhile.
    journal.settle([id]);
    return null;
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

  /** The document was removed or replaced while the service ran. Nothing must wait for a chain that is gone. */
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
