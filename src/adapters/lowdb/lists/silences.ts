import { z } from 'zod';
import type { SilenceStore, Silence } from '../../../rules/decide/silence.ts';
import { maxDateMs } from '../../../time/duration.ts';
import { type FilePlace, type JsonFile, loadListFile } from '../disk/json-file.ts';

/** Milliseconds that a silence is kept after its end, so that the file can still tell why nothing was tried. */
const keepMs = 30 * 24 * 60 * 60 * 1000;

const StoredSilence = z.object({
  id: z.string().min(1),
  job: z.string().min(1),
  until: z.number().max(maxDateMs),
  author: z.string(),
  comment: z.string(),
});

/** All silences in one file. */
export class EmbeddedSilences implements SilenceStore {
  readonly file: JsonFile<readonly Silence[]>;
  readonly #clock: { now(): number };

  constructor(file: JsonFile<readonly Silence[]>, clock: { now(): number }) {
    this.file = file;
    this.#clock = clock;
  }

  async list(now: number): Promise<Silence[]> {
    return this.file.shown.filter(({ until }) => until > now).toSorted((a, b) => a.until - b.until);
  }

  async add(silence: Silence): Promise<void> {
    await this.file.change((silences) => this.#prune([...without(silences, silence.id), silence]));
  }

  remove(id: string): Promise<boolean> {
    return this.file.change((silences) => {
      const rest = without(silences, id);
      return rest.length === silences.length ? silences : this.#prune(rest);
    });
  }

  #prune(silences: readonly Silence[]): readonly Silence[] {
    const oldest = this.#clock.now() - keepMs;
    return silences.filter(({ until }) => until >= oldest);
  }
}

function without(silences: readonly Silence[], id: string): Silence[] {
  return silences.filter((silence) => silence.id !== id);
}

/** Opens the file of silences, as `loadListFile` does. */
export async function loadSilences(place: FilePlace, clock: { now(): number }): Promise<EmbeddedSilences> {
  const file = await loadListFile<Silence>(place, {
    what: 'silences',
    list: 'silences',
    schema: StoredSilence,
    damaged: 'damaged silences set aside',
    damagedItem: 'damaged silence set aside',
  });
  return new EmbeddedSilences(file, clock);
}
