import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstId as id, FlowWorld, hour, job } from '../flow-world.ts';

function startByHand(world: FlowWorld, labels: Record<string, string> = {}): string {
  const run = { jobName: job, prowJobId: 'by-hand', buildId: world.nextBuild(), labels };
  world.bucket.putRun({ ...run, outcome: 'pending' });
  return run.buildId;
}

test('a newer run that somebody started during the delay: the chain stands down and says so', async () => {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'scheduled');
  const buildId = startByHand(world);
  const { state, decision } = await world.untilState(id, 'skipped', 'following');
  assert.deepEqual([state, decision?.reason, decision?.rule], ['skipped', 'superseded', 'again']);
  assert.deepEqual(decision?.because.at(-1), { kind: 'newer-run', buildId });
  await world.untilQuiet();
  assert.deepEqual(world.told.slice(1), [`${job} failed and is not tried again`]);
  assert.deepEqual(world.gangway.calls, []);
});

test('another chain’s attempt is somebody’s newer run, too', async () => {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'scheduled');
  startByHand(world, { 'retrigger/root': 'another-run', 'retrigger/attempt': '1' });
  assert.equal((await world.untilState(id, 'skipped', 'following')).decision?.reason, 'superseded');
});

test('one’s own earlier attempt is no newer run', async () => {
  const world = new FlowWorld({ attempts: ['pre', 'pass'] });
  await world.fail();
  const chain = await world.untilState(id, 'passed', 'skipped');
  assert.deepEqual([chain.state, chain.runs.length], ['passed', 3]);
});

test('an older run is none, however many there are', async () => {
  const world = new FlowWorld();
  for (let n = 1; n <= 30; n += 1) {
    const buildId = String(1_920_000_000_000_000_000n + BigInt(n));
    world.bucket.putRun({ jobName: job, prowJobId: `old-${n}`, buildId, outcome: 'pass' });
  }
  await world.fail();
  await world.untilState(id, 'passed');
});

test('while the listing can not be had, the attempt waits; then it is made', async () => {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'scheduled');
  world.bucket.fail(`${job}/`);
  await world.pass(3 * hour);
  const waiting = await world.chain(id);
  assert.equal(waiting.state, 'scheduled');
  assert.deepEqual(world.gangway.calls, []);
  world.bucket.heal();
  await world.untilState(id, 'passed');
});

test('a listing that is not to be had for half a day hands the chain to a person', async () => {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'scheduled');
  world.bucket.fail(`${job}/`);
  const since = world.clock.now();
  const { decision } = await world.untilState(id, 'needs-human', 'following');
  assert.deepEqual(decision?.because.at(-1), { kind: 'newer-run-unknown', why: 'HTTP 503' });
  const waited = world.clock.now() - since;
  assert.ok(waited > 10 * hour && waited < 14 * hour, `${waited / hour} hours`);
  assert.deepEqual(world.gangway.calls, []);
});

test('an attempt that a person asks for is made whatever newer runs there are', async () => {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'scheduled');
  startByHand(world);
  world.bucket.fail(`${job}/`, 1);
  assert.equal(await world.retry(id), 'done');
  await world.untilState(id, 'following');
  assert.equal(world.gangway.count('create'), 1);
});

test('the demand is for one attempt: the next one stands down again', async () => {
  const world = new FlowWorld({ attempts: ['pre'] });
  await world.fail();
  await world.untilState(id, 'scheduled');
  assert.equal(await world.retry(id), 'done');
  await world.untilState(id, 'following');
  await world.untilState(id, 'scheduled');
  startByHand(world);
  assert.equal((await world.untilState(id, 'skipped', 'exhausted')).decision?.reason, 'superseded');
});
