import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { askGangway, createExecution, prowForTest } from './prow-for-test.ts';

const job = 'periodic-ci-acme-shop-main-e2e-aws';
const body = { job_name: job, job_execution_type: 'PERIODIC' };
const refs = { org: 'acme', repo: 'shop', base_ref: 'main', base_sha: 'b'.repeat(40), pulls: [] };

async function withJobs(t: TestContext) {
  const { prow } = await prowForTest(t);
  prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'pass' }] });
  prow.defineJob({ name: 'branch-ci-a', type: 'postsubmit', refs, plan: [{ outcome: 'pass' }] });
  return { prow };
}

const invalid: [string, unknown, RegExp][] = [
  ['no name', { job_execution_type: 1 }, /job_name/],
  ['no type', { job_name: job }, /unsupported JobExecutionType/],
  ['a periodic with refs', { ...body, refs }, /periodic jobs cannot also have gitRefs/],
  [
    'a postsubmit without refs',
    { job_name: 'branch-ci-a', job_execution_type: 2 },
    /gitRefs must be defined/,
  ],
  [
    'refs without a sha',
    { job_name: 'branch-ci-a', job_execution_type: 2, refs: { ...refs, base_sha: '' } },
    /BaseSha/,
  ],
  ['an empty pulls array', { job_name: 'branch-ci-a', job_execution_type: 2, refs }, /invalid SHA/],
  ['an empty value', { ...body, pod_spec_options: { envs: { A: '' } } }, /invalid environment variable/],
  ['a bad label value', { ...body, pod_spec_options: { labels: { a: 'x y' } } }, /invalid label/],
  ['a long label value', { ...body, pod_spec_options: { labels: { a: 'x'.repeat(64) } } }, /invalid label/],
];

for (const [what, request, message] of invalid) {
  test(`${what} is a 400 with an empty body and gRPC headers`, async (t) => {
    const { prow } = await withJobs(t);
    const response = await createExecution(prow, request);
    assert.deepEqual(
      [response.status, await response.text(), response.headers.get('grpc-status')],
      [400, '', '3'],
    );
    assert.match(decodeURIComponent(response.headers.get('grpc-message') ?? ''), message);
    assert.equal(prow.runs.length, 0);
  });
}

test('what only fails inside is a 500: an unknown job, a batch, a bad label key', async (t) => {
  const { prow } = await withJobs(t);
  const requests: [unknown, string][] = [
    [{ job_name: 'gone', job_execution_type: 1 }, 'failed to find associated periodic job "gone"'],
    [
      { job_name: 'gone', job_execution_type: 2, refs: { ...refs, pulls: undefined } },
      'failed to find associated postsubmit job "gone" from orgRepo "acme/shop"',
    ],
    [
      { job_name: 'a', job_execution_type: 'BATCH', refs: { ...refs, pulls: undefined } },
      'unsupported JobExecutionType type: BATCH',
    ],
  ];
  for (const [request, message] of requests) {
    const response = await createExecution(prow, request);
    assert.deepEqual([response.status, response.headers.get('grpc-message')], [500, message]);
  }
  const badKey = await createExecution(prow, { ...body, pod_spec_options: { labels: { 'a b': 'x' } } });
  assert.equal(badKey.status, 500);
});

test('malformed JSON and a bad enum are refused by Envoy: text, no gRPC headers', async (t) => {
  const { prow } = await withJobs(t);
  for (const request of [
    '{"job_name":',
    '[]',
    { ...body, job_execution_type: 'periodic' },
    { ...body, job_name: 5 },
  ]) {
    const response = await createExecution(prow, request);
    assert.deepEqual([response.status, response.headers.get('grpc-status')], [400, null]);
    assert.notEqual(await response.text(), '');
  }
  assert.equal(
    (await createExecution(prow, { ...body, jobname: 'misspelt fields are ignored' })).status,
    200,
  );
  assert.equal((await askGangway(prow, '/v1/elsewhere')).status, 404);
});
