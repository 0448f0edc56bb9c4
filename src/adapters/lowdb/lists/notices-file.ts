import type { Adapter } from 'lowdb';
import { z } from 'zod';
import type { DigestFacts, Notice, OutageFacts, RefusalFacts, TroubleFacts } from '../../../chain/notice.ts';
import { StoredCard, Time } from '../chains/schema.ts';
import { listFileAdapter } from './list-file.ts';
import type { Whereabouts } from '../disk/json-file.ts';

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
