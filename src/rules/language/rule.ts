import { z } from 'zod';
import { channelAdvice, channelPattern } from '../../intake/slack-channel.ts';
import { Match, Unless } from './condition.ts';
import { countFrom, durationUpTo, Instant, numberFrom, Text } from './schema-types.ts';

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
export const ruleKeys = {
  rules: Object.keys(Rule.shape),
  match: Object.keys(Match.shape),
  unless: Object.keys(Unless.shape),
  history: Object.keys(Past.shape),
  retry: Object.keys(Retry.shape),
};
