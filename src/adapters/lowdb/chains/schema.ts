import { z } from 'zod';
import type { Chain, ChainEvent, Hold, Intent, OutgoingReport, RecipientId } from '../../../chain/chain.ts';
import type { ChainRun } from '../../../chain/run.ts';
import { transitionNames } from '../../../chain/transitions.ts';
import type { Credentials } from '../../../chain/credentials.ts';
import type { Decision } from '../../../chain/decision.ts';
import type { CardState } from '../../../notice/card-state.ts';
import { phases } from '../../../evidence/phase.ts';
import { type Refs, jobTypes } from '../../../job/type.ts';
import { managers } from '../../../job/managed-by.ts';
import { jobStatuses } from '../../../job/status.ts';
import { makeQuickCheck } from './quick-check.ts';
import { Count, Time } from './numbers.ts';
import { StoredDecisionReason, StoredKnownFailure, StoredReason } from './reason-schema.ts';
import { upgradeChain } from './upgrade.ts';

const StoredDecision = z.looseObject({
  outcome: z.enum(['retry', 'skip', 'hold']),
  reason: StoredDecisionReason,
  rule: z.string().nullable(),
  because: z.array(StoredReason),
}) satisfies z.ZodType<Decision>;

const StoredRun = z.looseObject({
  attempt: Count,
  prowJobId: z.string().min(1),
  buildId: z.string().nullable(),
  folder: z.string().nullable(),
  url: z.string().nullable(),
  status: z.enum([...jobStatuses, 'UNKNOWN']).nullable(),
  phase: z.enum(phases).nullable(),
  steps: z.array(z.string()),
  reason: z.string().nullable(),
  signature: z.string().nullable(),
  message: z.string().nullable(),
  knownFailures: z.array(StoredKnownFailure),
  startedAt: Time.nullable(),
  finishedAt: Time.nullable(),
  openedAt: Time,
  endSeenAt: Time.nullable(),
  lateLooks: Count,
  deniedLooks: Count,
  placeLooks: Count,
  gangwayCalls: Count,
}) satisfies z.ZodType<ChainRun>;

const StoredRefs = z.looseObject({
  org: z.string(),
  repo: z.string(),
  base_ref: z.string(),
  base_sha: z.string(),
  pulls: z.array(
    z.looseObject({
      number: z.number(),
      sha: z.string(),
      author: z.string().exactOptional(),
      title: z.string().exactOptional(),
      link: z.string().exactOptional(),
    }),
  ),
  repo_link: z.string().exactOptional(),
  base_link: z.string().exactOptional(),
  path_alias: z.string().exactOptional(),
  clone_uri: z.string().exactOptional(),
}) satisfies z.ZodType<Refs>;

const StoredRecipient = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('address'), fingerprint: z.string() }),
  z.looseObject({ kind: z.literal('default') }),
  z.looseObject({ kind: z.literal('thread') }),
]) satisfies z.ZodType<RecipientId>;

/** What a report has on every topic. */
const report = {
  attempt: Count,
  at: Time,
  decision: StoredDecision.nullable(),
  to: z.array(z.looseObject({ id: StoredRecipient, tries: Count, nextTryAt: Time })),
};

const StoredReport = z.discriminatedUnion('topic', [
  z.looseObject({ ...report, topic: z.literal('scheduled'), dueAt: Time }),
  z.looseObject({
    ...report,
    topic: z.literal(['held', 'delayed', 'muted', 'rejected', 'needs-human']),
    reason: StoredReason,
  }),
  z.looseObject({ ...report, topic: z.literal('outage-lasted'), jobs: z.array(z.string()) }),
  z.looseObject({ ...report, topic: z.literal('demanded'), by: z.string() }),
  z.looseObject({ ...report, topic: z.literal('verified'), title: z.string(), lines: z.array(z.string()) }),
  z.looseObject({
    ...report,
    topic: z.literal(['triggered', 'passed', 'failed-again', 'not-retried', 'cancelled']),
  }),
]) satisfies z.ZodType<OutgoingReport>;

/** As chains and notices keep it. */
export const StoredCard = z.looseObject({
  place: z.looseObject({ channel: z.string(), ts: z.string() }).nullable(),
  shown: z.string().nullable(),
  stale: z.looseObject({ since: Time, dueAt: Time, tries: Count }).nullable(),
  lost: Count,
}) satisfies z.ZodType<CardState>;

const Sealed = z.string().nullable();

