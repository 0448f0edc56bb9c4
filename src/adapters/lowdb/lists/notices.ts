import { z } from 'zod';
import {
  type NoticeStore,
  isToldOut,
  type Notice,
  type DigestFacts,
  type OutageFacts,
  type RefusalFacts,
  type TroubleFacts,
} from '../../../notice/notice.ts';
import { type FilePlace, type JsonFile, loadListFile } from '../disk/json-file.ts';
import { Time } from '../chains/numbers.ts';
import { StoredCard } from '../chains/schema.ts';

/** Milliseconds that a notice is kept after its end. */
const keepMs = 60 * 24 * 60 * 60 * 1000;
/** Of one kind. Digests need no such bound, because there is one a week. */
const maxNotices = { outage: 500, trouble: 100, refusals: 100, digest: Infinity };

/** All notices in one file. */
export class EmbeddedNotices implements NoticeStore {
  readonly file: JsonFile<readonly Notice[]>;
  readonly #clock: { now(): number };

  constructor(file: JsonFile<readonly Notice[]>, clock: { now(): number }) {
    this.file = file;
    this.#clock = clock;
  }

  async list(): Promise<Notice[]> {
    return [...this.file.shown];
  }

  async update(id: string, change: (known: Notice | null) => Notice | null): Promise<Notice | null> {
    let changed: Notice | null = null;
    await this.file.change((notices) => {
      const known = notices.find((notice) => notice.id === id) ?? null;
      changed = change(known);
      if (changed === known) return notices;
      if (changed !== null && changed.id !== id) throw new Error(`a change of notice ${id} changes its id`);
      const others = notices.filter((notice) => notice.id !== id);
      const kept = pruneNotices(others, this.#clock.now());
      return changed === null ? kept : [...kept, changed].toSorted(compareAges);
    });
    return changed;
  }
}

/**
 * Leaves out, oldest first, what is too old or too much. A notice that was not delivered always stays. A digest stays its
 * time: without it, its week would be posted again.
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

/** Opens the file of notices, as `loadListFile` does. What a later version adds to a notice is kept. */
export async function loadNotices(place: FilePlace, clock: { now(): number }): Promise<EmbeddedNotices> {
  const file = await loadListFile<Notice>(place, {
    what: 'notices',
    list: 'notices',
    schema: StoredNotice,
    damaged: 'damaged notices set aside',
    damagedItem: 'damaged notice set aside',
  });
  return new EmbeddedNotices(file, clock);
}
