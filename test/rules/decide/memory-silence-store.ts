import { StoreUnavailable } from '../../../src/chain/chain-store.ts';
import type { SilenceStore, Silence } from '../../../src/rules/decide/silence.ts';

/** A store of silences in memory. It hands out copies, so a test sees only what was really written. */
export class MemorySilenceStore implements SilenceStore {
  /** While set, whatever is asked for throws `StoreUnavailable`. */
  unavailable = false;
  readonly #silences = new Map<string, Silence>();

  async list(now: number): Promise<Silence[]> {
    this.#check();
    const active = [...this.#silences.values()].filter(({ until }) => until > now);
    return structuredClone(active.toSorted((one, other) => one.until - other.until));
  }

  async add(silence: Silence): Promise<void> {
    this.#check();
    this.#silences.set(silence.id, structuredClone(silence));
  }

  async remove(id: string): Promise<boolean> {
    this.#check();
    return this.#silences.delete(id);
  }

  #check(): void {
    if (this.unavailable) throw new StoreUnavailable('the disk is full');
  }
}
