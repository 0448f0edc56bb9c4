import { z } from 'zod';
import {
  decisionReasons,
  type Finding,
  findingVerdicts,
  type Reason,
  type ReasonOf,
  type RuleTrace,
  ruleVerdicts,
} from '../../../chain/decision.ts';
import type { KnownFailure } from '../../../evidence/artifacts/known-failures.ts';
import { type Gap, gapKinds } from '../../../evidence/gap.ts';
import { phases } from '../../../evidence/phase.ts';
import { managers } from '../../../job/managed-by.ts';
import { jobStatuses } from '../../../job/status.ts';
import { jobTypes, type Obstacle } from '../../../job/type.ts';
import { Count, Time } from './numbers.ts';

export const StoredDecisionReason = z.enum(decisionReasons);

const knownFailure = { label: z.string(), summary: z.string() };
export const StoredKnownFailure = z.looseObject(knownFailure) satisfies z.ZodType<KnownFailure>;

const StoredGap = z.looseObject({
  file: z.string(),
  kind: z.enum(gapKinds),
  detail: z.string(),
  others: Count.exactOptional(),
}) satisfies z.ZodType<Gap>;

const obstacles = {
  batch: z.looseObject({ kind: z.literal('batch') }),
  'no-refs': z.looseObject({ kind: z.literal('no-refs'), type: z.enum(jobTypes) }),
  'no-pull-request': z.looseObject({ kind: z.literal('no-pull-request') }),
} as const satisfies { [Kind in Obstacle['kind']]: z.ZodType<Obstacle & { kind: Kind }> };

const StoredObstacle = z.discriminatedUnion('kind', [
  obstacles.batch,
  obstacles['no-refs'],
  obstacles['no-pull-request'],
]);

const text = z.string();
const texts = z.array(z.string());
const textOrNull = z.string().nullable();
const status = z.enum(jobStatuses);

const StoredFinding = z.looseObject({
  key: text,
  verdict: z.enum(findingVerdicts),
  asked: texts,
  saw: textOrNull,
}) satisfies z.ZodType<Finding>;

const StoredTrace = z.looseObject({
  rule: text,
  verdict: z.enum(ruleVerdicts),
  findings: z.array(StoredFinding),
  exceptions: z.array(StoredFinding),
}) satisfies z.ZodType<RuleTrace>;

type Shape<Kind extends Reason['kind']> = {
  [Field in Exclude<keyof ReasonOf<Kind>, 'kind'>]: z.ZodType<ReasonOf<Kind>[Field]>;
};

/** The fields of each kind. A kind that is new in the type and missing here does not compile, and neither does a field. */
const shapes: { [Kind in Reason['kind']]: Shape<Kind> } = {
  failed: { status, phase: z.enum(phases).nullable(), steps: texts, reason: textOrNull },
  undetermined: { status, gap: StoredGap.nullable() },
  'prow-says': { text },
  message: { text },
  'ci-operator-reason': { text },
  'known-failure': knownFailure,
  'more-known-failures': { count: Count },
  gap: { gap: StoredGap },

  rule: { trace: StoredTrace },
  owner: { owner: text },
  issue: { issue: text },
  'rule-says-never': {},
  'type-unknown': {},
  plan: { attempt: Count, attempts: Count, delayMs: Count },
  'run-passed': {},
  rehearsal: {},
  obstacle: { obstacle: StoredObstacle },
  'retried-by-prow': { count: text },
  managed: { by: z.enum(managers), mark: text },
  exhausted: { attempts: Count, attempt: Count },
  'no-signature': {},
  'same-failure': { signature: text },
  'history-unknown': {},
  'failing-streak': { failures: Count, windowMs: Count, max: Count },
  silence: { author: text, job: text, until: Time, comment: text },
  'budget-spent': { job: text, spent: Count, retries: Count, perMs: Count },

  'carried-over': { names: texts },
  'flags-not-carried': { names: texts },
  'values-not-carried': { names: texts },
  'started-with': { names: texts },
  'overrides-locked': { names: texts },

  outage: { key: text, jobs: Count },
  'would-go-first': { key: text, jobs: Count },
  'would-wait': { key: text, jobs: Count },
  held: { key: text },
  canary: { key: text },
  'canary-passed': {},
  'hold-over': {},
  'outage-announced': { key: text, first: textOrNull, waiting: texts },

  cancelled: { by: text },
  'run-goes-on': {},
  'asked-for-attempt-now': { by: text },
  'asked-for-check-now': { by: text },
  'asked-for-attempt': { by: text },
  'job-silenced': { author: text, until: Time, comment: text, at: Time },

  attempt: { attempt: Count },
  waits: { attempt: Count, says: text },
  'gangway-says': { says: text },
  'request-astray': {},
  'token-brought': {},
  'no-token': { for: z.enum(['trigger', 'ask']) },
  'not-startable': {},
  'newer-run': { buildId: text },
  'newer-run-by-then': {},
  'newer-run-unknown': { why: text },
  'older-copy': {},
  'attempt-unknown': { attempt: Count },
  'start-unknown': { says: text },
  'gangway-away': { attempt: Count },
  'requests-lost': { count: Count },
  'would-not-be-made': {},

  'attempt-of': { chainId: text },
  'run-of-another-job': { prowJobId: text, attempt: Count, jobName: text },
  'build-of-another-job': { jobName: text, ownJob: text },
  'build-of-another-run': { prowJobId: textOrNull, ownRun: text },
  'attempt-unreadable': { attempt: Count, why: text },
  'build-unreadable': { buildId: textOrNull, why: text, denied: texts },
  'build-unproven': { buildId: textOrNull, prowJobId: text, why: text },
  'end-unseen': { buildId: textOrNull, waitedMs: Count, why: text, buckets: texts },

  decided: { reason: StoredDecisionReason },
  'channel-closed': { channel: text },
  note: { text },
};

const options: unknown = Object.entries(shapes).map(([kind, shape]) =>
  z.looseObject({ kind: z.literal(kind), ...shape }),
);

// The record above has every kind with its fields; what is made of its entries has lost their types.
export const StoredReason = z.discriminatedUnion(
  'kind',
  options as [z.ZodObject],
) as unknown as z.ZodType<Reason>;
