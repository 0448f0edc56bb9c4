import { z } from 'zod';
import { phases } from '../../evidence/phase.ts';
import { managers } from '../../job/managed-by.ts';
import type { JobStatus } from '../../job/status.ts';
import { jobTypes } from '../../job/type.ts';
import { anyOf, Glob, PatternText } from './schema-types.ts';

/** How a run can end other than well: a rule may ask for no other status, since no other is ever judged. */
const failedStatuses = ['FAILURE', 'ERROR', 'ABORTED'] as const satisfies readonly JobStatus[];

const keys = {
  job: anyOf(Glob)
    .optional()
    .describe("Globs on the job's name: * any text, ? one character, {a,b} one of several."),
  type: anyOf(z.enum(jobTypes)).optional().describe('What made the job run.'),
  phase: anyOf(z.enum(phases)).optional().describe('Where the run began to fail.'),
  step: anyOf(Glob).optional().describe('Globs on the failed steps; one that matches is enough.'),
  reason: anyOf(Glob).optional().describe("Globs on ci-operator's reason, such as *:acquiring_lease*."),
  label: anyOf(Glob)
    .optional()
    .describe(
      'Globs on the labels of known failures; the decision may wait up to four poll intervals for labels.',
    ),
  message: PatternText.optional().describe('An RE2 expression; found in any failed test case.'),
  log: PatternText.optional().describe('An RE2 expression; found in the end of build-log.txt.'),
  managed_by: anyOf(z.enum(managers))
    .optional()
    .describe(
      'What else retries or counts the run. A rule matches such a run only if its match names the manager here.',
    ),
};

const Statuses = anyOf(z.enum(failedStatuses));

/** What a run must be for a rule to decide on it: all given keys must hold, a list means any of. */
export const Match = z.strictObject({
  ...keys,
  status: Statuses.default(['FAILURE', 'ERROR']).describe(
    'How the run ended: FAILURE or ERROR where the key is left out; ABORTED only where asked for.',
  ),
});

/** What a run must not be: one key that holds is enough for the rule not to match. */
export const Unless = z.strictObject({ ...keys, status: Statuses.optional().describe('How the run ended.') });

/** The keys of either; those that are absent ask for nothing. */
export type Condition = z.infer<typeof Unless>;
