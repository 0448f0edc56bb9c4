import type { Chain } from '../../../chain/chain.ts';
import { isSettled } from '../../../chain/outbox.ts';
import { isListed } from '../../../chain/proof.ts';

/** How many unproven chains are kept. */
interface UnprovenLimits {
  inAll: number;
  ofOneJob: number;
  /** What all of them together may take in the journal; each may hold several long tokens and addresses. */
  bytes: number;
}

/**
 * The chains that are not proven yet. Anyone can create one, so their number and size are bounded: they are in memory and
 * in the journal only, and have no document.
 */
export class UnprovenChains {
  readonly #limits: UnprovenLimits;
  /** Oldest first. */
  readonly #chains = new Map<string, Chain>();
  readonly #byJob = new Map<string, Map<string, Chain>>();
  /** Bytes in the journal, by id. */
  readonly #sizes = new Map<string, number>();
  #size = 0;

  constructor(limits: UnprovenLimits) {
    this.#limits = limits;
  }

  get(id: string): Chain | undefined {
    return this.#chains.get(id);
  }

  /** `size`: bytes that the chain takes in the journal. */
  put(chain: Chain, size: number): void {
    if (this.#chains.get(chain.id)?.jobName !== chain.jobName) this.remove(chain.id);
    const ofJob = this.#byJob.get(chain.jobName) ?? new Map<string, Chain>();
    this.#byJob.set(chain.jobName, ofJob.set(chain.id, chain));
    this.#chains.set(chain.id, chain);
    this.#resize(chain.id, size);
  }

  remove(id: string): void {
    const jobName = this.#chains.get(id)?.jobName;
    if (jobName === undefined) return;
    this.#chains.delete(id);
    this.#resize(id, 0);
    const ofJob = this.#byJob.get(jobName);
    ofJob?.delete(id);
    if (ofJob?.size === 0) this.#byJob.delete(jobName);
  }

  /**
   * The chain to drop if there are too many of the job or in all, or if they take too much room. `null`: all fit, or all
   * others are spared.
   */
  findSurplus(jobName: string, isSpared: (id: string) => boolean): string | null {
    const ofJob = this.#byJob.get(jobName);
    if (ofJob !== undefined && ofJob.size > this.#limits.ofOneJob) return findLeast(ofJob.values(), isSpared);
    const isTooMuch = this.#chains.size > this.#limits.inAll || this.#size > this.#limits.bytes;
    return isTooMuch ? findLeast(this.#chains.values(), isSpared) : null;
  }

  #resize(id: string, size: number): void {
    this.#size += size - (this.#sizes.get(id) ?? 0);
    if (size === 0) this.#sizes.delete(id);
    else this.#sizes.set(id, size);
  }
}

/** Among chains of the same worth, the oldest is dropped. */
function findLeast(chains: Iterable<Chain>, isSpared: (id: string) => boolean): string | null {
  let least: Chain | null = null;
  for (const chain of chains) {
    if (isSpared(chain.id)) continue;
    if (least === null || worthOf(chain) < worthOf(least)) least = chain;
  }
  return least?.id ?? null;
}

/**
 * A true failure is in the bucket when its step calls us, so the first check finds it. A chain whose check found nothing is
 * dropped before one that waits for its first check, and a run that is in the bucket is dropped last. A chain that a person
 * cancelled is kept a little longer than others, because the next notification of its run would open it again. But it must
 * not take the place of a run that was not checked yet.
 */
function worthOf(chain: Chain): number {
  if (chain.decision?.reason === 'cancelled') return isListed(chain) ? 5 : 2;
  if (isSettled(chain)) return 0;
  if (isListed(chain)) return 4;
  return chain.tries > 0 ? 1 : 3;
}
