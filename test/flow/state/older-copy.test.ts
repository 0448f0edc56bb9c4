import { wakeAtOf } from '../../../src/chain/chain.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstId as id, FlowWorld, hour, job, minute } from '../flow-world.ts';
import { folderOf } from '../memory-bucket.ts';

const other = 'periodic-ci-org-repo-main-other';

/** Both jobs wait for their retry when the service starts again; a retry that no chain knows of began in between. */
async function startOnCopy(startedAt: (now: number) => number) {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'scheduled');
  await world.pass(minute);
  const otherId = await world.fail('pre', other);
  await world.untilState(otherId, 'scheduled');
  const started = startedAt(world.clock.now());
  await world.restart();
  const labels = { 'retrigger/root': 'a-lost-run', 'retrigger/attempt': '1' };
  const buildId = world.nextBuild();
  const run = { jobName: job, prowJobId: 'unknown', buildId, labels };
  world.bucket.putRun({ ...run, outcome: 'pending' });
  const startTime = new Date(started).toISOString();
  world.bucket.setProwJob(folderOf(run), { state: 'pending', startTime });
  await world.untilState(id, 'skipped');
  return { world, otherId, dueAt: wakeAtOf(await world.chain(otherId)) ?? 0 };
}

test('on a store that was restored from an older copy, the first retry of a job looks twice', async () => {
  const { world, otherId, dueAt } = await startOnCopy((now) => now + minute);
  const waiting = await world.chain(otherId);
  assert.ok(!waiting.decision?.because.some(({ kind }) => kind === 'older-copy'));
  await world.until('it waits', async () => (wakeAtOf(await world.chain(otherId)) ?? 0) > dueAt);
  const chain = await world.chain(otherId);
  assert.deepEqual([chain.state, wakeAtOf(chain)], ['scheduled', dueAt + 2 * world.flow.settings.pollMs]);
  assert.equal(chain.decision?.because.at(-1)?.kind, 'older-copy');
  assert.equal(world.gangway.count('create'), 0);
  await world.untilState(otherId, 'passed');
  assert.equal(world.gangway.count('create'), 1);
});

test('a retry that shows in the bucket meanwhile is not created again', async () => {
  const { world, otherId, dueAt } = await startOnCopy((now) => now + minute);
  await world.until('it waits', async () => (wakeAtOf(await world.chain(otherId)) ?? 0) > dueAt);
  const labels = { 'retrigger/root': (await world.chain(otherId)).root, 'retrigger/attempt': '1' };
  const run = { jobName: other, prowJobId: 'created-before', buildId: world.nextBuild(), labels };
  world.bucket.putRun({ ...run, outcome: 'pass' });
  const chain = await world.untilState(otherId, 'passed');
  assert.equal(chain.runs.at(-1)?.prowJobId, 'created-before');
  assert.equal(world.gangway.count('create'), 0);
});

test('a retry that began before the newest change in the store says nothing', async () => {
  const { world, otherId } = await startOnCopy((now) => now - hour);
  const chain = await world.untilState(otherId, 'passed');
  assert.ok(!chain.decision?.because.some(({ kind }) => kind === 'older-copy'));
});
