import { z } from 'zod';
import type { DecisionReason } from '../../chain/decision.ts';
import { phases } from '../../evidence/phase.ts';
import { managers } from '../../job/managed-by.ts';
import { jobStatuses } from '../../job/status.ts';
import { jobTypes } from '../../job/type.ts';
import { countFrom, durationUpTo, Instant, Text } from '../language/schema-types.ts';
import {
  type FileKind,
  type FileText,
  findLargeFile,
  formatPlace,
  formatProblems,
  readStrictFiles,
} from '../language/read-config-file.ts';

/** The reasons that a decision by rules may have; others come up later, before an attempt is made. */
const reasons = [
  'matched',
  'not-failed',
  'rehearsal',
  'not-retriggerable',
  'no-rule-matched',
  'never',
  'silenced',
  'attempts-exhausted',
  'same-failure',
  'failing-streak',
  'retried-by-prow',
  'managed-elsewhere',
  'evidence-missing',
  'outage',
] as const satisfies readonly DecisionReason[];

const maxDays = 365;
const Texts = z.array(z.string()).default([]);

/** Of known failures. Older files wrote the ProwJob's labels here, as a map. */
const Labels = z
  .array(z.string(), {
    error: ({ code, input }) =>
      code === 'invalid_type' && typeof input === 'object' && input !== null
        ? "must be a list of known-failure labels; the ProwJob's own labels are prowjob_labels"
        : undefined,
  })
  .default([]);

/** The run that is judged. What is left out is unknown; by default it is a periodic that failed. */
const ExampleRun = z.strictObject({
  job: Text.default('periodic-ci-org-repo-main-e2e'),
  /** 0: the run that failed first. */
  attempt: countFrom(0, 100).default(0),
  type: z.enum(jobTypes).nullable().default('periodic'),
  status: z.enum([...jobStatuses, 'UNKNOWN']).default('FAILURE'),
  phase: z.enum(phases).nullable().default(null),
  steps: Texts,
  reason: z.string().nullable().default(null),
  messages: Texts,
  log: z.string().nullable().default(null),
  signature: z.string().nullable().default(null),
  labels: Labels,
  /** What else manages the run; without it, the ProwJob's labels decide. */
  managed_by: z.enum(managers).nullable().default(null),
  /** Of the ProwJob, by name. */
  prowjob_labels: z.record(z.string(), z.string()).default({}),
});

const ExamplePastRun = z.strictObject({
  status: z.enum(['SUCCESS', 'FAILURE', 'ERROR', 'ABORTED']),
  /** Milliseconds; how long before `now` it ended. */
  ago: durationUpTo(maxDays).optional(),
  attempt: countFrom(0, 100).default(0),
});

/** What the job did before; `runs` come newest first, an hour apart by default; `null`: they could not be read. */
const ExampleHistory = z.strictObject({
  runs: z
    .array(z.preprocess((run) => (typeof run === 'string' ? { status: run } : run), ExamplePastRun))
    .nullable()
    .default([]),
  /** Of the earlier runs of the same chain. */
  earlier_signatures: Texts,
  /** Milliseconds; how long ago the job's last attempt was made. */
  last_attempt: durationUpTo(maxDays).optional(),
});

/** What must come; a key that is left out may come as it likes. */
const Expected = z.strictObject({
  outcome: z.enum(['retry', 'skip', 'hold']),
  reason: z.enum(reasons).optional(),
  /** `null`: no rule decides. */
  rule: Text.nullable().optional(),
  /** Milliseconds. */
  delay: durationUpTo(maxDays).optional(),
  /** Which attempt would be made. */
  attempt: countFrom(1, 100).optional(),
});

const Example = z.strictObject({
  name: Text,
  /** Milliseconds since the epoch. */
  now: Instant.prefault('2026-01-01T12:00:00Z'),
  evidence: ExampleRun.prefault({}),
  history: ExampleHistory.prefault({}),
  /** A silence mutes the job. */
  silenced: z.boolean().default(false),
  /** Many jobs fail alike. */
  in_outage: z.boolean().default(false),
  expect: Expected,
});

const ExampleFile = z.strictObject({ examples: z.array(Example) });

type ExampleFile = z.infer<typeof ExampleFile>;
export type Example = z.infer<typeof Example>;
type Expected = z.infer<typeof Expected>;

/** The keys that may stand at each level, for advice on an unknown one. */
const exampleKeys = {
  file: Object.keys(ExampleFile.shape),
  examples: Object.keys(Example.shape),
  evidence: Object.keys(ExampleRun.shape),
  history: Object.keys(ExampleHistory.shape),
  runs: Object.keys(ExamplePastRun.shape),
  expect: Object.keys(Expected.shape),
};

export interface PlacedExample {
  example: Example;
  /** `path:line:column`. */
  place: string;
}

type ParsedExamples = { kind: 'good'; examples: PlacedExample[] } | { kind: 'bad'; problems: string[] };

const exampleFiles: FileKind<typeof ExampleFile> = {
  schema: ExampleFile,
  list: 'examples',
  item: 'example',
  max: 2_000,
  knownKeys: exampleKeys,
};

/** Reads example files as `parseRules` reads rule files; a name may occur twice, because nothing refers to it. */
export function parseExamples(texts: readonly FileText[]): ParsedExamples {
  const large = findLargeFile(texts);
  if (large !== null) return { kind: 'bad', problems: formatProblems([large]) };
  const files = readStrictFiles(texts, exampleFiles);
  const problems = files.flatMap((file) => file.problems);
  const more = files.reduce((sum, file) => sum + file.more, 0);
  if (problems.length > 0) return { kind: 'bad', problems: formatProblems(problems, more) };
  const examples = files.flatMap(({ content, problemAt }) =>
    (content?.examples ?? []).map((example, index) => ({
      example,
      place: formatPlace(problemAt(['examples', index, 'name'], '')),
    })),
  );
  return { kind: 'good', examples };
}
