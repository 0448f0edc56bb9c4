import type { Notice } from './notice.ts';

/** Where notices live. What a promise here answers is on disk; all of it throws `StoreUnavailable`. */
export interface NoticeStore {
  /** Oldest first. Those that are told out are forgotten some time. */
  list(): Promise<Notice[]>;
  /**
   * Changes the notice of that id in one atomic write; changes never overlap. `known` is `null` where there is none;
   * the answer of `change` takes its place: `null` removes it, or leaves it out, and the same object changes nothing.
   */
  update(id: string, change: (known: Notice | null) => Notice | null): Promise<Notice | null>;
}
