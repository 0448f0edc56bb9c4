import assert from 'node:assert/strict';
import { test } from 'node:test';

import { hour, minute, prowForTest, readObject } from './prow-for-test.ts';

const nightly = 'periodic-ci-acme-shop-main-nightly-e2e-aws';

test('a run goes from scheduling over triggered and pending to its end', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'pass' }] });
  const run = prow.startRun(nightly);
  assert.equal(run.state, 'scheduling');
  assert.equal(run.buildId, '');
  clock.advance(2_000);
  assert.equal(run.state, 'triggered');
  clock.advance(10_000);
  assert.equal(run.state, 'pending');
  assert.match(run.buildId, /^\d{19}$/);
  assert.equal(run.folder, `logs/${nightly}/${run.buildId}`);
  assert.equal(await readObject(prow, `logs/${nightly}/latest-build.txt`), run.buildId);
  clock.advance(5 * hour);
  assert.equal(run.state, 'success');
});

test('artifacts come in the order that PROW.md tells', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'fail-test' }] });
  const run = prow.startRun(nightly);
  clock.advance(12_000);
  const here = () => prow.bucket.names(`${run.folder}/`).map((name) => name.slice(`${run.folder}/`.length));
  assert.deepEqual(here(), ['prowjob.json', 'started.json']);
  clock.advance(3 * minute + 40 * minute + 60 * minute + 15 * minute);
  assert.equal(run.state, 'pending');
  assert.ok(here().includes('artifacts/e2e-aws/openshift-e2e-test/finished.json'));
  assert.ok(!here().includes('artifacts/junit_operator.xml'));
  clock.advance(10_000);
  assert.ok(here().includes('artifacts/junit_operator.xml'));
  assert.ok(!here().includes('finished.json'));
  clock.advance(10_000);
  assert.ok(here().includes('finished.json'));
  assert.equal(run.state, 'pending');
  assert.match(String(await readObject(prow, `${run.folder}/prowjob.json`)), /"state": "pending"/);
  clock.advance(5_000);
  assert.equal(run.state, 'failure');
  assert.match(String(await readObject(prow, `${run.folder}/prowjob.json`)), /"state": "failure"/);
});

test('with max_concurrency 1 a second run stays triggered until the first has ended', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'pass' }], maxConcurrency: 1 });
  const [first, second] = [prow.startRun(nightly), prow.startRun(nightly)];
  clock.advance(hour);
  assert.deepEqual([first.state, second.state], ['pending', 'triggered']);
  clock.advance(hour);
  assert.deepEqual([first.state, second.state], ['success', 'pending']);
});

test('a run that Prow could not start has only what crier writes', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'error' }] });
  const run = prow.startRun(nightly);
  clock.advance(hour);
  assert.deepEqual(prow.bucket.names(`${run.folder}/`), [
    `${run.folder}/finished.json`,
    `${run.folder}/prowjob.json`,
  ]);
  const finished = JSON.parse(String(await readObject(prow, `${run.folder}/finished.json`)));
  assert.deepEqual([finished.result, finished.metadata.uploader], ['error', 'crier']);
});

test('a run whose pod is deleted is called aborted by its sidecar, and an error by Prow', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'lost' }] });
  const run = prow.startRun(nightly);
  const read = async (name: string) => JSON.parse(String(await readObject(prow, `${run.folder}/${name}`)));
  clock.advance(12_000 + 3 * minute + 20 * minute);
  assert.equal((await read('finished.json')).result, 'ABORTED');
  assert.deepEqual([run.state, (await read('prowjob.json')).status.state], ['pending', 'pending']);
  clock.advance(minute);
  const { state, description } = (await read('prowjob.json')).status;
  assert.deepEqual([run.state, state, description], ['error', 'error', 'Pod got deleted unexpectedly']);
  assert.match(
    String(await readObject(prow, `${run.folder}/build-log.txt`)),
    /Running step .+install-install\. *\n$/,
  );
});

test('a run whose source could not be cloned has only what initupload writes', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'fail-clone' }] });
  const run = prow.startRun(nightly);
  clock.advance(hour);
  assert.deepEqual(
    prow.bucket.names(`${run.folder}/`).map((name) => name.slice(`${run.folder}/`.length)),
    ['build-log.txt', 'clone-log.txt', 'clone-records.json', 'finished.json', 'prowjob.json', 'started.json'],
  );
  const [record] = JSON.parse(String(await readObject(prow, `${run.folder}/clone-records.json`)));
  assert.deepEqual([record.failed, run.state], [true, 'failure']);
});

test('an aborted run is aborted first and complete later', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'aborted' }] });
  const run = prow.startRun(nightly);
  clock.advance(12_000 + 3 * minute + 40 * minute + 30 * minute);
  assert.deepEqual([run.state, run.completedAt], ['aborted', null]);
  clock.advance(hour);
  assert.notEqual(run.completedAt, null);
  assert.equal(JSON.parse(String(await readObject(prow, `${run.folder}/finished.json`))).result, 'ABORTED');
});

test('an evicted run goes on in a second folder under the same ProwJob', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'pass', evictAfter: 10 * minute }] });
  const run = prow.startRun(nightly);
  clock.advance(5 * hour);
  assert.equal(run.buildIds.length, 2);
  assert.equal(run.state, 'success');
  assert.equal(await readObject(prow, `logs/${nightly}/${run.buildIds[0]}/finished.json`), 404);
  assert.notEqual(await readObject(prow, `logs/${nightly}/${run.buildIds[1]}/finished.json`), 404);
});

test('a pull request run lies under pr-logs, without org_repo for openshift/origin', async (t) => {
  const { prow, clock } = await prowForTest(t);
  const refs = (org: string, repo: string) => ({
    org,
    repo,
    base_ref: 'main',
    base_sha: 'b'.repeat(40),
    pulls: [{ number: 27600, sha: 'a'.repeat(40) }],
  });
  prow.defineJob({
    name: 'pull-ci-a',
    type: 'presubmit',
    refs: refs('openshift', 'origin'),
    plan: [{ outcome: 'pass' }],
  });
  prow.defineJob({
    name: 'pull-ci-b',
    type: 'presubmit',
    refs: refs('acme', 'shop'),
    plan: [{ outcome: 'pass' }],
  });
  const [a, b] = [prow.startRun('pull-ci-a'), prow.startRun('pull-ci-b')];
  clock.advance(12_000);
  assert.equal(a.folder, `pr-logs/pull/27600/pull-ci-a/${a.buildId}`);
  assert.equal(b.folder, `pr-logs/pull/acme_shop/27600/pull-ci-b/${b.buildId}`);
  const alias = await readObject(prow, `pr-logs/directory/pull-ci-b/${b.buildId}.txt`);
  assert.equal(alias, `gs://test-platform-results-public/${b.folder}`);
  assert.equal(await readObject(prow, 'pr-logs/directory/pull-ci-b/latest-build.txt'), b.buildId);
});
