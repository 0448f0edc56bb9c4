import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chain } from '../../../src/chain/chain.ts';
import { chainIdOf } from '../../../src/chain/accept.ts';
import { Verifications, type Deployment } from '../../../src/flow/requests/verify-by-notification.ts';
import { pocJob } from '../../../src/flow/requests/verify-deployment.ts';
import type { Lookup } from '../../../src/trigger/execution-api.ts';
import { FlowWorld, hour, job, minute } from '../flow-world.ts';

const deployment: Deployment = {
  gangwayUrl: 'https://gangway',
  gcsUrl: 'https://gcs',
  version: '1.2.3',
  condition: async () => ({ store: { ok: true, fault: null }, rules: { count: 3, problems: [] } }),
  publicUrl: null,
  isOpen: true,
};

/** Verifies as the service does; `begun`: when each lookup of a verification was asked for. */
function employ(world: FlowWorld) {
  const begun: number[] = [];
  const start = (): Verifications => {
    const attend = (work: Promise<void>): void => world.worker.attend(work);
    const verifications = new Verifications({ flow: world.flow, deployment, attend });
    world.onChange = (chain) => verifications.verifyWhenProven(chain);
    return verifications;
  };
  const look = (): Lookup => {
    begun.push(world.clock.now());
    return { kind: 'gone' };
  };
  world.gangway.lookups.push(...Array.from({ length: 30 }, () => look));
  return { begun, start, verifications: start() };
}

function countVerified(world: FlowWorld): number {
  return world.told.filter((title) => title === 'retrigger is verified').length;
}

function isVerified(world: FlowWorld, id: string): () => Promise<boolean> {
  return async () => (await world.chain(id)).isVerified;
}

test('a run that is still running, or that no prowjob.json names, costs nothing', async () => {
  const world = new FlowWorld();
  const { begun } = employ(world);
  const pending = { jobName: pocJob, prowJobId: 'pending', buildId: world.nextBuild() };
  world.bucket.putRun({ ...pending, outcome: 'pending' });
  await world.notify(pending);
  for (let n = 0; n < 20; n += 1) {
    await world.notify({ jobName: pocJob, prowJobId: `made-up-${n}`, buildId: world.nextBuild() });
  }
  await world.pass(20 * minute);
  assert.deepEqual([begun, world.told], [[], []]);
  world.bucket.putRun({ ...pending, outcome: 'pre' });
  await world.until('it is verified', isVerified(world, chainIdOf('pending')));
  assert.equal(begun.length, 1);
});

test('a chain is verified once, in every later state, and its attempt is not verified', async () => {
  const world = new FlowWorld({ attempts: ['pre', 'pass'] });
  const { begun } = employ(world);
  const id = await world.fail('pre', pocJob);
  await world.untilState(id, 'passed');
  await world.untilQuiet();
  assert.deepEqual([begun.length, countVerified(world)], [1, 1]);
});

test('no other job starts a verification', async () => {
  const world = new FlowWorld();
  const { begun } = employ(world);
  await world.untilState(await world.fail('pre', job), 'passed');
  assert.deepEqual([begun, countVerified(world)], [[], 0]);
});

test('a caller who showed the webhook secret need not wait for the end of the run', async () => {
  const world = new FlowWorld();
  employ(world);
  const run = { jobName: pocJob, prowJobId: 'run-1', buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, outcome: 'pending' });
  const { chain } = await world.notify(run, { isTrusted: true });
  await world.worker.idle();
  assert.equal((await world.chain(chain.id)).isVerified, true);
});

test('several are verified one after the other, and one starts per minute', async () => {
  const world = new FlowWorld();
  const { begun } = employ(world);
  for (let n = 0; n < 4; n += 1) await world.fail('pre', pocJob);
  await world.until('all are told', () => countVerified(world) === 4);
  const [first = 0] = begun;
  assert.deepEqual(
    begun.map((at) => at - first),
    [0, minute, 2 * minute, 3 * minute],
  );
});

test('while one is running, no other starts', async () => {
  const world = new FlowWorld();
  const { begun } = employ(world);
  const { promise, resolve } = Promise.withResolvers<Lookup>();
  world.gangway.lookups.unshift(() => promise);
  const ids = [await world.fail('pre', pocJob), await world.fail('pre', pocJob)];
  // The worker counts what is under way as in hand, so time goes on by hand here.
  for (let turns = 0; turns < 200; turns += 1) await new Promise(setImmediate);
  world.clock.advance(2 * hour);
  for (let turns = 0; turns < 200; turns += 1) await new Promise(setImmediate);
  assert.deepEqual([world.gangway.count('get'), begun], [1, []]);
  assert.equal((await world.chain(ids[1]!)).state, 'following', 'the retry does not wait for it');
  resolve({ kind: 'gone' });
  for (const id of ids) await world.until('it is verified', isVerified(world, id));
  assert.equal(begun.length, 1);
});

test('at most ten wait; a further one is dropped, and the log says so', async () => {
  const world = new FlowWorld();
  const { begun } = employ(world);
  const chains: Chain[] = [];
  for (let n = 0; n < 14; n += 1) chains.push(await world.chain(await world.fail('pre', pocJob)));
  await world.pass(minute / 2);
  const dropped = world.logs.filter((line) => line.includes('verification dropped'));
  assert.ok(dropped.length >= 3);
  assert.ok(chains.some(({ id }) => dropped[0]?.includes(id)));
  assert.equal(begun.length, 1);
});

test('after a restart, an unfinished verification is made, and a finished one is not repeated', async () => {
  const world = new FlowWorld();
  const { begun, verifications, start } = employ(world);
  const done = await world.fail('pre', pocJob);
  await world.until('it is verified', isVerified(world, done));
  const undone = await world.fail('pre', pocJob);
  await world.untilState(undone, 'scheduled');
  verifications.stop();
  await world.restart();
  await start().start();
  await world.until('it is verified', isVerified(world, undone));
  assert.equal(begun.length, 2);
});

test('an unfinished verification from days ago is not made', async () => {
  const world = new FlowWorld();
  const id = await world.fail('pre', pocJob);
  await world.untilState(id, 'passed');
  await world.pass(25 * hour);
  const { begun, verifications } = employ(world);
  await verifications.start();
  await world.untilQuiet();
  assert.deepEqual(begun, []);
});

test('after a stop none starts', async () => {
  const world = new FlowWorld();
  const { begun, verifications } = employ(world);
  for (let n = 0; n < 2; n += 1) await world.fail('pre', pocJob);
  await world.until('one is told', () => countVerified(world) === 1);
  verifications.stop();
  await world.untilQuiet();
  assert.equal(begun.length, 1);
});

test('a clock that is set back delays nothing', async () => {
  let now = 10 * hour;
  const world = new FlowWorld();
  world.flow = {
    ...world.flow,
    clock: {
      now: () => now,
      elapsed: () => world.clock.elapsed(),
      at: (when, what) => world.clock.at(when, what),
      after: (ms, what) => world.clock.after(ms, what),
    },
  };
  const { begun, verifications } = employ(world);
  const chain = await world.chain(await world.fail('pre', pocJob));
  verifications.verifyWhenProven({ ...chain, proof: 'failed' });
  await world.worker.idle();
  now -= 5 * hour;
  const other = await world.chain(await world.fail('pre', pocJob));
  verifications.verifyWhenProven({ ...other, proof: 'failed' });
  await world.worker.idle();
  assert.equal(begun.length, 2);
});
