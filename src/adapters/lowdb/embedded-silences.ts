import { Low } from 'lowdb';
import { StoreUnavailable } from '../../chain/chain-store.ts';
import type { Logger } from '../../logging.ts';
import type { SilenceStore } from '../../rules/silence-store.ts';
import type { Silence } from '../../rules/silence.ts';
import { DamagedFile } from './stored-file.ts';
import { setAside, type SetAside } from './set-aside.ts';
import { silencesFileAdapter, type StoredSilences } from './silences-file.ts';

/** Milliseconds that a silence is kept after its end, so that the file can still tell why nothing was tried. */
const keepMs = 30 * 24 * 60 * 60 * 1000;

/** All silences in one file, which is written anew for each change; readers see only what is on disk. */
export class EmbeddedSilences implements SilenceStore {
  readonly #low: Low<StoredSilences>;
  readonly #clock: { now(): number };
  #shown: readonly Silence[];
  #lastTurn: Promise<void> = Promise.resolve();
  /** A write failed so that the file may hold what was refused: it must be written again. */
  #unsure = false;
  #closed = false;

  constructor(low: Low<StoredSilences>, clock: { now(): number }) {
    this.#low = low;
    this.#clock = clock;
    this.#shown = low.data.silences;
  }

  async list(now: number): Promise<Silence[]> {
    return this.#shown.filter(({ until }) => until > now).toSorted((a, b) => a.until - b.until);
  }

  add(silence: Silence): Promise<void> {
    return this.#inTurn(() => this.#write([...this.#without(silence.id), silence]));
  }

  remove(id: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const rest = this.#without(id);
      if (rest.length === this.#shown.length) return false;
      await this.#write(rest);
      return true;
    });
  }

  /** Tries once more to bring the file back to what readers see where that failed. */
  retry(): void {
    this.#lastTurn = this.#lastTurn.then(() => this.#bringBack());
  }

  /** Takes nothing more; resolves when all that was asked for is done. */
  async close(): Promise<void> {
    this.#closed = true;
    this.retry();
    await this.#lastTurn;
  }

  #without(id: string): Silence[] {
    return this.#shown.filter((silence) => silence.id !== id);
  }

  /** One change after the other: each begins with what the one before left. */
  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new StoreUnavailable('the store is closed');
    const turn = this.#lastTurn.then(change);
    this.#lastTurn = turn.then(
      () => undefined,
      () => this.#bringBack(),
    );
    return turn;
  }

  async #write(silences: readonly Silence[]): Promise<void> {
    const oldest = this.#clock.now() - keepMs;
    const kept = silences.filter(({ until }) => until >= oldest);
    try {
      await this.#save(kept);
    } catch (cause) {
      throw new StoreUnavailable('the silences could not be written', { cause });
    }
    this.#shown = kept;
  }

  async #bringBack(): Promise<void> {
    if (this.#unsure) await this.#save(this.#shown).catch(() => undefined);
  }

  async #save(silences: readonly Silence[]): Promise<void> {
    this.#unsure = true;
    this.#low.data = { version: 1, silences: [...silences] };
    await this.#low.write();
    this.#unsure = false;
  }
}

/**
 * Opens the file of silences. A damaged one is set aside and named in the log; one that cannot be read at all
 * throws, because its silences may well be there at the next start.
 */
export async function loadSilences(
  path: string,
  aside: SetAside,
  log: Logger,
  clock: { now(): number },
): Promise<EmbeddedSilences> {
  const low = new Low<StoredSilences>(silencesFileAdapter(aside.disk, path), { version: 1, silences: [] });
  try {
    await low.read();
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    const movedTo = await setAside(path, aside);
    log.error({ file: path, movedTo, reason: error.message }, 'damaged silences set aside');
  }
  return new EmbeddedSilences(low, clock);
}
