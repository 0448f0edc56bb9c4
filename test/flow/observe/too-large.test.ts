import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Found } from '../../../src/evidence/artifacts/artifact-source.ts';
import { firstId as id, FlowWorld, hour, job, minute } from '../flow-world.ts';
import { folderOf } from '../memory-bucket.ts';

const tooLarge: Found<never> = { kind: 'too-large', limit: 2 * 1_048_576, unit: 'bytes' };
const guarded =
  'rules: [{name: a, match: {phase: pre}, history: {max_consecutive_failures: 3}, retry: {attempts: 1, delay: 30m}}]';

test('a run whose prowjob.json is too large is handed to a person at once, with the reason', async () => {
  const world = new FlowWorld();
  world.bucket.fail('/prowjob.json', Infinity, tooLarge);
  const begun = world.clock.now();
  await world.fail();
  const chain = await world.untilState(id, 'needs-human');
  assert.equal(world.clock.now(), begun);
  assert.equal(chain.decision?.reason, 'evidence-missing');
  const why = 'prowjob.json is over 2 MiB and was not read';
  assert.ok(JSON.stringify(chain).includes(why), JSON.stringify(chain));
  await world.untilQuiet();
  assert.deepEqual(world.gangway.started, []);
});

test('an attempt whose prowjob.json is too large is judged by the other files', async () => {
  const world = new FlowWorld({ attempts: ['pass'] });
  await world.fail();
  await world.untilState(id, 'following');
  await world.until('the attempt has a place', async () => (await world.chain(id)).runs[1]?.folder != null);
  world.bucket.fail('/prowjob.json', Infinity, tooLarge);
  const begun = world.clock.now();
  assert.equal((await world.untilState(id, 'passed', 'needs-human')).state, 'passed');
  assert.ok(
    world.clock.now() <= begun + hour + 2 * minute,
    `${(world.clock.now() - begun) / minute} minutes`,
  );
});

const waits: [file: string, ms: number][] = [
  ['started.json', 0],
  ['artifacts/junit_job.xml', 0],
  ['build-log.txt', 0],
  // The state in prowjob.json says how the run ended, after two looks.
  ['finished.json', minute],
];
for (const [file, ms] of waits) {
  test(`${file}, if it is too large, is waited for ${ms / minute} minutes`, async () => {
    const world = new FlowWorld();
    world.bucket.fail(`/${file}`, Infinity, tooLarge);
    const begun = world.clock.now();
    await world.fail();
    await world.untilState(id, 'scheduled');
    assert.equal(world.clock.now() - begun, ms);
  });
}

test('there is no wait for a list that is too large, and the account says that the streak is unknown', async () => {
  const world = new FlowWorld({ rules: guarded });
  world.bucket.fail(`${job}/`, Infinity, { kind: 'too-large', limit: 20_000, unit: 'names' });
  const begun = world.clock.now();
  await world.fail();
  const { decision } = await world.untilState(id, 'scheduled');
  assert.equal(world.clock.now(), begun);
  assert.ok(decision?.because.some(({ kind }) => kind === 'history-unknown'));
});

/** So many older runs, half an hour apart, the newest of them half an hour before the world's first. */
function putOldRuns(world: FlowWorld, count: number): void {
  const newest = BigInt(world.nextBuild());
  const step = (30n * 60_000n) << 22n;
  for (let back = 1n; back <= BigInt(count); back += 1n) {
    const buildId = String(newest - back * step);
    if (back <= 4n) world.bucket.putRun({ jobName: job, prowJobId: `old-${back}`, buildId, outcome: 'pre' });
    else world.bucket.objects.set(`${folderOf({ jobName: job, buildId })}/prowjob.json`, '{}');
  }
}

test('a job with 25,000 runs has a failing streak', async () => {
  const world = new FlowWorld({ rules: guarded });
  putOldRuns(world, 25_000);
  let lists = 0;
  world.bucket.onAsked = (path) => (lists += path.endsWith(`${job}/`) ? 1 : 0);
  await world.fail();
  const ended = `run-2-of-${job}`;
  const [chain] = await world.chains();
  assert.ok(chain?.runs[0]?.prowJobId === ended);
  const { decision } = await world.untilState(chain.id, 'skipped', 'scheduled');
  assert.equal(decision?.reason, 'failing-streak');
  assert.ok(lists <= 6, `${lists} lists`);
});

test('a lost answer of a job with 25,000 runs is found in the bucket', async () => {
  const world = new FlowWorld();
  putOldRuns(world, 25_000);
  world.gangway.creations.push((request) => {
    world.clock.at(world.clock.now() + 10_000, () => void world.gangway.start(request));
    return { kind: 'unclear', says: 'no answer' };
  });
  await world.fail();
  const [chain] = await world.chains();
  const { state, runs } = await world.untilState(chain?.id ?? '', 'passed', 'needs-human');
  assert.equal(state, 'passed');
  assert.equal(runs[1]?.prowJobId, 'attempt-1');
  assert.equal(world.gangway.count('create'), 1);
});
