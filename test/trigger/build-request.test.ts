import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chain } from '../../src/chain/chain.ts';
import { openChain } from '../../src/chain/accept.ts';
import { buildRequest } from '../../src/trigger/build-request.ts';

const refs = { org: 'acme', repo: 'shop', base_ref: 'main', base_sha: 'b'.repeat(40), pulls: [] };
const pulls = [{ number: 7, sha: 'c'.repeat(40) }];
const run = { jobName: 'a-job', prowJobId: 'run-0', buildId: '19' };
const opened = openChain(run, { token: null, slack: null, slackErrors: null }, 0);

test('a request names the job, its marks, and the source where it has one', () => {
  const marks = {
    labels: { 'retrigger/root': 'run-0', 'retrigger/attempt': '2' },
    annotations: { 'retrigger/root': 'run-0' },
    envs: {},
  };
  const rows: [Pick<Chain, 'type' | 'refs'>, unknown][] = [
    [{ type: 'periodic', refs: null }, null],
    // Prow refuses a periodic with refs, and a ProwJob may have extra ones.
    [{ type: 'periodic', refs }, null],
    [{ type: 'postsubmit', refs }, refs],
    [
      { type: 'presubmit', refs: { ...refs, pulls } },
      { ...refs, pulls },
    ],
  ];
  for (const [known, expected] of rows) {
    const request = buildRequest({ ...opened, ...known }, 2, {});
    assert.deepEqual(request, { jobName: 'a-job', type: known.type, refs: expected, ...marks });
  }
});

test('the overrides of the first run go along, and the rule’s variables win over them', () => {
  const chain: Chain = { ...opened, type: 'periodic', envs: { A: 'rule', B: 'rule' } };
  const request = buildRequest(chain, 1, { A: 'run', RELEASE_IMAGE_LATEST: 'run' });
  assert.deepEqual(request?.envs, { A: 'rule', B: 'rule', RELEASE_IMAGE_LATEST: 'run' });
});

test('what Prow would not take is not asked for', () => {
  const rows: Pick<Chain, 'type' | 'refs'>[] = [
    { type: null, refs },
    { type: 'batch', refs: { ...refs, pulls } },
    { type: 'postsubmit', refs: null },
    { type: 'presubmit', refs: null },
    { type: 'presubmit', refs },
  ];
  for (const known of rows) assert.equal(buildRequest({ ...opened, ...known }, 1, {}), null);
});

test('a request says what manages the run that it retries', () => {
  const request = buildRequest({ ...opened, type: 'periodic', managedBy: 'aggregation' }, 1, {});
  assert.deepEqual(request?.annotations, {
    'retrigger/root': 'run-0',
    'retrigger/managed-by': 'aggregation',
  });
});
