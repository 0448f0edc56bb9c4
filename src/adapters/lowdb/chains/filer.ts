import { type Chain, closedAtOf } from '../../../chain/chain.ts';
import { isProven } from '../../../chain/proof.ts';
import type { ChainIndex } from './index.ts';
import type { DocumentWriter } from './document-writer.ts';
import type { JobDocuments } from './documents.ts';
import type { Journal } from './journal.ts';
import type { UnprovenChains } from './unproven-chains.ts';
import { isSettled } from '../../../chain/outbox.ts';

interface Places {
  index: ChainIndex;
  unproven: UnprovenChains;
  documents: JobDocuments;
  journal: Journal;
  drain: DocumentWriter;
}

/** Puts chains that the journal holds where they belong. */
export class ChainFiler {
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  /** A proven chain goes into its job's document; the others stay in memory and in the journal. */
  file(chain: Chain): void {
    const { index, unproven, documents, drain } = this.#places;
    if (!isProven(chain)) {
      unproven.put(chain);
      index.put(chain, null);
      return;
    }
    unproven.remove(chain.id);
    documents.of(chain.jobName).arrive(chain);
    index.put(chain, chain.jobName);
    drain.add(chain.jobName);
  }

  /** Forgets unproven chains beyond the bounds, of the job and in all, and returns their ids. */
  forgetSurplus(jobName: string, isSpared: (id: string) => boolean = () => false): string[] {
    const { index, unproven, journal } = this.#places;
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
    const { index, unproven, journal } = this.#places;
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
    const { index, journal } = this.#places;
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
}

export interface Retention {
  /** Runs a job. */
  keepRuns: number;
  /** Milliseconds since the end of a chain. */
  keepMs: number;
}

/**
 * Takes newest first and leaves out, oldest first, what is too old or too much. A chain that is not settled or is spared stays, whatever the limits say.
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
