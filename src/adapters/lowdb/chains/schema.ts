import { z } from 'zod';
import {
  type Chain,
  type ChainRun,
  chainStates,
  type OutgoingReport,
  type Topic,
} from '../../../chain/chain.ts';
import type { Credentials } from '../../../chain/credentials.ts';
import type { Decision, DecisionReason } from '../../../chain/decision.ts';
import { noKeptOverrides } from '../../../chain/overrides.ts';
import type { CardState } from '../../../chain/card-state.ts';
import { phases } from '../../../evidence/phase.ts';
import { type Refs, jobTypes } from '../../../job/type.ts';
import { managers } from '../../../job/managed-by.ts';
import { pathInBucket, readRunUrl } from '../../../job/run.ts';
import { jobStatuses } from '../../../job/status.ts';
import { makeQuickCheck } from './quick-check.ts';
import { maxDateMs } from '../../../time/duration.ts';

export const Time = z.number().min(-maxDateMs).max(maxDateMs);
const Count = z.int().min(0);

/** A word that is new in the type and missing here, or the other way round, does not compile. */
const topics = {
  scheduled: 'scheduled',
  held: 'held',
  'outage-lasted': 'outage-lasted',
  delayed: 'delayed',
  triggered: 'triggered',
  passed: 'passed',
  'failed-again': 'failed-again',
  'not-retried': 'not-retried',
  cancelled: 'cancelled',
  demanded: 'demanded',
  muted: 'muted',
  verified: 'verified',
  rejected: 'rejected',
  'needs-human': 'needs-human',
} as const satisfies { [Word in Topic]: Word };

const reasons = {
  matched: 'matched',
  'not-failed': 'not-failed',
  rehearsal: 'rehearsal',
  'not-retriggerable': 'not-retriggerable',
  'no-rule-matched': 'no-rule-matched',
  never: 'never',
  silenced: 'silenced',
  'attempts-exhausted': 'attempts-exhausted',
  'same-failure': 'same-failure',
  'failing-streak': 'failing-streak',
  'budget-spent': 'budget-spent',
  superseded: 'superseded',
  'retried-by-prow': 'retried-by-prow',
  'managed-elsewhere': 'managed-elsewhere',
  'evidence-missing': 'evidence-missing',
  cancelled: 'cancelled',
  outage: 'outage',
} as const satisfies { [Word in DecisionReason]: Word };

const StoredDecision = z.looseObject({
  outcome: z.enum(['retry', 'skip', 'hold']),
  reason: z.enum(reasons),
  rule: z.string().nullable(),
  because: z.array(z.string()),
}) satisfies z.ZodType<Decision>;

