import { type Chain, closedAtOf } from '../../../chain/chain.ts';
import { isSettled } from '../../../chain/outbox.ts';
import { isProven } from '../../../chain/proof.ts';
import { type DocumentsOptions, JobDocuments } from './documents.ts';
import type { ChainIndex, IndexEntry } from './index.ts';
import type { DocumentHooks, WrittenDocument } from './job-document.ts';
import type { Journal } from './journal.ts';
import type { UnprovenChains } from './unproven-chains.ts';

interface FilerParts {
  index: ChainIndex;
  unproven: UnprovenChains;
  journal: Journal;
  retention: Retention;
  /** Milliseconds since the epoch. */
  clock: { now(): number };
}

/**
 * Puts each chain in its place: in the document of its job, or among the unproven ones. Keeps the index and the journal in
 * step with that.
 */
export class ChainFiler implements DocumentHooks {
  readonly documents: JobDocuments;
  readonly #parts: FilerParts;

  constructor(parts: FilerParts, documents: DocumentsOptions) {
    this.#parts = parts;
    this.documents = new JobDocuments(documents, this);
  }

  /**
   * Takes a chain that the journal holds. A proven one goes into its job's document; the others stay in memory and in the
   * journal.
   */
  file(chain: Chain): void {
    const { index, unproven, journal } = this.#parts;
    if (!isProven(chain)) {
      unproven.put(chain, journal.sizeOf(chain.id));
      index.put(chain, null);
      return;
    }
    unproven.remove(chain.id);
    index.put(chain, chain.jobName);
    this.documents.arrive(chain);
  }

  /** The chains that are still there, in the given order. Each document is read once. Rejects with `StoreUnavailable`. */
  async find(entries: readonly IndexEntry[]): Promise<Chain[]> {
    const { unproven } = this.#parts;
    const chains = new Map<string, Chain>();
    const byDocument = Map.groupBy(entries, (entry) => entry.document);
    // Before the first await, because a chain may be proven meanwhile.
    for (const { id } of byDocument.get(null) ?? []) {
      const chain = unproven.get(id);
      if (chain !== undefined) chains.set(id, chain);
    }
    for (const [document, wanted] of byDocument) {
      if (document === null) continue;
      const found = await this.documents.of(document).find(wanted.map((entry) => entry.id));
      for (const chain of found) chains.set(chain.id, chain);
    }
    return entries.map((entry) => chains.get(entry.id)).filter((chain) => chain !== undefined);
  }

  /** Forgets unproven chains beyond the bounds, of the job and in all, and returns their ids. */
  forgetSurplus(jobName: string, isSpared: (id: string) => boolean = () => false): string[] {
    const { index, unproven, journal } = this.#parts;
    const forgotten: string[] = [];
    for (;;) {
      const id = unproven.findSurplus(jobName, isSpared);
      if (id === null) break;
      unproven.remove(id);
      index.remove(id);
      forgotten.push(id);
    }
    journal.settle(forgotten);
    return forgotten;
  }

  /**
   * Takes a chain that a document holds. The same chain may have arrived meanwhile under the name of another job; the
   * older one counts. `false`: another document holds the older one.
   */
  takeStored(chain: Chain, job: string): boolean {
    const { index, unproven, journal } = this.#parts;
    const known = index.get(chain.id);
    if (known !== undefined && known.document !== null && known.createdAt < chain.createdAt) return false;
    if (unproven.get(chain.id) !== undefined) {
      unproven.remove(chain.id);
      journal.settle([chain.id]);
    }
    // The entry is ordered by its creation time, which differs now.
    if (known !== undefined) index.remove(chain.id);
    index.put(chain, job);
    return true;
  }

  /** Takes the chains that the journal holds and no document does, and gives each to `take`. A second call changes nothing. */
  replay(chains: readonly Chain[], take: (chain: Chain) => void = () => {}): void {
    const { index, journal } = this.#parts;
    const known: string[] = [];
    for (const chain of chains) {
      const run = chain.runs[0]?.prowJobId ?? '';
      const isKnown = index.get(chain.id) !== undefined || index.idOfRun(run) !== undefined;
      if (isKnown) {
        known.push(chain.id);
        continue;
      }
      this.file(chain);
      take(chain);
      // One by one, in their order: the file also has chains that were dropped before.
      this.forgetSurplus(chain.jobName);
    }
    journal.settle(known);
  }

  /** What a document keeps of its chains; see the function `prune`. */
  prune(chains: readonly Chain[], touched: ReadonlySet<string> = new Set()): Chain[] {
    const { journal, retention, clock } = this.#parts;
    // A replay would bring back a chain that the journal still holds, as if it had just arrived.
    return prune(chains, retention, clock.now(), (id) => touched.has(id) || journal.holds(id));
  }

  written({ job, changed, arrived, pruned }: WrittenDocument): void {
    const { index, journal } = this.#parts;
    for (const chain of changed) index.put(chain, job);
    for (const id of pruned) if (index.get(id)?.document === job) index.remove(id);
    journal.settle(arrived);
  }

  /** The file may have been replaced by another one. */
  read(job: string, chains: readonly Chain[]): void {
    const { index } = this.#parts;
    for (const chain of chains) if (index.get(chain.id)?.document === job) index.put(chain, job);
  }
}

interface Retention {
  /** Runs a job. */
  keepRuns: number;
  /** Milliseconds since the end of a chain. */
  keepMs: number;
}

/**
 * Takes newest first and leaves out, oldest first, what is too old or too much. A chain that is not settled or is spared
 * always stays.
 */
export function prune(
  chains: readonly Chain[],
  { keepRuns, keepMs }: Retention,
  now: number,
  isSpared: (id: string) => boolean,
): Chain[] {
  let runs = chains.reduce((sum, chain) => sum + chain.runs.length, 0);
  const kept: Chain[] = [];
  for (const chain of chains.toReversed()) {
    const closedAt = closedAtOf(chain);
    const isOld = closedAt !== null && closedAt < now - keepMs;
    if (!isSettled(chain) || isSpared(chain.id) || (!isOld && runs <= keepRuns)) kept.push(chain);
    else runs -= chain.runs.length;
  }
  return kept.toReversed();
}
