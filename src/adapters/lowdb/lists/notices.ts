import type { Adapter } from 'lowdb';
import { z } from 'zod';
import {
  type NoticeStore,
  isToldOut,
  type Notice,
  type DigestFacts,
  type OutageFacts,
  type RefusalFacts,
  type TroubleFacts,
} from '../../../chain/notice.ts';
import { loadJsonFile, type Whereabouts, type JsonFile, listFileAdapter } from '../disk/json-file.ts';
import { StoredCard, Time } from '../chains/schema.ts';

/** Milliseconds that a notice is kept after its end. */
const keepMs = 60 * 24 * 60 * 60 * 1000;
/** Of one kind. Digests need no such bound, because there is one a week. */
const maxNotices = { outage: 500, trouble: 100, refusals: 100, digest: Infinity };

/** All notices in one file. */
export class EmbeddedNotices implements NoticeStore {
  readonly #file: JsonFile<StoredNotices>;
  readonly #clock: { now(): number };

  constructor(file: JsonFile<StoredNotices>, clock: { now(): number }) {
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
    if (!isToldOut(notice) || (!isOld && left[kind] < maxNotices[kind])) return true;
    left[kind] -= 1;
    return false;
  });
}

function compareAges(one: Notice, other: Notice): number {
  if (one.openedAt !== other.openedAt) return one.openedAt - other.openedAt;
  return one.id < other.id ? -1 : 1;
}

/** Opens the file of notices, as `loadJsonFile` does. */
export async function loadNotices(where: Whereabouts, clock: { now(): number }): Promise<EmbeddedNotices> {
  const words = { refused: 'the notices could not be written', damaged: 'damaged notices set aside' };
  const adapter = noticesFileAdapter(where);
  return new EmbeddedNotices(await loadJsonFile(adapter, { version: 1, notices: [] }, words, where), clock);
}

const Member = z.looseObject({
  id: z.string().min(1),
  jobName: z.string().min(1),
  url: z.string().nullable(),
});

const StoredOutage = z.looseObject({
  kind: z.literal('outage'),
  key: z.string().min(1),
  since: Time,
  until: Time,
  members: z.array(Member),
  canary: Member.extend({ attempt: z.int().min(0) }).nullable(),
  state: z.enum(['holding', 'failing', 'released', 'lasted']),
  endedAt: Time.nullable(),
}) satisfies z.ZodType<OutageFacts>;

const StoredDigest = z.looseObject({
  kind: z.literal('digest'),
  from: Time,
  to: Time,
}) satisfies z.ZodType<DigestFacts>;

const StoredTrouble = z.looseObject({
  kind: z.literal('trouble'),
  what: z.enum(['rules', 'gangway']),
  since: Time,
  says: z.string(),
  more: z.int().min(0),
  endedAt: Time.nullable(),
  told: z.enum(['nothing', 'begin', 'end']),
}) satisfies z.ZodType<TroubleFacts>;

const StoredRefusals = z.looseObject({
  kind: z.literal('refusals'),
  from: Time,
  to: Time,
  failures: z.int().min(0),
  jobs: z.array(z.string()),
  more: z.int().min(0),
}) satisfies z.ZodType<RefusalFacts>;

const StoredNotice = z.looseObject({
  id: z.string().min(1),
  facts: z.discriminatedUnion('kind', [StoredOutage, StoredDigest, StoredTrouble, StoredRefusals]),
  card: StoredCard,
  openedAt: Time,
  closedAt: Time.nullable(),
}) satisfies z.ZodType<Notice>;

/** What the file of notices holds. */
export interface StoredNotices {
  version: 1;
  notices: Notice[];
}

/** The file of notices, as `listFileAdapter` reads and writes it. What a later version adds to a notice is kept. */
export function noticesFileAdapter(where: Whereabouts): Adapter<StoredNotices> {
  return listFileAdapter(where, { list: 'notices', says: 'damaged notice set aside', schema: StoredNotice });
}
