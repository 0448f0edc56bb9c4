import { z } from 'zod';
import { type KnownToken, type KnownTokens, knows, noteUse } from '../../../chain/credentials.ts';
import type { Fingerprint } from '../../../secret.ts';
import { Time } from '../chains/numbers.ts';
import { readJson, writeJson } from '../disk/durable-file.ts';
import { type FilePlace, type JsonFile, loadJsonFile } from '../disk/json-file.ts';

/** Keyed hashes, no token. */
const StoredTokens = z.object({
  version: z.literal(1),
  tokens: z.array(z.object({ mark: z.string().min(1), usedAt: Time })),
});

/** The known tokens in one file. A token that the disk refused is still known until the process ends. */
export class EmbeddedKnownTokens implements KnownTokens {
  readonly #file: JsonFile<KnownToken[]>;
  readonly #clock: { now(): number };
  #tokens: KnownToken[];

  constructor(file: JsonFile<KnownToken[]>, clock: { now(): number }) {
    this.#file = file;
    this.#clock = clock;
    this.#tokens = file.shown;
  }

  isKnown(mark: Fingerprint): boolean {
    return knows(this.#tokens, mark, this.#clock.now());
  }

  async add(mark: Fingerprint): Promise<void> {
    this.#tokens = noteUse(this.#tokens, mark, this.#clock.now());
    await this.#write();
  }

  retry(): void {
    this.#file.retry();
    // If the disk still refuses, the next token or the next call writes it.
    this.#write().catch(() => undefined);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #write(): Promise<void> {
    if (this.#tokens !== this.#file.shown) await this.#file.change(() => this.#tokens);
  }
}

/** Opens the file of known tokens, as `loadJsonFile` does. */
export async function loadKnownTokens(
  place: FilePlace,
  clock: { now(): number },
): Promise<EmbeddedKnownTokens> {
  const { disk, path } = place;
  const words = { what: 'known tokens', damaged: 'damaged known tokens set aside' };
  const adapter = {
    read: async () => (await readJson(disk, path, StoredTokens))?.tokens ?? null,
    write: (tokens: KnownToken[]) => writeJson(disk, path, { version: 1, tokens }),
  };
  return new EmbeddedKnownTokens(await loadJsonFile(place, adapter, [], words), clock);
}
