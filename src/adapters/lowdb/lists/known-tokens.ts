import type { Adapter } from 'lowdb';
import { z } from 'zod';
import { type KnownToken, type KnownTokens, knows, noteUse } from '../../../chain/credentials.ts';
import type { Fingerprint } from '../../../secret.ts';
import { loadJsonFile, type Whereabouts, type JsonFile } from '../disk/json-file.ts';
import type { Disk } from '../disk/disk.ts';
import { Time } from '../chains/schema.ts';
import { storedFileAdapter } from '../disk/durable-file.ts';

/** The known tokens in one file. A token that the disk refused is still known until the process ends. */
export class EmbeddedKnownTokens implements KnownTokens {
  readonly #file: JsonFile<StoredTokens>;
  readonly #clock: { now(): number };
  #tokens: KnownToken[];

  constructor(file: JsonFile<StoredTokens>, clock: { now(): number }) {
    this.#file = file;
    this.#clock = clock;
    this.#tokens = file.shown.tokens;
  }

  isKnown(mark: Fingerprint): boolean {
    return knows(this.#tokens, mark, this.#clock.now());
  }

  async add(mark: Fingerprint): Promise<void> {
    this.#tokens = noteUse(this.#tokens, mark, this.#clock.now());
    if (this.#tokens !== this.#file.shown.tokens) await this.#write();
  }

  retry(): void {
    this.#file.retry();
    // If the disk still refuses, the next token or the next call writes it.
    if (this.#tokens !== this.#file.shown.tokens) this.#write().catch(() => undefined);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #write(): Promise<void> {
    await this.#file.change((shown) =>
      shown.tokens === this.#tokens ? shown : { version: 1, tokens: this.#tokens },
    );
  }
}

/** Opens the file of known tokens, as `loadJsonFile` does. */
export async function loadKnownTokens(
  where: Whereabouts,
  clock: { now(): number },
): Promise<EmbeddedKnownTokens> {
  const words = {
    refused: 'the known tokens could not be written',
    damaged: 'damaged known tokens set aside',
  };
  const adapter = tokensFileAdapter(where.aside.disk, where.path);
  return new EmbeddedKnownTokens(
    await loadJsonFile(adapter, { version: 1, tokens: [] }, words, where),
    clock,
  );
}

const StoredTokens = z.object({
  version: z.literal(1),
  tokens: z.array(z.object({ mark: z.string().min(1), usedAt: Time })),
});

/** What the file of known tokens holds: keyed hashes, no token. */
export type StoredTokens = z.infer<typeof StoredTokens>;

/** The file of known tokens, as `storedFileAdapter` reads and writes it. */
export function tokensFileAdapter(disk: Disk, path: string): Adapter<StoredTokens> {
  return storedFileAdapter(disk, path, StoredTokens);
}
