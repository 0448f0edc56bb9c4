import { isOpen, missingOf } from '../../../src/chain/chain.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainIdOf } from '../../../src/chain/accept.ts';
import type { RunId } from '../../../src/job/run.ts';
import { Secret } from '../../../src/secret.ts';
import { firstId as id, FlowWorld, hour, job, minute } from '../flow-world.ts';

/** A run that nobody has started. */
function invent(world: FlowWorld, jobName = job): RunId {
  return { jobName, prowJobId: `made-up-${jobName}`, buildId: world.nextBuild() };
}

/** When the chain is looked at, in minutes from now, until it ends or the time is over. */
async function watchLooks(world: FlowWorld, chainId: string, ms: number): Promise<number[]> {
  const began = world.clock.now();
  const looks: number[] = [];
  let known = -1;
  while (world.clock.now() < began + ms) {
    const chain = await world.chain(chainId);
    const { tries } = chain;
    if (tries !== known) looks.push(Math.round(((world.clock.now() - began) / minute) * 2) / 2);
    known = tries;
    if (!isOpen(chain)) break;
    await world.pass(minute / 2);
  }
  return looks;
}

test('a run that the bucket does not show is checked less and less often, and given up after two hours', async () => {
  const world = new FlowWorld();
  const run = invent(world);
  await world.notify(run);
  const looks = await watchLooks(world, chainIdOf(run.prowJobId), 3 * hour);
  const gaps = looks.slice(1).map((at, n) => at - (looks[n] ?? 0));
  assert.ok(
    gaps.slice(0, -1).every((gap, n) => gap >= (gaps[n - 1] ?? 0) || gap >= 15),
    gaps.join(' '),
  );
  assert.ok(Math.max(...gaps) <= 15.5 && looks.length < 20, looks.join(' '));
  const chain = await world.chain(chainIdOf(run.prowJobId));
  assert.deepEqual([chain.state, chain.proof, missingOf(chain)], ['needs-human', 'none', 'location']);
  assert.equal(looks.at(-1), 120);
  assert.deepEqual(world.gangway.calls, []);
});

test('a run that the bucket shows is checked at every poll, however long it runs', async () => {
  const world = new FlowWorld();
  await world.fail('pending');
  const looks = await watchLooks(world, id, 3 * hour);
  assert.ok(looks.length > 300, `${looks.length} looks`);
  assert.deepEqual([(await world.chain(id)).state, (await world.chain(id)).proof], ['judging', 'listed']);
});

test('the failure is proven as soon as the bucket shows that the run has failed', async () => {
  const world = new FlowWorld();
  await world.fail('pending');
  await world.pass(10 * minute);
  assert.equal((await world.chain(id)).proof, 'listed');
  world.bucket.putRun({ ...(await runOf(world)), outcome: 'pre' });
  assert.equal((await world.untilState(id, 'scheduled')).proof, 'failed');
});

test('a bucket that gives no answer is no sign that the run was made up', async () => {
  const world = new FlowWorld();
  world.bucket.fail('json');
  await world.fail();
  await world.pass(4 * hour);
  const chain = await world.chain(id);
  assert.deepEqual([chain.state, chain.proof], ['judging', 'none']);
  world.bucket.heal();
  await world.untilState(id, 'scheduled');
});

test('a look that the bucket did not answer is none, for a quarter of an hour', async () => {
  const world = new FlowWorld();
  world.bucket.fail('json');
  await world.fail();
  await world.pass(14 * minute);
  assert.equal((await world.chain(id)).tries, 0, 'it gives way to no other');
  await world.pass(5 * minute);
  assert.ok((await world.chain(id)).tries > 0);
});

test('a true place is looked at as soon as it is named, however long a wrong one was looked at', async () => {
  const world = new FlowWorld();
  const { buildId } = invent(world);
  const run = { jobName: job, prowJobId: 'run-named-early', buildId: world.nextBuild() };
  await world.notify({ ...run, buildId });
  await world.pass(hour);
  world.bucket.putRun({ ...run, outcome: 'pre' });
  await world.notify(run);
  await world.pass(minute / 2);
  assert.equal((await world.chain(chainIdOf(run.prowJobId))).proof, 'failed');
});

test('a caller who sent the secret is trusted from the start', async () => {
  const world = new FlowWorld();
  const run = invent(world);
  await world.notify(run, { isTrusted: true });
  const looks = await watchLooks(world, chainIdOf(run.prowJobId), 3 * hour);
  assert.ok(looks.length > 300, `${looks.length} looks`);
  assert.equal((await world.chain(chainIdOf(run.prowJobId))).state, 'judging');
});

test('a run that passed proves no failure', async () => {
  const world = new FlowWorld();
  await world.fail('pass');
  const chain = await world.untilState(id, 'skipped');
  assert.deepEqual([chain.decision?.reason, chain.proof], ['not-failed', 'listed']);
});

test('in another run’s folder only prowjob.json is read', async () => {
  const world = new FlowWorld();
  await world.fail('pre');
  await world.untilState(id, 'scheduled');
  const { buildId } = await runOf(world);
  const read: string[] = [];
  world.bucket.onAsked = async (path) => void read.push(path);
  await world.notify({ jobName: job, prowJobId: 'made-up', buildId }, { token: new Secret('forged') });
  const chain = await world.untilState(chainIdOf('made-up'), 'skipped');
  assert.deepEqual([chain.decision?.reason, chain.proof], ['evidence-missing', 'none']);
  assert.deepEqual(
    read.filter((path) => !/(?:prowjob|started|finished)\.json$|\.txt$/.test(path)),
    [],
  );
});

async function runOf(world: FlowWorld): Promise<RunId> {
  const { runs, jobName } = await world.chain(id);
  const [first] = runs;
  assert.ok(first?.buildId != null);
  return { jobName, prowJobId: first.prowJobId, buildId: first.buildId };
}

test('few unproven runs are checked at a time, however many came', async () => {
  const world = new FlowWorld();
  const underWay = new Map<string, number>();
  let most = 0;
  const count = (build: string, by: number): void => {
    const reads = (underWay.get(build) ?? 0) + by;
    if (reads === 0) underWay.delete(build);
    else underWay.set(build, reads);
    most = Math.max(most, underWay.size);
  };
  world.bucket.onAsked = async (path) => {
    const [build = ''] = /\d{19}/.exec(path) ?? [];
    count(build, 1);
    await new Promise(setImmediate);
    count(build, -1);
  };
  const inventions = Array.from({ length: 40 }, (_, n) => ({ ...invent(world), prowJobId: `made-up-${n}` }));
  await Promise.all(inventions.map((run) => world.notify(run)));
  await world.pass(minute);
  const looks = await Promise.all(inventions.map((run) => world.chain(chainIdOf(run.prowJobId))));
  assert.ok(looks.every(({ tries }) => tries > 0));
  assert.equal(most, 8);
});
