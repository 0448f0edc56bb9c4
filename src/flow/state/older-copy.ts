import type { Chain } from '../../chain/chain.ts';

/**
 * Whether the store was restored from an older copy. If so, it may not know a retry that was created since and that the
 * bucket does not show yet. The sign is a retry of ours that began after the newest change in the store and that belongs to
 * no chain.
 */
export class OlderCopy {
  /** The newest change of a chain that was loaded, in ms since the epoch. */
  #newestAt = -Infinity;
  #isOlder = false;
  readonly #lookedTwice = new Set<string>();

  /** Takes a loaded chain into account. */
  takeUp({ updatedAt }: Chain): void {
    this.#newestAt = Math.max(this.#newestAt, updatedAt);
  }

  /** Whether a retry that began then (ms since the epoch) can be the sign. For a store that was empty, none can. */
  isLater(startedAt: number | null): boolean {
    return startedAt !== null && this.#newestAt !== -Infinity && startedAt > this.#newestAt;
  }

  /** A retry was found that the store does not know: it is an older copy. */
  confirm(): void {
    this.#isOlder = true;
  }

  /** `true` once per job, if the store is an older copy. */
  wantsSecondLook(jobName: string): boolean {
    if (!this.#isOlder || this.#lookedTwice.has(jobName)) return false;
    this.#lookedTwice.add(jobName);
    return true;
  }
}
