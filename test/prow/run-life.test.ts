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

test('the n-th run plays the n-th plan and the last one repeats', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  const runs = [1, 2, 3].map(() => prow.startRun(nightly));
  clock.advance(5 * hour);
  assert.deepEqual(
    runs.map(({ state }) => state),
    ['failure', 'success', 'success'],
  );
  const ids = runs.map(({ buildId }) => BigInt(buildId));
  assert.ok(ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? 0n)));
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

for (const finished of ['missing', 'empty'] as const) {
  test(`a run may end with its finished.json ${finished}`, async (t) => {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'fail-pre', finished }] });
    const run = prow.startRun(nightly);
    clock.advance(10 * hour);
    assert.equal(run.state, 'failure');
    const stored = await readObject(prow, `${run.folder}/finished.json`);
    assert.equal(stored, finished === 'missing' ? 404 : '');
  });
}

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

test('a run holds while its re-trigger step waits for the answer', async (t) => {
  const { prow, clock } = await prowForTest(t);
  const answer = Promise.withResolvers<string>();
  const states: string[] = [];
  prow.onReTriggerStep = (run) => {
    states.push(run.state);
    return answer.promise;
  };
  prow.defineJob({ name: nightly, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  const run = prow.startRun(nightly);
  clock.advance(10 * hour);
  assert.deepEqual([states, run.state], [['pending'], 'pending']);
  assert.equal(await readObject(prow, `${run.folder}/artifacts/junit_operator.xml`), 404);
  answer.resolve('{"id":"c1"}');
  await prow.settled();
  clock.advance(minute);
  assert.equal(run.state, 'failure');
  assert.equal(
    await readObject(prow, `${run.folder}/artifacts/e2e-aws/job-re-trigger/build-log.txt`),
    '{"id":"c1"}',
  );
  prow.startRun(nightly);
  clock.advance(10 * hour);
  assert.equal(states.length, 1, 'the step is skipped on success');
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

test('a past run is in the bucket at once and calls no step', async (t) => {
  const { prow, clock } = await prowForTest(t, { onReTriggerStep: () => assert.fail('no step in the past') });
  prow.defineJob({ name: nightly, type: 'periodic', plan: [] });
  const run = prow.recordPast(nightly, { outcome: 'fail-pre' }, clock.now() - 48 * hour);
  assert.equal(run.state, 'failure');
  assert.ok((run.completedAt ?? Infinity) < clock.now());
  const later = prow.startRun(nightly);
  clock.advance(12_000);
  assert.ok(BigInt(later.buildId) > BigInt(run.buildId));
});

test('the JUnit file can be missing or late, the log long', async (t) => {
  const { prow, clock } = await prowForTest(t);
  const plan = [
    { outcome: 'fail-pre' as const, junit: 'missing' as const, buildLogBytes: 200_000 },
    { outcome: 'fail-pre' as const, junit: { lateBy: minute } },
  ];
  prow.defineJob({ name: nightly, type: 'periodic', plan });
  const missing = prow.startRun(nightly);
  const late = prow.startRun(nightly);
  clock.advance(12_000 + 58 * minute + 20_000);
  assert.equal(await readObject(prow, `${missing.folder}/artifacts/junit_operator.xml`), 404);
  const log = String(await readObject(prow, `${missing.folder}/build-log.txt`));
  assert.ok(log.length > 200_000);
  assert.match(log, /Reporting job state 'failed' with reason '[a-z_:]+' *\n$/);
  assert.equal(await readObject(prow, `${late.folder}/artifacts/junit_operator.xml`), 404);
  assert.notEqual(await readObject(prow, `${late.folder}/finished.json`), 404);
  clock.advance(minute);
  assert.notEqual(await readObject(prow, `${late.folder}/artifacts/junit_operator.xml`), 404);
});
