import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSteps } from '../../../src/evidence/log/test-text.ts';

const unknown = { tests: [], jobName: null };
const watch = 'could not watch pod: the pod ci-op-1/x failed after 9m20s (failed containers: test)';

describe("steps in a phase's text", () => {
  const cases: [string, string, string[]][] = [
    ['one', `"e2e" pod "e2e-ipi-install" failed: ${watch}`, ['ipi-install']],
    [
      'several',
      `["e2e" pod "e2e-one" failed: ${watch}\n---\nlog\n---, "e2e" pod "e2e-two" failed: ${watch}]`,
      ['one', 'two'],
    ],
    ['one twice', `["e2e" pod "e2e-one" failed: ${watch}, "e2e" pod "e2e-one" failed: ${watch}]`, ['one']],
    ['a step named like its test', `"e2e" pod "e2e-e2e-test" failed: ${watch}`, ['e2e-test']],
    [
      'a time-out',
      '"e2e" pod "e2e-slow" exceeded the configured timeout activeDeadlineSeconds=7200: x',
      ['slow'],
    ],
    ['a pod that is not named after the test', '"e2e" pod "other" failed: x', ['other']],
    [
      'what another tool says of its pods in the log',
      `"e2e" pod "e2e-one" failed: ${watch}\n---\nthe "x" pod "x-y" failed to start`,
      ['one'],
    ],
    ['none', 'cancelled', []],
  ];
  for (const [name, text, steps] of cases)
    test(name, () => assert.deepEqual(readSteps(text, unknown), steps));
});

function link(step: string): string {
  return `\nLink to step on registry info site: https://steps.ci.openshift.org/reference/${step}\nLink to job on registry info site: https://steps.ci.openshift.org/job?test=e2e`;
}

describe('steps of the log of another ci-operator, which a step prints', () => {
  const inner = (test1: string) =>
    `* could not run steps: step ${test1} failed: "${test1}" pre steps failed: "${test1}" pod "${test1}-use-cli" failed: x`;
  const innerTwo = (test1: string) =>
    `${test1} steps failed: ["${test1}" pod "${test1}-a" failed: x, "${test1}" pod "${test1}-b" failed: x]`;
  const cases: [string, string, string[]][] = [
    [
      'with another test',
      `"e2e" pod "e2e-run" failed: x\n---\n${inner('with-cli')}\n---${link('run')}`,
      ['run'],
    ],
    [
      'with a test of the same name',
      `"e2e" pod "e2e-run" failed: x\n---\n${inner('e2e')}\n---${link('run')}`,
      ['run'],
    ],
    [
      'with several steps of the same test',
      `"e2e" pod "e2e-run" failed: x\n---\n${innerTwo('e2e')}${link('b')}\n---${link('run')}`,
      ['run'],
    ],
    [
      'before another step of the run',
      `["e2e" pod "e2e-run" failed: x\n---\n${innerTwo('e2e')}\n---${link('run')}, "e2e" pod "e2e-gather" failed: x${link('gather')}]`,
      ['run', 'gather'],
    ],
    [
      'with another test, and no links',
      `"e2e" pod "e2e-run" failed: x\n---\n${innerTwo('with-cli')}\n---`,
      ['run'],
    ],
  ];
  for (const [name, text, steps] of cases)
    test(name, () => assert.deepEqual(readSteps(text, unknown), steps));
});

describe('steps whose pod is named otherwise', () => {
  const known = { tests: ['e2e-4.14'], jobName: null };
  const cases: [string, string, string[]][] = [
    [
      'not created',
      'failed to create or restart e2e-4.14-rbac pod: unable to create pod: Pod "e2e-4.14-rbac" is invalid: [a, spec.b: x]',
      ['rbac'],
    ],
    ['not created, in other words', 'failed to create pod e2e-4.14-rbac: forbidden', ['rbac']],
    [
      'not created beside one that failed',
      '["e2e-4.14" pod "e2e-4.14-run" failed: x, failed to create or restart e2e-4.14-rbac pod: x]',
      ['run', 'rbac'],
    ],
    ['deleted', 'could not watch pod: ci-op-1/e2e-4.14-rbac was deleted', ['rbac']],
    ['gone', 'could not watch pod: pods "e2e-4.14-rbac" not found', ['rbac']],
    ['failed', 'the pod ci-op-1/e2e-4.14-rbac failed after 3s (failed containers: test)', ['rbac']],
    ['in quotes', '"e2e-4.14-rbac" pod could not be started', ['rbac']],
    ['of another test', 'failed to create or restart other-rbac pod: x', []],
    [
      'behind a comma of a quoted log',
      'cancelled\n---\nthen, the pod ci-op-1/e2e-4.14-rbac failed after 3s',
      [],
    ],
  ];
  for (const [name, text, steps] of cases) test(name, () => assert.deepEqual(readSteps(text, known), steps));
});

test('a text names fifty steps at most', () => {
  const text = Array.from({ length: 90 }, (_, at) => `"e2e" pod "e2e-${at}" failed: x`).join(', ');
  assert.equal(readSteps(`[${text}]`, unknown).length, 50);
});
