import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainIdOf } from '../../../src/chain/accept.ts';
import { firstId, FlowWorld, job, twoAttempts } from '../flow-world.ts';
import { publicBucket } from '../memory-bucket.ts';

const asking =
  'rules: [{name: asking, match: {phase: pre, managed_by: [aggregation, cluster-bot]}, retry: {attempts: 2, delay: 30m}}]';
const aggregation = { 'release.openshift.io/aggregation-id': 'x' };

/** A run that bears these labels failed in pre. */
async function failWith(
  world: FlowWorld,
  labels: Record<string, string>,
  prowJobId = `run-1-of-${job}`,
): Promise<void> {
  const run = { jobName: job, prowJobId, buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, labels, outcome: 'pre' });
  await world.notify(run);
}

test('a managed run is left alone and not reported', async () => {
  const world = new FlowWorld({ rules: twoAttempts });
  await failWith(world, aggregation);
  await world.untilQuiet();
  const { state, decision, managedBy } = await world.chain(firstId);
  assert.deepEqual([state, decision?.reason, decision?.rule], ['skipped', 'managed-elsewhere', null]);
  assert.equal(managedBy, 'aggregation');
  assert.deepEqual([world.told, world.gangway.calls], [[], []]);
});

test('a rule that asks for its manager retries it, and its attempts as well', async () => {
  const world = new FlowWorld({ rules: asking, attempts: ['pre', 'pre'] });
  await failWith(world, aggregation);
  await world.untilQuiet();
  const { state, decision, runs } = await world.chain(firstId);
  assert.deepEqual([state, decision?.reason], ['exhausted', 'attempts-exhausted']);
  assert.equal(runs.length, 3);
});

test('an attempt of a managed run has the annotation of its manager, and none of the marks of the first run', async () => {
  const world = new FlowWorld({ rules: asking });
  await failWith(world, aggregation);
  await world.untilState(firstId, 'passed');
  const [started] = world.gangway.started;
  assert.deepEqual(Object.keys(started?.labels ?? {}), ['retrigger/root', 'retrigger/attempt']);
  assert.equal(started?.annotations['retrigger/managed-by'], 'aggregation');
});

test('the chain remembers the manager where the prowjob.json of an attempt no longer shows it', async () => {
  const world = new FlowWorld({ rules: asking, attempts: ['pre', 'pass'] });
  const start = world.gangway.onStarted;
  world.gangway.onStarted = (run) => start({ ...run, annotations: {} });
  await failWith(world, aggregation);
  await world.untilState(firstId, 'passed');
  assert.equal(world.gangway.started.length, 2);
});

test('an attempt of a managed run is left alone by rules that do not ask for it, even after its chain was lost', async () => {
  const world = new FlowWorld({ rules: asking, attempts: ['pre'] });
  await failWith(world, aggregation);
  await world.untilState(firstId, 'following');
  const [attempt] = world.gangway.started;
  assert.ok(attempt !== undefined);
  const other = new FlowWorld({ rules: twoAttempts });
  const run = { jobName: job, prowJobId: attempt.prowJobId, buildId: other.nextBuild() };
  other.bucket.putRun({ ...run, ...attempt, outcome: 'pre' });
  await other.notify(run);
  await other.untilQuiet();
  const { decision } = await other.chain(chainIdOf(attempt.prowJobId));
  assert.equal(decision?.reason, 'managed-elsewhere');
  assert.deepEqual(
    decision.because.flatMap((reason) => (reason.kind === 'managed' ? [reason.mark] : [])),
    ['annotation retrigger/managed-by'],
  );
});

test('the name of a ProwJob shows the manager even without a prowjob.json', async () => {
  const id = 'chat-bot-2022-05-16-103338.9814';
  const world = new FlowWorld({ rules: twoAttempts });
  const run = { jobName: job, prowJobId: id, buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, outcome: 'pre' });
  world.bucket.objects.delete(`${publicBucket}/logs/${job}/${run.buildId}/prowjob.json`);
  await world.notify(run);
  await world.untilQuiet();
  assert.equal((await world.chain(chainIdOf(id))).decision?.reason, 'managed-elsewhere');
});

test('a retry that a person asks for is made, and its failure is reported', async () => {
  const world = new FlowWorld({ rules: twoAttempts, attempts: ['pre'] });
  await failWith(world, aggregation);
  await world.untilQuiet();
  assert.equal(await world.retry(firstId), 'done');
  await world.untilQuiet();
  const { state, decision, runs } = await world.chain(firstId);
  assert.deepEqual([state, decision?.reason, runs.length], ['skipped', 'managed-elsewhere', 2]);
});
