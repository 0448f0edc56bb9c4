import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readTestText } from '../../../src/evidence/log/test-text.ts';

const unknown = { tests: [], jobName: null };

const watch = 'could not watch pod: the pod ci-op-1/x failed after 9m20s (failed containers: test)';

describe('the text of a whole test', () => {
  const cases: [string, string, unknown][] = [
    [
      'a lease',
      'failed to acquire lease for "aws-quota-slice": resources not found',
      { phase: 'lease', steps: [] },
    ],
    ['a lease in older words', 'failed to acquire lease: resources not found', { phase: 'lease', steps: [] }],
    [
      'an address pool',
      'failed to determine region to acquire lease for aws-ip-pools',
      { phase: 'lease', steps: [] },
    ],
    ['a lease that is not given back', 'failed to release lease: timeout', null],
    [
      'a claim',
      'failed to wait for the created cluster claim to become ready: timed out waiting for the condition',
      { phase: 'claim', steps: [] },
    ],
    ['a claim that is not given back', 'failed to delete cluster claim a in namespace b: x', null],
    [
      'a claim that failed and is not given back',
      '[failed to wait for the created cluster claim to become ready: x, failed to delete cluster claim a]',
      { phase: 'claim', steps: [] },
    ],
    [
      'a phase',
      `"e2e" test steps failed: "e2e" pod "e2e-run" failed: ${watch}`,
      { phase: 'test', steps: ['run'] },
    ],
    [
      'two phases: steps of the first only',
      `["e2e" pre steps failed: "e2e" pod "e2e-up" failed: x, "e2e" post steps failed: "e2e" pod "e2e-down" failed: x]`,
      { phase: 'pre', steps: ['up'] },
    ],
    [
      'a quoted ci-operator with a test of the same name',
      `"e2e" test steps failed: "e2e" pod "e2e-run" failed: x\n---\n["e2e" pre steps failed: x, "e2e" pod "e2e-conf" failed: x]`,
      { phase: 'test', steps: ['run'] },
    ],
    [
      'such a one with a failed post, quoted in post',
      `"e2e" post steps failed: ["e2e" pod "e2e-gather" failed: x\n---\nq, "e2e" post steps failed: x\n---, "e2e" pod "e2e-down" failed: x]`,
      { phase: 'post', steps: ['gather', 'down'] },
    ],
    [
      'a lease that a container speaks of',
      '"e2e" pre steps failed: "e2e" pod "e2e-up" failed: x\n---\nfailed to acquire lease kube-system/x',
      { phase: 'pre', steps: ['up'] },
    ],
    ['a lease on a later line', 'could not read profile\nfailed to acquire lease kube-system/x', null],
  ];
  for (const [name, text, expected] of cases)
    test(name, () => assert.deepEqual(readTestText(text, unknown), expected));
});
