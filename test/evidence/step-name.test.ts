import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isTestOf, nameStep } from '../../src/evidence/phase.ts';

describe('the step of a pod', () => {
  const job = 'periodic-ci-org-repo-main-nightly-4.21-e2e-aws';
  const cases: [string, string, string[], string | null, string | null][] = [
    ['by its test', 'e2e-ipi-install', ['e2e'], null, 'ipi-install'],
    ['by the longest of several tests', 'e2e-aws-ipi', ['e2e', 'e2e-aws'], null, 'ipi'],
    ['by the end of the job', 'e2e-aws-ipi', [], job, 'ipi'],
    ['by the test before the job', 'e2e-aws-ipi', ['e2e'], job, 'aws-ipi'],
    ['named like its test', 'aws-aws', ['aws'], null, 'aws'],
    ['of another test', 'other-ipi', ['e2e'], job, null],
    ['of a test that is not known', 'e2e-ipi', [], null, null],
  ];
  for (const [name, pod, tests, jobName, step] of cases) {
    test(name, () => assert.equal(nameStep(pod, { tests, jobName }), step));
  }
});

test('the name of a job ends with the name of its test', () => {
  assert.deepEqual(
    [isTestOf('periodic-ci-a-b-main-e2e', 'e2e'), isTestOf('e2e', 'e2e'), isTestOf(null, 'e2e')],
    [true, true, false],
  );
  assert.equal(isTestOf('periodic-ci-a-b-main-e2e', '2e'), false);
});
