import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { SilenceStore, Silence } from '../../../rules/decide/silence.ts';
import { loadJsonFile, type Whereabouts, type JsonFile, listFileAdapter } from '../disk/json-file.ts';
import { maxDateMs } from '../../../time/duration.ts';

/** Milliseconds that a silence is kept after its end, so that the file can still tell why nothing was tried. */
const keepMs = 30 * 24 * 60 * 60 * 1000;

/** All silences in one file. */
export class EmbeddedSilences implements SilenceStore {
  readonly #file: JsonFile<StoredSilences>;
  readonly #clock: { now(): number };

  constructor(file: JsonFile<StoredSilences>, clock: { now(): number }) {
    this.#file = file;
    this.#clock = clock;
  }

  async list(now: number): Promise<Silence[]> {
    const { silences } = this.#file.shown;
    return silences.filter(({ until }) => until > now).toSorted((a, b) => a.until - b.until);
  }

  async add(silence: Silence): Promise<void> {
    await this.#file.change(({ silences }) => this.#store([...without(silences, silence.id), silence]));
  }

  remove(id: string): Promise<boolean> {
    return this.#file.change((shown) => {
      const rest = without(shown.silences, id);
      return rest.length === shown.silences.length ? shown : this.#store(rest);
    });
  }

  retry(): void {
    this.#file.retry();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #store(silences: readonly Silence[]): StoredSilences {
    const oldest = this.#clock.now() - keepMs;
    return { version: 1, silences: silences.filter(({ until }) => until >= oldest) };
  }
}

function without(silences: readonly Silence[], id: string): Silence[] {
  return silences.filter((silence) => silence.id !== id);
}

/** Opens the file of silences, as `loadJsonFile` does. */
export async function loadSilences(where: Whereabouts, clock: { now(): number }): Promise<EmbeddedSilences> {
  const words = { refused: 'the silences could not be written', damaged: 'damaged silences set aside' };
  const adapter = silencesFileAdapter(where);
  return new EmbeddedSilences(await loadJsonFile(adapter, { version: 1, silences: [] }, words, where), clock);
}

const StoredSilence = z.object({
  id: z.string().min(1),
  job: z.string().min(1),
  until: z.number().max(maxDateMs),
  author: z.string(),
  comment: z.string(),
});

/** What the file of silences holds. */
export interface StoredSilences {
  version: 1;
  silences: z.infer<typeof StoredSilence>[];
}

/** The file of silences, as `listFileAdapter` reads and writes it. */
export function silencesFileAdapter(where: Whereabouts): Adapter<StoredSilences> {
  return listFileAdapter(where, {
    list: 'silences',
    says: 'damaged silence set aside',
    schema: StoredSilence,
  });
}
