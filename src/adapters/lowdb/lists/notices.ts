import type { NoticeStore } from '../../../chain/notice-store.ts';
import { isToldOut, type Notice } from '../../../chain/notice.ts';
import { noticesFileAdapter, type StoredNotices } from './notices-file.ts';
import { loadWholeFile, type Whereabouts, type WholeFile } from '../disk/json-file.ts';

/** Milliseconds that a notice is kept after its end. */
const keepMs = 60 * 24 * 60 * 60 * 1000;
/** Of one kind. Digests need no such bound, because there is one a week. */
const most = { outage: 500, trouble: 100, refusals: 100, digest: Infinity };

/** All notices in one file. */
export class EmbeddedNotices implements NoticeStore {
  readonly #file: WholeFile<StoredNotices>;
  readonly #clock: { now(): number };

  constructor(file: WholeFile<StoredNotices>, clock: { now(): number }) {
    this.#file = file;
    this.#clock = clock;
  }

  async list(): Promise<Notice[]> {
    return [...this.#file.shown.notices];
  }

  async update(id: string, change: (known: Notice | null) => Notice | null): Promise<Notice | null> {
    let changed: Notice | null = null;
    await this.#file.change((shown) => {
      const known = shown.notices.find((notice) => notice.id === id) ?? null;
      changed = change(known);
      if (changed === known) return shown;
      if (changed !== null && changed.id !== id) throw new Error(`a change of notice ${id} changes its id`);
      const others = shown.notices.filter((notice) => notice.id !== id);
      const kept = pruneNotices(others, this.#clock.now());
      return { version: 1, notices: changed === null ? kept : [...kept, changed].toSorted(compareAges) };
    });
    return changed;
  }

  retry(): void {
    this.#file.retry();
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/**
 * Leaves out, oldest first, what is too old or too much; what is not told out stays, whatever the limits say. A digest
 * stays its time: without it, its week would be told again.
 */
function pruneNotices(notices: readonly Notice[], now: number): Notice[] {
  const left = { outage: 0, trouble: 0, refusals: 0, digest: 0 };
  for (const { facts } of notices) left[facts.kind] += 1;
  return notices.filter((notice) => {
    const { kind } = notice.facts;
    const isOld = notice.closedAt !== null && notice.closedAt < now - keepMs;
    if (!isToldOut(notice) || (!isOld && left[kind] < most[kind])) return true;
    left[kind] -= 1;
    return false;
  });
}

function compareAges(one: Notice, other: Notice): number {
  if (one.openedAt !== other.openedAt) return one.openedAt - other.openedAt;
  return one.id < other.id ? -1 : 1;
}

/** Opens the file of notices, as `loadWholeFile` does. */
export async function loadNotices(where: Whereabouts, clock: { now(): number }): Promise<EmbeddedNotices> {
  const words = { refused: 'the notices could not be written', damaged: 'damaged notices set aside' };
  const adapter = noticesFileAdapter(where);
  return new EmbeddedNotices(await loadWholeFile(adapter, { version: 1, notices: [] }, words, where), clock);
}
