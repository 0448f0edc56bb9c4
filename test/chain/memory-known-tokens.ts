import { type KnownToken, type KnownTokens, knows, noteUse } from '../../src/chain/credentials.ts';
import { StoreUnavailable } from '../../src/chain/chain-store.ts';
import type { Fingerprint } from '../../src/secret.ts';

/** Known tokens in memory. */
export class MemoryKnownTokens implements KnownTokens {
  /** While set, the disk refuses writes: a new token is known, and the caller gets the error. */
  unavailable = false;
  readonly #clock: { now(): number };
  #tokens: KnownToken[] = [];

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  isKnown(mark: Fingerprint): boolean {
    return knows(this.#tokens, mark, this.#clock.now());
  }

  async add(mark: Fingerprint): Promise<void> {
    this.#tokens = noteUse(this.#tokens, mark, this.#clock.now());
    if (this.unavailable) throw new StoreUnavailable('the disk is full');
  }
}
