import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ArtifactSource, Found } from '../../src/evidence/artifacts/artifact-source.ts';
import { learnHistory } from '../../src/history/learn-history.ts';
import type { PastRun } from '../../src/history/past-runs.ts';
import { markLineage } from '../../src/trigger/lineage.ts';
import { hour, minute } from '../prow/prow-for-test.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { folder, job, startHistoryWorld } from './history-world.ts';

function runsIn(found: Found<PastRun[]>): PastRun[] {
  assert.ok(found.kind === 'found', JSON.stringify(found));
  return found.value;
}

function idsOf(found: Found<PastRun[]>): string[] {
  return runsIn(found).map(({ buildId }) => buildId);
}

function newestFirst(runs: readonly ProwRun[]): string[] {
  return runs.map(({ buildId }) => buildId).toReversed();
}

/** The calls for anything of one run. */
function callsFor(calls: readonly string[], { buildId }: ProwRun): string[] {
  return calls.filter((path) => path.includes(buildId)).map((path) => path.slice(path.lastIndexOf('/') + 1));
}

test('reads on first sight how the runs ended, successes and attempts too', async (t) => {
  const { recordPast, learn, clock } = await startHistoryWorld(t);
  const attempt = markLineage({ root: 'the-first', attempt: 2 });
  const runs = [
    recordPast('fail-pre', 50),
    recordPast('pass', 40),
    recordPast('aborted', 30),
    recordPast('error', 20),
    recordPast('pass', 10, attempt),
  ];
  const learned = runsIn(await learn()).toReversed();
  assert.deepEqual(
    learned.map(({ buildId, prowJobId }) => [buildId, prowJobId]),
    runs.map(({ buildId, prowJobId }) => [buildId, prowJobId]),
  );
  assert.deepEqual(
    learned.map(({ status, attempt: n }) => [status, n]),
    [
      ['FAILURE', 0],
      ['SUCCESS', 0],
      ['ABORTED', 0],
      ['ERROR', 0],
      ['SUCCESS', 2],
    ],
  );
  for (const { startedAt, finishedAt } of learned) {
    assert.ok(
      startedAt !== null && finishedAt !== null && startedAt <= finishedAt && finishedAt < clock.now(),
    );
  }
});

test('a job without any run has no history', async (t) => {
  const { learn } = await startHistoryWorld(t);
  assert.deepEqual(await learn(), { kind: 'found', value: [] });
});

