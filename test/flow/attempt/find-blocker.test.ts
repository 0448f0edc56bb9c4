import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chain } from '../../../src/chain/chain.ts';
import { type ChainRun, openRun } from '../../../src/chain/run.ts';
import { openChain } from '../../../src/chain/accept.ts';
import { findNewerRun } from '../../../src/flow/attempt/find-blocker.ts';
import { markLineage } from '../../../src/trigger/lineage.ts';
import type { ProwRun } from '../../prow/cluster/prow-run.ts';
import { minute } from '../../prow/prow-for-test.ts';
import { folder, job, startHistoryWorld } from '../../history/history-world.ts';

const noCredentials = { token: null, slack: null, slackErrors: null };

/** A chain of these runs, the failed one first. */
function chainOf(...runs: ProwRun[]): Chain {
  const [first] = runs;
  assert.ok(first !== undefined);
  const chain = openChain(first, noCredentials, 0);
  const chainRuns = runs.map((run, attempt): ChainRun => ({
    ...openRun(run.prowJobId, run.buildId, attempt, 0),
    folder: `${run.bucketName}/${run.folder}`,
  }));
  return { ...chain, runs: chainRuns };
}

test('there is none where the failed run is the newest, however many went before, at the cost of one list', async (t) => {
  const { source, recordPast, watch } = await startHistoryWorld(t);
  recordPast('pass', 30);
  recordPast('fail-pre', 20);
  const chain = chainOf(recordPast('fail-pre', 10));
  const calls = await watch(async () => {
    assert.deepEqual(await findNewerRun(source, chain), { kind: 'none' });
  });
  assert.deepEqual(calls, [`${folder}/`]);
});

test('gives the newest of them', async (t) => {
  const { source, recordPast } = await startHistoryWorld(t);
  const chain = chainOf(recordPast('fail-pre', 30));
  recordPast('pass', 20);
  const newest = recordPast('fail-pre', 10);
  const newer = await findNewerRun(source, chain);
  assert.ok(newer.kind === 'newer' && newer.startedAt !== null);
  const { buildId } = newest;
  assert.deepEqual(newer, { kind: 'newer', buildId, who: null, startedAt: newer.startedAt });
});

test('sees a run that has only begun, with or without its ProwJob', async (t) => {
  const { prow, clock, source, recordPast } = await startHistoryWorld(t);
  const chain = chainOf(recordPast('fail-pre', 10));
  const begun = prow.startRun(job);
  clock.advance(minute);
  for (const kind of [null, 'missing', '503'] as const) {
    if (kind !== null) prow.bucket.fault({ path: `${begun.buildId}/prowjob.json`, kind, times: 2 });
    const newer = await findNewerRun(source, chain);
    assert.ok(newer.kind === 'newer', kind ?? 'whole');
    assert.equal(newer.buildId, begun.buildId);
  }
});

test("does not take the chain's own runs for somebody's, by build or by ProwJob", async (t) => {
  const { source, recordPast } = await startHistoryWorld(t);
  const failed = recordPast('fail-pre', 30);
  const attempt = recordPast('fail-pre', 20);
  assert.deepEqual(await findNewerRun(source, chainOf(failed, attempt)), { kind: 'none' });
  const [first, second] = chainOf(failed, attempt).runs;
  assert.ok(first !== undefined && second !== undefined);
  for (const buildId of [null, '2000000000000000000']) {
    const evicted: Chain = { ...chainOf(failed), runs: [{ ...second, attempt: 0, buildId }, first] };
    assert.deepEqual(await findNewerRun(source, evicted), { kind: 'none' });
  }
});

test("knows the chain's own run by its build where its ProwJob can not be read", async (t) => {
  const { prow, source, recordPast } = await startHistoryWorld(t);
  const before = recordPast('fail-pre', 30);
  const failed = recordPast('fail-pre', 20);
  prow.bucket.fault({ path: `${failed.buildId}/prowjob.json`, kind: '503' });
  assert.deepEqual(await findNewerRun(source, chainOf(failed, before)), { kind: 'none' });
});

test('tells whose attempt the newer run is', async (t) => {
  const { source, recordPast } = await startHistoryWorld(t);
  const chain = chainOf(recordPast('fail-pre', 30));
  const lineage = { root: 'the-root', attempt: 3 };
  recordPast('fail-pre', 10, markLineage(lineage));
  const newer = await findNewerRun(source, chain);
  assert.ok(newer.kind === 'newer');
  assert.deepEqual(newer.who, lineage);
});

test('looks beside the failed run: another pull request or job is none of its business', async (t) => {
  const { prow, clock, source } = await startHistoryWorld(t);
  const name = 'pull-ci-org-repo-main-e2e';
  const refsOf = (number: number) => ({
    org: 'org',
    repo: 'repo',
    base_ref: 'main',
    base_sha: 'a'.repeat(40),
    pulls: [{ number, sha: 'b'.repeat(40) }],
  });
  prow.defineJob({ name, type: 'presubmit', refs: refsOf(1), plan: [{ outcome: 'fail-pre' }] });
  const record = (number: number) =>
    prow.recordPast(name, { outcome: 'fail-pre' }, clock.now(), { refs: refsOf(number) });
  const chain = chainOf(record(1));
  record(2);
  assert.deepEqual(await findNewerRun(source, chain), { kind: 'none' });
  const { buildId } = record(1);
  const found = await findNewerRun(source, chain);
  assert.ok(found.kind === 'newer');
  assert.equal(found.buildId, buildId);
});

test('says where it can not tell', async (t) => {
  const { prow, source, recordPast } = await startHistoryWorld(t);
  const chain = chainOf(recordPast('fail-pre', 30));
  prow.bucket.fault({ path: `${folder}/`, kind: '503', on: 'list', times: 1 });
  assert.deepEqual(await findNewerRun(source, chain), {
    kind: 'unavailable',
    why: 'HTTP 503',
    isLasting: false,
  });
  const nowhere = { ...chain, runs: chain.runs.map((run) => ({ ...run, buildId: null })) };
  assert.equal((await findNewerRun(source, nowhere)).kind, 'unavailable');
});
