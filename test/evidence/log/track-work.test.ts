import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBuildLog } from '../../../src/evidence/log/read-build-log.ts';

const timeout = {
  component: 'entrypoint',
  level: 'error',
  msg: 'Process did not finish before 4h0m0s timeout',
};

function endOf(messages: string[]) {
  const entries = messages.map((message) => `INFO[2026-06-12T13:01:21Z] ${message.padEnd(40)}`);
  const { activity } = readBuildLog(`${entries.join('\n')}\n`);
  return activity === null ? null : [activity.phase, ...activity.steps];
}

describe('what went on when the log ended', () => {
  const test1 = 'Running multi-stage test e2e';
  const pre = 'Running multi-stage phase pre';
  const cases: [string, string[], string[] | null][] = [
    ['a step', [test1, pre, 'Running step e2e-up.'], ['pre', 'up']],
    [
      'the second step',
      [test1, pre, 'Running step e2e-up.', 'Step e2e-up succeeded after 3m.', 'Running step e2e-conf.'],
      ['pre', 'conf'],
    ],
    ['between two steps', [test1, pre, 'Running step e2e-up.', 'Step e2e-up succeeded after 3m.'], ['pre']],
    [
      'a step beside an observer',
      [test1, 'Running step e2e-watch.', pre, 'Running step e2e-up.'],
      ['pre', 'up'],
    ],
    [
      'a step behind an observer',
      [test1, pre, 'Running step e2e-watch.', 'Running step e2e-up.'],
      ['pre', 'up'],
    ],
    [
      'a step of a later phase, with an observer of an earlier one',
      [
        test1,
        pre,
        'Running step e2e-watch.',
        'Step phase pre succeeded after 9m.',
        'Running multi-stage phase test',
      ],
      ['test'],
    ],
    ['the beginning of a phase', [test1, pre], ['pre']],
    ['a test that prepares', [test1], ['infra']],
    ['a wait for a lease', ['Acquiring leases for test e2e: [aws-quota-slice]'], ['lease']],
    ['a wait for an address', ['Acquiring IP Pool leases for test e2e: aws-ip-pools-us-east-1'], ['lease']],
    ['a wait in older words', ['Acquiring lease for "aws-quota-slice"'], ['lease']],
    [
      'a wait for a cluster',
      ['Claiming cluster from pool a/b owned by c', 'Waiting for cluster claim a/x to be fulfilled.'],
      ['claim'],
    ],
    ['a build', ['Building src', 'Created build "src-amd64"'], ['build']],
    ['a build whose beginning was cut', ['Created build "src-amd64"'], ['build']],
    [
      'a build beside one that is done',
      ['Building src', 'Build src-amd64 succeeded after 1m', 'Building bin'],
      ['build'],
    ],
    ['an input image', ['Tagging ocp/builder:rhel-9 into pipeline:root.'], ['import']],
    [
      'nothing after an input image and a build',
      [
        'Tagging ocp/builder:rhel-9 into pipeline:root.',
        'Building src',
        'Build src-amd64 succeeded after 1m',
      ],
      null,
    ],
    ['an import', ['Importing release image latest.'], ['import']],
    [
      'nothing after builds and imports',
      [
        'Building src',
        'Importing release image latest.',
        'Created build "src-amd64"',
        'Build src-amd64 succeeded after 1m',
        'Imported release 4.21',
      ],
      null,
    ],
    ['a test of one container', ['Executing test unit'], ['test']],
    [
      'nothing after the last phase',
      [test1, 'Running multi-stage phase post', 'Step phase post succeeded after 1m.'],
      null,
    ],
    ['nothing that is known', ['Ran for 3m'], null],
  ];
  for (const [name, messages, expected] of cases)
    test(name, () => assert.deepEqual(endOf(messages), expected));

  test("Prow's word about it", () => {
    const log = `INFO[2026-06-12T13:01:21Z] Running multi-stage phase post\n${JSON.stringify(timeout)}\n`;
    assert.deepEqual(readBuildLog(log).activity, { phase: 'post', steps: [], ending: timeout.msg });
  });
});
