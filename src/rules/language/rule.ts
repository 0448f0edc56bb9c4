import { z } from 'zod';
import { channelAdvice, channelPattern } from '../../intake/slack-address.ts';
import { Match, Unless } from './condition.ts';
import { countFrom, durationUpTo, Instant, numberFrom, Text, Glob } from './schema-types.ts';

const Channel = z.string().regex(channelPattern, { error: channelAdvice });

const EnvName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);

/** What the job's past may say against an attempt. Durations are milliseconds. */
const Past = z.strictObject({
  max_consecutive_failures: countFrom(1, 100)
    .optional()
    .describe('Stop once the job failed this often in a row, this run included: it is broken, not unlucky.'),
  same_failure: z
    .enum(['stop'])
    .optional()
    .describe('stop: make no further attempt once one failed with the same signature.'),
  window: durationUpTo(90, 1).prefault('14d').describe('How far back runs count.'),
});

/** How the attempts are made. Durations are milliseconds. */
export const Retry = z.strictObject({
  attempts: countFrom(1, 10).describe('How many attempts may follow the run that failed first.'),
  delay: durationUpTo(7).describe('How long after the failure the attempt is made.'),
  backoff: numberFrom(1, 10)
    .default(1)
    .describe('Each attempt waits this many times as long as the one before.'),
  max_delay: durationUpTo(7).prefault('7d').describe('The longest that backoff may make the delay.'),
  jitter: numberFrom(0, 1)
    .default(0)
    .describe('The share of a delay by which chance makes it shorter or longer: 0.1 is a tenth.'),
  cooldown: durationUpTo(7).optional().describe('The least time between two attempts of one job.'),
  // Gangway takes no empty value (PROW.md, 1).
  envs: z
    .record(EnvName, z.string().min(1))
    .default({})
    .describe(
      'Variables for ci-operator; they win over those of the failed run: RELEASE_IMAGE_NAME, OVERRIDE_IMAGE_TAG, ' +
        'or a parameter that the job declares by this whole name. MULTISTAGE_PARAM_OVERRIDE_X does not override X ' +
        'in the steps.',
    ),
});

/** `expires` is in milliseconds since the epoch. */
export const Rule = z.strictObject({
  name: Text.describe('Unique over all files.'),
  description: z.string().optional().describe('What such a failure is, for people.'),
  owner: Text.optional().describe('Who answers for the rule; shown in messages.'),
  issue: Text.optional().describe('Where it is told why the rule stands; shown in messages.'),
  channel: Channel.optional().describe(
    'Where its chains are told in Slack, in place of RETRIGGER_SLACK_CHANNEL.',
  ),
  expires: Instant.optional().describe('From then on the rule no longer matches.'),
  match: Match.describe('What a run must be: all given keys must hold.'),
  unless: Unless.optional().describe(
    'What a run must not be: any key that holds keeps the rule from matching.',
  ),
  history: Past.optional().describe("What the job's past may say against an attempt."),
  retry: z
    .union([z.literal('never'), Retry])
    .describe('How to try again; or never, which ends the search with a skip.'),
});

export type Rule = z.infer<typeof Rule>;
export type Retry = z.infer<typeof Retry>;

/** The keys that may stand at each level of a rule, for advice on an unknown one. */
const ruleKeys = {
  rules: Object.keys(Rule.shape),
  match: Object.keys(Match.shape),
  unless: Object.keys(Unless.shape),
  history: Object.keys(Past.shape),
  retry: Object.keys(Retry.shape),
};

/** At most so many attempts, in a sliding window, over all jobs that the glob names. `per` is in milliseconds. */
const Budget = z.strictObject({
  job: Glob.describe('A glob over job names.'),
  retries: countFrom(0, 100_000).describe('At most so many attempts of all these jobs together.'),
  per: durationUpTo(30, 1).describe('In a window of this length, which slides.'),
});

/** When many jobs fail alike, their attempts wait until one of them, the canary, passed the step. In milliseconds. */
const Outage = z.strictObject({
  same_step_jobs: countFrom(2, 1000).describe(
    'So many different jobs, failed in the same step or with the same signature, are an outage.',
  ),
  within: durationUpTo(7, 1).describe('Failures that lie further apart have nothing to do with each other.'),
  hold: durationUpTo(7, 1).describe('How long the attempts wait for the canary before they are given up.'),
});

export const RuleFile = z.strictObject({
  rules: z
    .array(Rule)
    .default([])
    .describe('The first that matches a run decides; none: the run is left alone.'),
  budgets: z.array(Budget).default([]).describe('How many attempts may be made, whatever the rules say.'),
  outage: Outage.optional().describe('When attempts are held back; in one file only.'),
});

export type RuleFile = z.infer<typeof RuleFile>;
export type Budget = z.infer<typeof Budget>;
export type Outage = z.infer<typeof Outage>;

/** What all rule files together say. */
export interface RuleSet {
  rules: readonly Rule[];
  budgets: readonly Budget[];
  outage: Outage | null;
}

export const knownKeys = {
  ...ruleKeys,
  file: Object.keys(RuleFile.shape),
  budgets: Object.keys(Budget.shape),
  outage: Object.keys(Outage.shape),
};

/** The JSON schema of a rule file, for editors: it knows every key, and says what it is for. */
export function describeSchema(): object {
  return z.toJSONSchema(RuleFile.meta({ title: 'Rules of retrigger' }), {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodPreprocess) offerSingle(jsonSchema);
    },
  });
}

/** What `anyOf` reads: a list, or a single value. */
function offerSingle(schema: z.core.JSONSchema.BaseSchema): void {
  const { type, items, minItems } = schema;
  if (type !== 'array' || typeof items !== 'object' || Array.isArray(items)) return;
  delete schema.type;
  delete schema.items;
  delete schema.minItems;
  schema.anyOf = [items, { type, items, ...(minItems === undefined ? {} : { minItems }) }];
}