const StoredCredentials = z.looseObject({
  tokens: z.array(
    z.discriminatedUnion('kind', [
      z.looseObject({ kind: z.literal('own') }),
      z.looseObject({ kind: z.literal('caller'), fingerprint: z.string(), sealed: z.string() }),
    ]),
  ),
  refusals: Count,
  addresses: z.array(
    z.discriminatedUnion('kind', [
      z.looseObject({ kind: z.literal('default') }),
      z.looseObject({
        kind: z.literal('address'),
        fingerprint: z.string(),
        slack: Sealed,
        slackErrors: Sealed,
      }),
    ]),
  ),
}) satisfies z.ZodType<Credentials>;

const StoredIntent = z.looseObject({
  attempt: Count,
  writtenAt: Time,
  lostAt: Time.nullable(),
  postsSent: Count,
  listCalls: Count,
  cleanLists: Count,
  gangwayCalls: Count,
}) satisfies z.ZodType<Intent>;

const StoredCanary = z.looseObject({ id: z.string(), attempt: Count });

const StoredHold = z.looseObject({
  key: z.string(),
  since: Time,
  until: Time,
  dueAt: Time,
  canary: StoredCanary.nullable(),
  announced: z.boolean(),
}) satisfies z.ZodType<Hold>;

const StoredEvent = z.looseObject({
  at: Time,
  what: z.enum(['opened', 'silenced', ...transitionNames]),
  by: z.string().nullable(),
  detail: StoredReason.nullable(),
}) satisfies z.ZodType<ChainEvent>;

/** What a chain has in every state. */
const shape = {
  id: z.string().min(1),
  jobName: z.string().min(1),
  createdAt: Time,
  updatedAt: Time,
  root: z.string(),
  runs: z.array(StoredRun).min(1),
  managedBy: z.enum(managers).nullable(),
  type: z.enum(jobTypes).nullable(),
  refs: StoredRefs.nullable(),
  decision: StoredDecision.nullable(),
  overrides: z.looseObject({ names: z.array(z.string()), sealed: Sealed, notCarried: z.array(z.string()) }),
  envs: z.record(z.string(), z.string()),
  canaryOf: StoredHold.extend({ canary: StoredCanary }).nullable(),
  highestAttempt: Count,
  delayReported: Count,
  rejectionReportedTo: z.array(StoredRecipient),
  refusedAt: Time.nullable(),
  tries: Count,
  outbox: z.array(StoredReport),
  // A damaged card must not cost the chain.
  card: StoredCard.nullable().catch(null),
  silencedUntil: Time.nullable(),
  ruleInfo: z
    .looseObject({
      owner: z.string().nullable(),
      issue: z.string().nullable(),
      channel: z.string().nullable(),
    })
    .nullable(),
  credentials: StoredCredentials,
  proof: z.enum(['none', 'listed', 'failed']),
  trust: z.enum(['none', 'token', 'secret']),
  isVerified: z.boolean(),
  reportedLocations: z.array(z.looseObject({ jobName: z.string().min(1), buildId: z.string() })).nullable(),
  reopened: Count,
  events: z.array(StoredEvent),
};

const ended = { closedAt: Time, missing: z.enum(['token', 'location']).nullable() };
const intent = StoredIntent.nullable();

const currentChain = z.discriminatedUnion('state', [
  z.looseObject({ ...shape, state: z.literal('judging'), wakeAt: Time }),
  z.looseObject({ ...shape, state: z.literal('following'), wakeAt: Time }),
  z.looseObject({ ...shape, state: z.literal('scheduled'), wakeAt: Time, manual: z.boolean(), intent }),
  z.looseObject({ ...shape, state: z.literal('held'), wakeAt: Time, hold: StoredHold, intent }),
  z.looseObject({
    ...shape,
    state: z.literal('triggering'),
    wakeAt: Time,
    manual: z.boolean(),
    intent: StoredIntent,
  }),
  z.looseObject({ ...shape, ...ended, state: z.literal(['passed', 'exhausted', 'skipped']) }),
  z.looseObject({ ...shape, ...ended, state: z.literal('rejected'), manual: z.boolean() }),
  z.looseObject({ ...shape, ...ended, state: z.literal('needs-human'), manual: z.boolean(), intent }),
]) satisfies z.ZodType<Chain>;

/**
 * Lets through what this store wrote, or a person mended, and tells it from anything else: every later step relies on
 * every field. What a later version adds is kept, and what version 1 wrote is brought up to date.
 */
export const storedChain: z.ZodType<Chain> = z.preprocess(upgradeChain, currentChain);

/** `true` for what `storedChain` lets through just as it is; what it rejects or changes is `false`. */
export const isStoredChain = makeQuickCheck(currentChain) as (value: unknown) => value is Chain;
