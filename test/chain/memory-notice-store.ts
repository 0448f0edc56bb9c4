import { StoreUnavailable } from '../../src/chain/chain-store.ts';
import type { NoticeStore, Notice } from '../../src/notice/notice.ts';

/** A store of notices in memory. It hands out copies, so a test sees only what was really written. */
export class MemoryNoticeStore implements NoticeStore {
  /** While set, whatever is asked for throws `StoreUnavailable`. */
  unavailable = false;
  readonly #notices = new Map<string, Notice>();

  async list(): Promise<Notice[]> {
    this.#check();
    const notices = [...this.#notices.values()];
    return structuredClone(
      notices.toSorted((one, other) => one.openedAt - other.openedAt || (one.id < other.id ? -1 : 1)),
    );
  }

  async update(id: string, change: (known: Notice | null) => Notice | null): Promise<Notice | null> {
    this.#check();
    // Read and written without an await between: changes never overlap.
    const changed = change(structuredClone(this.#notices.get(id) ?? null));
    if (changed !== null && changed.id !== id) throw new Error(`a change of notice ${id} changes its id`);
    if (changed === null) this.#notices.delete(id);
    else this.#notices.set(id, structuredClone(changed));
    return structuredClone(changed);
  }

  #check(): void {
    if (this.unavailable) throw new StoreUnavailable('the disk is full');
  }
}
