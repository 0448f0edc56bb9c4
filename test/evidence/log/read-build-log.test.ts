import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readBuildLog } from '../../../src/evidence/log/read-build-log.ts';

const messages = [
  'Running multi-stage test e2e-aws',
  'Running multi-stage phase pre',
  'Step e2e-aws-watch-cluster failed after 2s.',
  'Step e2e-aws-ipi-install-install failed after 9m20s.',
  'Step phase pre failed after 1h5m30s.',
  'Running multi-stage phase post',
  'Step e2e-aws-gather failed after 3s.',
  'Pod e2e-aws-gather is running in best-effort mode, ignoring the failure...',
  'Step e2e-aws-first failed after 3s.',
  'Step e2e-aws-second failed after 3s.',
  'Step phase post failed after 7m20s.',
  "Reporting job state 'failed' with reason 'executing_graph:step_failed:executing_multi_stage_test'",
  "Reporting job state 'failed' with reason 'executing_graph:step_failed:utilizing_lease:releasing_lease'",
];

const formats: [string, (message: string) => string][] = [
  ['colours', (message) => `\u001B[36mINFO\u001B[0m[2026-06-12T13:01:21Z] ${message.padEnd(120)} `],
  ['key and value', (message) => `time="2021-03-18T14:29:22Z" level=info msg="${message}"`],
  ['a plain date', (message) => `2021/03/18 14:29:22 ${message}`],
  ['JSON lines', (message) => JSON.stringify({ level: 'info', msg: message, time: '2026-06-12T13:01:21Z' })],
];

describe('formats of the log', () => {
  for (const [name, format] of formats) {
    test(name, () => {
      const { reasons, failedPhases } = readBuildLog(messages.map(format).join('\n'));
      assert.deepEqual(reasons, [
        'executing_graph:step_failed:executing_multi_stage_test',
        'executing_graph:step_failed:utilizing_lease:releasing_lease',
      ]);
      assert.deepEqual(failedPhases, [
        { phase: 'pre', steps: ['ipi-install-install'] },
        { phase: 'post', steps: ['first', 'second'] },
      ]);
    });
  }
});

describe('the error of a graph step', () => {
  const error = '"e2e" pre steps failed: "e2e" pod "e2e-install" failed: could not watch pod';
  test('on a line of its own under its heading', () => {
    const log = `\u001B[31mERRO\u001B[0m[2026-06-12T13:01:21Z] Some steps failed:\n  * could not run steps: step e2e failed: ${error}\n`;
    assert.deepEqual(readBuildLog(log).errors, [{ step: 'e2e', test: 'e2e', text: error }]);
  });

  test('in one quoted message', () => {
    const quoted = `Some steps failed:\\n  * could not run steps: step e2e failed: ${error.replaceAll('"', '\\"')}\\nmore`;
    assert.deepEqual(readBuildLog(`time="2021" level=error msg="${quoted}"`).errors, [
      { step: 'e2e', test: 'e2e', text: `${error}\nmore` },
    ]);
  });

  test('tells the name of the test, so that the steps of the phase can be named', () => {
    const log = [
      'Step e2e-install failed after 1s.',
      'Step phase pre failed after 1s.',
      `* could not run steps: step e2e failed: ${error}`,
    ];
    assert.deepEqual(readBuildLog(log.join('\n')).failedPhases, [{ phase: 'pre', steps: ['install'] }]);
  });
});

test('a step is not named while its test is not known', () => {
  const log = 'Step e2e-aws-ipi-install failed after 9m.\nStep phase pre failed after 1h.';
  assert.deepEqual(readBuildLog(log).failedPhases, [{ phase: 'pre', steps: [] }]);
});

test('what a step prints into the log says nothing', () => {
  const log = [
    "  echo Reporting job state 'failed' with reason 'x'",
    'INFO[2026-06-12T13:01:21Z] the tool says: Step phase pre failed after 1s.',
    "Reporting job state 'succeeded'",
    '{"msg": 7}',
    '{not json',
  ];
  const { reasons, failedPhases, errors } = readBuildLog(log.join('\n'));
  assert.deepEqual({ reasons, failedPhases, errors }, { reasons: [], failedPhases: [], errors: [] });
});

test('the text is plain', () => {
  assert.equal(readBuildLog('\u001B[31mno such host\u001B[0m\r\n').text, 'no such host\n');
});
