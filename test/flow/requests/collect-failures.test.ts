import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { type CollectedJob, collectFailures, maxRuns } from '../../../src/flow/requests/collect-failures.ts';
import { createPool } from '../../../src/time/work-pool.ts';
import type { Found } from '../../../src/evidence/artifacts/artifact-source.ts';
import type { Outcome } from '../../prow/cluster/run-plan.ts';
import { hour } from '../../prow/prow-for-test.ts';
import type { ProwOptions } from '../../prow/start-prow.ts';
import { folder, job, startHistoryWorld } from '../../history/history-world.ts';

const windowMs = 48 * hour;

/** A job whose runs began so many hours ago, and what collecting the last two days gives. */
async function startWorld(
  t: TestContext,
  past: [outcome: Outcome, ago: number][],
  stand: Partial<ProwOptions> = {},
) {
  const world = await startHistoryWorld(t, stand);
  const runs = past.map(([outcome, ago]) => world.recordPast(outcome, ago));
  let counted = 0;
  const deps = {
    source: world.source,
    settings: { prowUrl: 'https://prow' },
    pool: createPool(4),
    onRun: () => void (counted += 1),
  };
  const collect = (): Promise<Found<CollectedJob>> =>
    collectFailures(
      deps,
      { jobName: job, folder: `${world.prow.bucketName}/${folder}` },
      world.clock.now() - windowMs,
    );
  return { ...world, runs, collect, counted: () => counted };
}

function expectFound(found: Found<CollectedJob>): CollectedJob {
  assert.equal(found.kind, 'found');
  return found.kind === 'found' ? found.value : assert.fail();
}

suite('collecting the failures of a job', () => {
  test('reads each object once: two of a run that passed, six of one that failed and the list of its labels, and no more runs than it takes', async (t) => {
    const world = await startWorld(t, [
      ['fail-pre', 200],
      ['pass', 150],
      ['fail-pre', 100],
      ['fail-test', 40],
      ['pass', 30],
      ['aborted', 20],
      ['fail-pre', 10],
    ]);
    let found: Found<CollectedJob> = { kind: 'absent' };
    const calls = await world.watch(async () => (found = await world.collect()));
    const { record, isCut, unread } = expectFound(found);
    assert.deepEqual([new Set(calls).size, isCut, unread], [calls.length, false, []]);
    const builds = world.runs.map(({ buildId }) => buildId).toReversed();
    const perRun = builds.map((buildId) => calls.filter((path) => path.includes(`/${buildId}/`)).length);
    assert.deepEqual(perRun.slice(0, 6), [7, 7, 2, 7, 2, 2]);
    assert.deepEqual(
      record.runs.slice(0, 6).map(({ buildId }) => buildId),
      builds.slice(0, 6),
    );
    const [first] = record.failures;
    assert.deepEqual(
      record.failures.map(({ buildId, evidence }) => [buildId, evidence.status, evidence.phase]),
      [
        [builds[0], 'FAILURE', 'pre'],
        [builds[1], 'ABORTED', 'test'],
        [builds[3], 'FAILURE', 'test'],
      ],
    );
    assert.equal(first?.url, `https://prow/view/gs/${world.prow.bucketName}/${folder}/${builds[0]}`);
    assert.equal(world.counted(), record.runs.length);
  });

  test('reads the runs of all buckets, and links each where it lies', async (t) => {
    const world = await startWorld(t, [['fail-pre', 20]], { otherBuckets: ['other'] });
    const began = world.clock.now() - 10 * hour;
    const there = world.prow.recordPast(job, { outcome: 'fail-test', bucket: 'other' }, began);
    const { record } = expectFound(await world.collect());
    assert.deepEqual(
      record.failures.map(({ url }) => url),
      [there, ...world.runs].map((run) => `https://prow/view/gs/${run.bucketName}/${run.folder}`),
    );
    world.prow.bucket.isPrivate = true;
    assert.deepEqual(await world.collect(), { kind: 'denied', bucket: world.prow.bucketName });
  });

  test('looks no further back than 20 runs for a success', async (t) => {
    const world = await startWorld(t, [
      ...Array.from({ length: 30 }, (_, index): [Outcome, number] => ['fail-pre', 100 + index]),
      ['fail-pre', 10],
    ]);
    const { record } = expectFound(await world.collect());
    assert.equal(record.failures.length, 1);
    assert.ok(record.runs.length >= 21 && record.runs.length <= 24, String(record.runs.length));
  });

  test('a window without a failure needs no past', async (t) => {
    const world = await startWorld(t, [
      ...Array.from({ length: 12 }, (_, index): [Outcome, number] => ['fail-pre', 100 + index]),
      ['pass', 10],
    ]);
    const { record } = expectFound(await world.collect());
    assert.ok(record.runs.length <= 5, String(record.runs.length));
  });

  test('stops at the limit and says so', async (t) => {
    const past = Array.from({ length: maxRuns + 5 }, (_, index): [Outcome, number] => [
      'pass',
      3 + index / 10,
    ]);
    const { record, isCut } = expectFound(await (await startWorld(t, past)).collect());
    assert.deepEqual([record.runs.length, isCut], [maxRuns, true]);
  });

  test('a run that cannot be read is told, one that never ended is passed over', async (t) => {
    const world = await startWorld(t, [
      ['fail-pre', 60],
      ['fail-pre', 20],
      ['fail-pre', 10],
    ]);
    const [, broken, endless] = world.runs;
    world.prow.bucket.fault({ path: `${broken!.buildId}/finished.json`, kind: '503' });
    for (const name of ['finished.json', 'prowjob.json'])
      world.prow.bucket.fault({ path: `${endless!.buildId}/${name}`, kind: 'missing' });
    const { record, unread } = expectFound(await world.collect());
    assert.deepEqual(record.failures, []);
    assert.deepEqual(unread, [
      `${world.prow.bucketName}/${broken!.folder}: finished.json could not be read: HTTP 503`,
    ]);
  });

  test('evidence that is out of reach in part is told, and judged as it is', async (t) => {
    const world = await startWorld(t, [
      ['pass', 60],
      ['fail-pre', 10],
    ]);
    const { buildId } = world.runs[1]!;
    world.prow.bucket.fault({ path: `${buildId}/build-log.txt`, kind: '503' });
    const { record, unread } = expectFound(await world.collect());
    assert.equal(record.failures[0]?.evidence.phase, 'pre');
    assert.deepEqual(unread, [`build ${buildId}: build-log.txt could not be read: HTTP 503`]);
  });

  test('no folder holds nothing; a bucket that is away is no answer', async (t) => {
    const world = await startWorld(t, []);
    assert.deepEqual(expectFound(await world.collect()).record.runs, []);
    await world.prow.close();
    assert.equal((await world.collect()).kind, 'unavailable');
  });
});