test('reads the last 20 with one list, two objects each, and none of them again', async (t) => {
  const { recordPast, learn, watch } = await startHistoryWorld(t);
  const runs = Array.from({ length: 30 }, (_, n) => recordPast('fail-test', 300 - n * 8));
  const first = await watch(async () => assert.deepEqual(idsOf(await learn()), newestFirst(runs.slice(10))));
  assert.equal(first.length, 1 + 20 * 2);
  assert.equal(new Set(first).size, first.length);
  const again = await watch(async () => assert.deepEqual(idsOf(await learn()), newestFirst(runs.slice(10))));
  assert.deepEqual(again, [`${folder}/`]);

  const late = recordPast('pass', 3);
  const later = await watch(async () => {
    assert.deepEqual(idsOf(await learn()), newestFirst([...runs.slice(10), late]));
  });
  assert.deepEqual(
    later.slice(1).map((path) => path.replace(/.*\//, '')),
    ['finished.json', 'prowjob.json'],
  );
  assert.equal(callsFor(later, late).length, 2);
});

test('reads all that ended since, also when it is more than 20', async (t) => {
  const { recordPast, learn, watch } = await startHistoryWorld(t);
  const runs = Array.from({ length: 20 }, (_, n) => recordPast('pass', 500 - n * 4));
  await learn();
  const since = Array.from({ length: 30 }, (_, n) => recordPast('pass', 300 - n * 4));
  const calls = await watch(async () => {
    assert.deepEqual(idsOf(await learn()), newestFirst([...runs, ...since]));
  });
  assert.equal(calls.length, 1 + 30 * 2);
});

test('never reads a run twice for two who look at once', async (t) => {
  const { recordPast, learn, watch } = await startHistoryWorld(t);
  const runs = [recordPast('fail-pre', 20), recordPast('pass', 10)];
  const calls = await watch(async () => {
    for (const found of await Promise.all([learn(), learn(), learn()])) {
      assert.deepEqual(idsOf(found), newestFirst(runs));
    }
  });
  assert.equal(calls.length, 3 + 2 * 2);
});

test('a run that goes on is not recorded, and not forgotten while faster ones pass it by', async (t) => {
  const { prow, clock, recordPast, learn, watch } = await startHistoryWorld(t);
  const old = recordPast('pass', 9);
  const slow = prow.startRun(job);
  clock.advance(minute);
  assert.deepEqual(idsOf(await learn()), [old.buildId]);
  const fast = recordPast('fail-pre', 0);
  assert.deepEqual(idsOf(await learn()), [fast.buildId, old.buildId]);
  const asked = await watch(learn);
  assert.deepEqual(callsFor(asked, slow), ['finished.json', 'prowjob.json']);

  clock.advance(5 * hour);
  const learned = runsIn(await learn());
  assert.deepEqual(
    learned.map(({ buildId }) => buildId),
    [fast, slow, old].map(({ buildId }) => buildId),
  );
  assert.equal(learned[1]?.status, 'SUCCESS');
  assert.deepEqual(callsFor(await watch(learn), slow), []);
});

test('a run that never ends is asked for until 20 later ones are known', async (t) => {
  const { prow, recordPast, learn, watch } = await startHistoryWorld(t);
  const dead = recordPast('pass', 400);
  for (const name of ['finished.json', 'prowjob.json'])
    prow.bucket.delete(`${folder}/${dead.buildId}/${name}`);
  for (let n = 0; n < 19; n += 1) recordPast('pass', 300 - n * 4);
  await learn();
  assert.deepEqual(callsFor(await watch(learn), dead), ['finished.json', 'prowjob.json']);
  recordPast('pass', 100);
  await learn();
  assert.deepEqual(callsFor(await watch(learn), dead), []);
});

test('keeps what it could read, says what it could not, and reads only that again', async (t) => {
  const { prow, recordPast, learn, pastRuns, watch } = await startHistoryWorld(t);
  const runs = [recordPast('fail-pre', 30), recordPast('pass', 20), recordPast('fail-test', 10)];
  const [, missed] = runs;
  assert.ok(missed !== undefined);
  for (const name of ['finished.json', 'prowjob.json']) {
    prow.bucket.fault({ path: `${missed.buildId}/${name}`, kind: '503', times: 1 });
    const found = await learn();
    assert.ok(found.kind === 'unavailable');
    assert.match(found.why, new RegExp(`${missed.buildId}: ${name} could not be read: HTTP 503`));
    assert.equal((await pastRuns.known(folder)).length, 2);
  }
  const calls = await watch(async () => assert.deepEqual(idsOf(await learn()), newestFirst(runs)));
  assert.deepEqual(callsFor(calls, missed), ['finished.json', 'prowjob.json']);
  assert.equal(calls.length, 3);
});

test('a list that can not be had is unavailable, and costs nothing that is known', async (t) => {
  const { prow, recordPast, learn, pastRuns } = await startHistoryWorld(t);
  recordPast('pass', 10);
  await learn();
  prow.bucket.fault({ path: `${folder}/`, kind: '500', on: 'list', times: 1 });
  assert.deepEqual(await learn(), { kind: 'unavailable', why: 'HTTP 500' });
  assert.equal((await pastRuns.known(folder)).length, 1);
});

test('does without a ProwJob, and asks started.json for the start then', async (t) => {
  const { prow, recordPast, learn, watch } = await startHistoryWorld(t);
  const run = recordPast('fail-pre', 10);
  prow.bucket.delete(`${folder}/${run.buildId}/prowjob.json`);
  const calls = await watch(async () => {
    const [learned] = runsIn(await learn());
    assert.equal(learned?.status, 'FAILURE');
    assert.equal(learned.prowJobId, null);
    assert.equal(learned.attempt, 0);
    assert.ok(learned.startedAt !== null && learned.finishedAt !== null);
  });
  assert.deepEqual(callsFor(calls, run), ['finished.json', 'prowjob.json', 'started.json']);
});

test('a page in the place of finished.json, or half of one, is no end while prowjob.json shows none', async (t) => {
  const { prow, recordPast, learn } = await startHistoryWorld(t);
  const run = recordPast('pass', 10);
  for (const kind of ['html', 'truncated'] as const) {
    prow.bucket.fault({ path: `${run.buildId}/finished.json`, kind, times: 1 });
    prow.bucket.fault({ path: `${run.buildId}/prowjob.json`, kind: 'missing', times: 1 });
    assert.deepEqual(await learn(), { kind: 'found', value: [] });
  }
  assert.deepEqual(idsOf(await learn()), [run.buildId]);
});

for (const kind of ['html', 'truncated', 'missing'] as const) {
  test(`a run whose finished.json is ${kind} ended as its prowjob.json says`, async (t) => {
    const { prow, recordPast, learn } = await startHistoryWorld(t);
    const run = recordPast('fail-pre', 10);
    prow.bucket.fault({ path: `${run.buildId}/finished.json`, kind });
    const [learned] = runsIn(await learn());
    assert.deepEqual([learned?.status, learned?.finishedAt], ['FAILURE', run.completedAt]);
  });
}

test('a run that the sidecar calls aborted and Prow calls an error counts as an error', async (t) => {
  const { recordPast, learn } = await startHistoryWorld(t);
  recordPast('lost', 10);
  assert.deepEqual(
    runsIn(await learn()).map(({ status }) => status),
    ['ERROR'],
  );
});

test('asks for four runs at a time', async (t) => {
  const { recordPast, source, pastRuns, locks } = await startHistoryWorld(t);
  for (let n = 0; n < 20; n += 1) recordPast('pass', 200 - n * 4);
  let open = 0;
  let most = 0;
  const counting: ArtifactSource = {
    stream: (path) => source.stream(path),
    tail: (path, bytes) => source.tail(path, bytes),
    buckets: source.buckets,
    listFolders: (path, from, limits) => source.listFolders(path, from, limits),
    listObjects: (path) => source.listObjects(path),
    read: async (path, maxBytes) => {
      open += 1;
      most = Math.max(most, open);
      const found = await source.read(path, maxBytes);
      open -= 1;
      return found;
    },
  };
  assert.equal(
    runsIn(await learnHistory({ source: counting, pastRuns, locks }, `${source.buckets[0]}/${folder}`))
      .length,
    20,
  );
  assert.equal(most, 4);
});

test('is one over all buckets, each run read where it lies, and a closed one counts as empty', async (t) => {
  const world = await startHistoryWorld(t, { otherBuckets: ['other'] });
  const { prow, clock, learn, pastRuns, recordPast } = world;
  const other = prow.buckets[1] ?? assert.fail();
  const recordThere = (ago: number): ProwRun =>
    prow.recordPast(job, { outcome: 'fail-test', bucket: 'other' }, clock.now() - ago * hour);
  const runs = [recordThere(40), recordPast('pass', 30), recordThere(20), recordPast('fail-pre', 10)];
  assert.deepEqual(idsOf(await learn()), newestFirst(runs));
  assert.deepEqual(
    runsIn(await learn()).map(({ status }) => status),
    ['FAILURE', 'FAILURE', 'SUCCESS', 'FAILURE'],
  );
  assert.equal((await pastRuns.known(folder)).length, 4);
  other.fault({ path: `${folder}/`, kind: '503', on: 'list', times: 1 });
  assert.deepEqual(await learn(), { kind: 'unavailable', why: 'HTTP 503' });
  other.isPrivate = true;
  const later = recordPast('pass', 5);
  assert.deepEqual(idsOf(await learn()), newestFirst([...runs, later]));
  prow.bucket.isPrivate = true;
  assert.deepEqual(await learn(), { kind: 'denied', bucket: prow.bucketName });
});
