import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stringify } from 'yaml';
import { readRunRecord } from '../../../src/evidence/artifacts/run-records.ts';
import { countSteps } from '../../steps/count-steps.ts';

const url = 'https://prow.ci.openshift.org/view/gs/b/logs/a-job/1930000000000000001';
const record = { jobName: 'a-job', buildId: '1930000000000000001', url };

function prowJob(spec: object, status: object): string {
  return stringify({ apiVersion: 'prow.k8s.io/v1', spec, status });
}

const spec = { type: 'periodic', job: 'a-job' };

test('the place of a run is read from its ProwJob', () => {
  assert.deepEqual(readRunRecord(prowJob(spec, { build_id: record.buildId, url })), record);
});

test('a build id that is written as a number keeps every digit', () => {
  const text = `spec: {type: periodic, job: a-job}\nstatus: {build_id: 1930000000000000001, url: "${url}"}\n`;
  assert.deepEqual(readRunRecord(text), record);
});

test('a run that is not pending has no place yet', () => {
  const none = { jobName: 'a-job', buildId: null, url: null };
  assert.deepEqual(readRunRecord(prowJob(spec, { state: 'triggered' })), none);
  assert.deepEqual(readRunRecord(prowJob(spec, { build_id: '', url: '' })), none);
  assert.deepEqual(readRunRecord(prowJob(spec, { build_id: '../x', url: 'x'.repeat(3_000) })), none);
});

const odd: [what: string, text: string][] = [
  ['nothing', ''],
  ['a page', '<html><body>Sign in: {</body></html>'],
  ['text', 'ProwJob not found'],
  ['a list', '- a\n- b\n'],
  ['broken YAML', 'spec: [a\nstatus: }'],
  ['no job', prowJob({ type: 'periodic' }, {})],
  ['no type', prowJob({ job: 'a-job' }, {})],
  ['a job that leads elsewhere', prowJob({ type: 'periodic', job: '../a' }, {})],
  ['a job name that is too long', prowJob({ type: 'periodic', job: 'a'.repeat(254) }, {})],
  ['aliases that grow', 'a: &a [x, x]\nb: &b [*a, *a]\nspec: {type: periodic, job: a-job, x: *b}\n'],
];
for (const [what, text] of odd) {
  test(`is no ProwJob: ${what}`, () => {
    assert.equal(readRunRecord(text), null);
  });
}

const costly: [what: string, text: string][] = [
  ['lists in lists', '['.repeat(500_000)],
  ['lists in lists, a line each', '- '.repeat(500_000)],
  ['aliases without a name', '* '.repeat(500_000)],
  ['one alias, again and again', `a: &a x\nb: [${'*a ,'.repeat(100_000)}]`],
];
for (const [what, text] of costly) {
  test(`${what} are refused before they cost much`, async () => {
    const steps = await countSteps(() => assert.equal(readRunRecord(text), null));
    assert.ok(steps < 200_000, `${steps} steps`);
  });
}

test('a record with many keys takes steps in proportion to its size', async () => {
  const keys = Array.from({ length: 4_000 }, (_, index) => `  k${index}: x\n`).join('');
  const text = `${prowJob(spec, { build_id: record.buildId, url })}other:\n${keys}`;
  const steps = await countSteps(() => assert.deepEqual(readRunRecord(text), record));
  assert.ok(steps < 200 * text.length, `${steps} steps`);
});
