import { z } from 'zod';
import { Rule, ruleKeys } from './rule.ts';
import { countFrom, durationUpTo, Glob } from './schema-types.ts';

/** At most so many attempts, in a sliding window, over all jobs that the glob names. `per` is in milliseconds. */
const Budget = z.strictObject({
  job: Glob.describe('A glob over job names.'),
  retries: countFrom(0, 100_000).describe('At most so many attempts of all these jobs together.'),
  per: durationUpTo(30, 1).describe('In a window of this length, which slides.'),
});

/** When many jobs fail alike, their attempts wait until one of them, the canary, came through. In milliseconds. */
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