/** Version 0.1.0 wrote a folder without its bucket, which is only in the run's address. */
function addBucket<Run extends { folder: string | null; url: string | null }>(run: Run): Run {
  if (run.folder === null || !/^(?:pr-)?logs\//.test(run.folder)) return run;
  const place = run.url === null ? null : readRunUrl(run.url);
  const isSame = place !== null && pathInBucket(place.folder) === run.folder;
  // Without it the run is located again.
  return { ...run, folder: isSame ? place.folder : null };
}

const Run = z.looseObject({
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
  message: z.string().nullable().default(null),
  knownFailures: z.array(z.looseObject({ label: z.string(), summary: z.string() })).default([]),
  startedAt: Time.nullable(),
  finishedAt: Time.nullable(),
  openedAt: Time,
  endSeenAt: Time.nullable(),
  lateLooks: Count,
  deniedLooks: Count.default(0),
  placeLooks: Count,
  gangwayCalls: Count,
}) satisfies z.ZodType<ChainRun>;

const StoredRun = Run.transform(addBucket) satisfies z.ZodType<ChainRun>;

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

const StoredReport = z.looseObject({
  topic: z.enum(topics),
  attempt: Count,
  at: Time,
  decision: StoredDecision.nullable(),
  detail: z.string().nullable(),
  dueAt: Time.nullable(),
  to: z.array(z.looseObject({ mark: z.string(), tries: Count, nextTryAt: Time })),
}) satisfies z.ZodType<OutgoingReport>;

/** As chains and notices keep it. */
export const StoredCard = z.looseObject({
  place: z.looseObject({ channel: z.string(), ts: z.string() }).nullable(),
  shown: z.string().nullable(),
  stale: z.looseObject({ since: Time, dueAt: Time, tries: Count }).nullable(),
  lost: Count,
}) satisfies z.ZodType<CardState>;

const Sealed = z.string().nullable();

/** Version 0.1.0 kept a list of refused tokens; later ones count refusals. */
const StoredCredentials = z
  .looseObject({
    tokens: z.array(z.looseObject({ mark: z.string(), sealed: Sealed })),
    refused: z.array(z.string()).optional(),
    refusals: Count.optional(),
    addresses: z.array(z.looseObject({ mark: z.string(), slack: Sealed, slackErrors: Sealed })),
  })
  .refine(({ refused, refusals }) => refused !== undefined || refusals !== undefined)
  .transform((stored) => {
    if (countsRefusals(stored)) return stored;
    const { refused = [], refusals = refused.length, ...rest } = stored;
    return { ...rest, refusals };
  }) satisfies z.ZodType<Credentials>;

function countsRefusals<Stored extends { refused?: unknown; refusals?: number | undefined }>(
  stored: Stored,
): stored is Stored & { refusals: number } {
  return stored.refused === undefined && stored.refusals !== undefined;
}

/**
 * Lets through what this store wrote, or a person mended, and tells it from anything else: every later step relies on
 * every field. What a later version adds is kept.
 */
export const storedChain: z.ZodType<Chain> = z.looseObject({
  id: z.string().min(1),
  jobName: z.string().min(1),
  state: z.enum(chainStates),
  createdAt: Time,
  updatedAt: Time,
  closedAt: Time.nullable(),
  root: z.string(),
  runs: z.array(StoredRun).min(1),
  managedBy: z.enum(managers).nullable().default(null),
  type: z.enum(jobTypes).nullable(),
  refs: StoredRefs.nullable(),
  decision: StoredDecision.nullable(),
  intent: z
    .looseObject({
      attempt: Count,
      writtenAt: Time,
      lostAt: Time.nullable(),
      sent: Count,
      lists: Count,
      clean: Count,
      gangwayCalls: Count,
    })
    .nullable(),
  overrides: z
    .looseObject({ names: z.array(z.string()), sealed: Sealed, notCarried: z.array(z.string()) })
    .default({ ...noKeptOverrides }),
  envs: z.record(z.string(), z.string()),
  hold: z
    .looseObject({
      key: z.string(),
      since: Time,
      until: Time,
      dueAt: Time,
      canary: z.looseObject({ id: z.string(), attempt: Count }),
      told: z.boolean(),
    })
    .nullable(),
  demanded: z.boolean(),
  attempted: Count,
  delayTold: Count,
  rejectedTold: z.array(z.string()),
  refusedAt: Time.nullable().default(null),
  wakeAt: Time.nullable(),
  tries: Count,
  outbox: z.array(StoredReport),
  // What is told of a chain must not cost the chain.
  card: StoredCard.nullable().catch(null),
  muted: z.looseObject({ until: Time }).nullable().default(null),
  ruling: z
    .looseObject({
      owner: z.string().nullable(),
      issue: z.string().nullable(),
      channel: z.string().nullable(),
    })
    .nullable()
    .default(null),
  credentials: StoredCredentials,
  // Earlier versions did not distinguish proven chains from others.
  proof: z.enum(['none', 'listed', 'failed']).default('failed'),
  trust: z.enum(['none', 'token', 'secret']).default('secret'),
  // Earlier versions verified the deployment when they accepted the notification.
  isVerified: z.boolean().default(true),
  claims: z.array(z.looseObject({ jobName: z.string().min(1), buildId: z.string() })).nullable(),
  lacks: z.enum(['token', 'place']).nullable(),
  reopened: Count,
});

/** `true` for what `storedChain` lets through just as it is; what it refuses or changes is `false`. */
export const isStoredChain = makeQuickCheck(storedChain) as (value: unknown) => value is Chain;
