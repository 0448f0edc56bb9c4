import type { ClosedState } from '../../src/chain/transitions.ts';
import type { JobDefinition } from '../prow/cluster/job-definition.ts';
import type { StageDurations } from '../prow/cluster/run-plan.ts';

const minute = 60_000;

/** A job of the demo, and how its story must come out. */
export interface ScriptedJob {
  job: JobDefinition;
  /** When its first run starts, ms after the beginning. */
  startsAfter: number;
  about: string;
  /** Each decision in turn: outcome and reason. */
  decisions: string[];
  state: ClosedState;
  attempts: number;
  /** What the titles in Slack say after the job's name, in order. */
  titles: RegExp[];
}

/** What a run of these jobs takes is mostly the installation of a cluster; these are on the short side. */
export const durations: Partial<StageDurations> = {
  setup: 2 * minute,
  pre: 28 * minute,
  test: 24 * minute,
  post: 6 * minute,
};

const bootstrap = 'level=error msg=Bootstrap failed to complete: timed out waiting for the condition';
const quota =
  'level=error msg=failed to create cluster: error(VpcLimitExceeded): quota exceeded in us-east-2';

const pullFailed = 'Error: failed to pull image: dial tcp: connect: no route to host';

export const script: readonly ScriptedJob[] = [
  {
    job: {
      name: 'periodic-ci-stolostron-policy-collection-main-ocp4.20-interop-opp-aws',
      type: 'periodic',
      plan: [{ outcome: 'fail-pre', message: bootstrap }, { outcome: 'pass' }],
    },
    startsAfter: 0,
    about: 'setup fails once',
    decisions: ['retry matched'],
    state: 'passed',
    attempts: 1,
    titles: [/failed and will be tried again/, /was triggered again: attempt 1/, /passed on attempt 1/],
  },
  {
    job: {
      name: 'periodic-ci-quay-quay-tests-master-ocp4.20-lp-interop-quay-aws',
      type: 'periodic',
      plan: [{ outcome: 'fail-pre', message: quota, durations: { pre: 21 * minute } }],
    },
    startsAfter: 4 * minute,
    about: 'setup fails twice',
    decisions: ['retry matched', 'skip attempts-exhausted'],
    state: 'exhausted',
    attempts: 1,
    titles: [/failed and will be tried again/, /was triggered again: attempt 1/, /failed again on attempt 1/],
  },
  {
    job: {
      name: 'periodic-ci-konveyor-tackle2-ui-main-ocp4.20-lp-interop-mta-aws',
      type: 'periodic',
      plan: [{ outcome: 'fail-test', step: 'mta-tests-ui', message: 'CypressError: 3 of 118 tests failed' }],
    },
    startsAfter: 9 * minute,
    about: 'a test fails',
    decisions: ['skip no-rule-matched'],
    state: 'skipped',
    attempts: 0,
    titles: [],
  },
  {
    job: {
      name: 'periodic-ci-oadp-qe-oadp-qe-automation-main-ocp4.20-lp-interop-oadp-aws',
      type: 'periodic',
      plan: [
        {
          outcome: 'fail-test',
          step: 'oadp-execute-tests',
          message: pullFailed,
          durations: { test: 10 * minute },
          // The label comes after `finished.json`; the rule that asks for it waits.
          knownFailures: [
            { label: 'InfraFailure', summary: 'the network of a build cluster was down', lateBy: 70_000 },
          ],
        },
        { outcome: 'pass', durations: { test: 10 * minute } },
      ],
    },
    startsAfter: 2 * minute,
    about: 'a known failure',
    decisions: ['retry matched'],
    state: 'passed',
    attempts: 1,
    titles: [/failed and will be tried again/, /was triggered again: attempt 1/, /passed on attempt 1/],
  },
];
