import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFinished, readStarted } from '../../../src/evidence/artifacts/metadata.ts';

const cases: [string, string, number | null][] = [
  ['{"timestamp": 1766577268, "passed": false, "result": "FAILURE"}', 'FAILURE', 1_766_577_268_000],
  [
    '{"timestamp": 1766577268, "result": "error", "metadata": {"uploader": "crier"}}',
    'ERROR',
    1_766_577_268_000,
  ],
  ['{"result": "aborted", "passed": null}', 'ABORTED', null],
  ['{"passed": true}', 'SUCCESS', null],
  ['{"passed": false, "timestamp": "now"}', 'FAILURE', null],
  ['{"passed": true, "result": "SURPRISE", "timestamp": -1}', 'UNKNOWN', null],
  ['{"passed": null, "timestamp": 1e300}', 'UNKNOWN', null],
  ['{}', 'UNKNOWN', null],
  ['\uFEFF{"result": "FAILURE"}', 'FAILURE', null],
];

for (const [text, status, finishedAt] of cases) {
  test(`finished.json ${text}`, () => assert.deepEqual(readFinished(text), { status, finishedAt }));
}

test('started.json', () => {
  assert.deepEqual(readStarted('{"timestamp": 1768382039, "pull": "16536"}'), {
    startedAt: 1_768_382_039_000,
  });
  assert.deepEqual(readStarted('{"node": "x"}'), { startedAt: null });
});

test('what is no JSON object is unreadable', () => {
  for (const text of ['', '\uFEFF', '[]', '{"timestamp":', '<html><body>gcsweb</body></html>']) {
    assert.equal(readFinished(text), null);
    assert.equal(readStarted(text), null);
  }
});
