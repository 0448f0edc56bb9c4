import type { Notice } from '../../chain/notice.ts';
import type { NoticeStore } from '../../chain/notice-store.ts';

/** A store of notices that tells of every change once it is durable. */
export class AnnouncingNotices implements NoticeStore {
  readonly #store: NoticeStore;
  #tell: (notice: Notice) => void = () => {};

  constructor(store: NoticeStore) {
    this.#store = store;
  }

  onChange(tell: (notice: Notice) => void): void {
    this.#tell = tell;
  }

  list(): Promise<Notice[]> {
    return this.#store.list();
  }

  async update(id: string, change: (known: Notice | null) => Notice | null): Promise<Notice | null> {
    const changed = await this.#store.update(id, change);
    if (changed !== null) this.#tell(changed);
    return changed;
  }
}
