import { z } from 'zod';
import { phases } from '../evidence/phase.ts';
import { parseDuration } from '../job/duration.ts';
import type { JobStatus } from '../job/status.ts';
import { jobTypes } from '../job/type.ts';
import { mustBe } from './say-issue.ts';

/** How a run can end other than well: a rule may ask for no other status, since no other is ever judged. */
const failedStatuses = ['FAILURE', 'ERROR', 'ABORTED'] as const satisfies readonly JobStatus[];

/** Later than this nobody waits for an attempt, and its date may not exist. */
const longestDelayMs = 7 * 24 * 60 * 60_000;

const Glob = z.string().min(1);

const Attempts = countOf(mustBe('a whole number from 1 to 10'));

/** Milliseconds. */
const Delay = durationOf(mustBe('a duration up to 7d, written like 500ms, 30s, 30m or 12h'));

/** What a run must be for the rule to decide on it: all given keys must hold, a list means any of. */
const Match = z.strictObject({
  job: anyOf(Glob).optional(),
  type: anyOf(z.enum(jobTypes)).optional(),
  status: anyOf(z.enum(failedStatuses)).default(['FAILURE', 'ERROR']),
  phase: anyOf(z.enum(phases)).optional(),
});

const Retry = z.strictObject({
  attempts: Attempts,
  delay: Delay,
});

export const RuleName = z.string().trim().min(1);

const Rule = z.strictObject({
  name: RuleName,
  description: z.string().optional(),
  match: Match,
  retry: Retry,
});

export const RuleFile = z.strictObject({ rules: z.array(Rule) });

export type Rule = z.infer<typeof Rule>;
export type Match = z.infer<typeof Match>;

function anyOf<Item extends z.ZodType>(item: Item): z.ZodPreprocess<z.ZodArray<Item>> {
  return z.preprocess((value): unknown[] => (Array.isArray(value) ? value : [value]), z.array(item).min(1));
}

function countOf(error: z.core.$ZodErrorMap): z.ZodInt {
  return z.int({ error }).min(1, { error }).max(10, { error });
}

function durationOf(error: z.core.$ZodErrorMap): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return z
    .string({ error })
    .refine((text) => (parseDuration(text) ?? Infinity) <= longestDelayMs, { error })
    .transform((text) => parseDuration(text) ?? 0);
}

/** The keys that may stand at each level of a rule file, for advice on an unknown one. */
export const knownKeys = {
  file: Object.keys(RuleFile.shape),
  rules: Object.keys(Rule.shape),
  match: Object.keys(Match.shape),
  retry: Object.keys(Retry.shape),
};
