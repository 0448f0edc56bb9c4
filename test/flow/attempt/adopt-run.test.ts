import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainIdOf } from '../../../src/chain/accept.ts';
import type { Creation } from '../../../src/trigger/execution-api.ts';
import { firstId as id, FlowWorld, hour, job, minute } from '../flow-world.ts';
import type { RunOutcome } from '../memory-bucket.ts';

const oneAttempt = 'rules: [{name: again, match: {phase: pre}, retry: {attempts: 1, delay: 30m}}]';
const twinId = chainIdOf('attempt-1');

/** The next request to create is carried out, and its answer is lost. */
function loseAnswer({ gangway }: FlowWorld): void {
  gangway.creations.push((request): Creation => {
    gangway.start(request);
    return { kind: 'unclear', says: 'Gangway answered 504' };
  });
}

/** The first attempt turns pending and at once fails and tells of itself, before anybody looked for it. */
function failAttemptAtOnce(world: FlowWorld, later: RunOutcome = 'pre'): void {
  world.gangway.onStarted = (run) => {
    if (world.gangway.started.length > 1) return world.runAttempt(run, later);
    const { prowJobId, labels, annotations } = run;
    world.bucket.putRun({
      jobName: job,
      prowJobId,
      buildId: world.nextBuild(),
      labels,
      annotations,
      outcome: 'pre',
    });
  };
}

async function notifyOfAttempt(world: FlowWorld): Promise<void> {
  await world.notify({ jobName: job, prowJobId: 'attempt-1', buildId: '1930000000000000002' });
}

async function checkOneStory(world: FlowWorld, attempts = 2): Promise<void> {
  const chain = await world.untilState(id, 'exhausted');
  await world.untilQuiet();
  assert.deepEqual(
    chain.runs.map(({ prowJobId }) => prowJobId),
    ['run-1-of-' + job, 'attempt-1', 'attempt-2'].slice(0, attempts + 1),
  );
  assert.equal(world.gangway.count('create'), attempts);
  assert.equal(new Set(world.told).size, world.told.length, world.told.join('\n'));
  assert.equal(world.told.length, attempts * 2 + 1);
  const twin = await world.store.get(twinId);
  assert.ok(twin === null || (twin.decision?.reason === 'superseded' && twin.outbox.length === 0));
}

for (const order of ['the notification is judged first', 'it is adopted first'] as const) {
  for (const restarts of [false, true]) {
    test(`an attempt’s own notification comes before its id is known, ${order}${restarts ? ', with restarts' : ''}`, async () => {
      const world = new FlowWorld({ attempts: ['pre'] });
      failAttemptAtOnce(world);
      loseAnswer(world);
      await world.fail();
      await world.untilState(id, 'triggering');
      if (restarts) await world.restart();
      if (order === 'it is adopted first') {
        // Its notification is on disk, and what it left can't be read until the chain has found it.
        world.bucket.fail('operator.xml');
        await notifyOfAttempt(world);
        await world.until('it is adopted', async () => (await world.chain(id)).runs.length === 2);
        assert.equal((await world.chain(twinId)).state, 'skipped');
        if (restarts) await world.restart();
        world.bucket.heal();
      } else {
        await notifyOfAttempt(world);
        await world.until('it is handed over', async () => (await world.chain(id)).runs.length === 2);
        if (restarts) await world.restart();
      }
      await checkOneStory(world);
    });
  }
}

/** The attempt's own step is heard before Gangway's answer to its creation. */
function answerAfterNotification(world: FlowWorld): void {
  world.gangway.creations.push(async (request) => {
    const created = world.gangway.start(request);
    await world.notify({ jobName: job, prowJobId: 'attempt-1', buildId: '1930000000000000002' });
    return created;
  });
}

for (const attempts of [1, 2]) {
  test(`the answer comes after the attempt’s own notification (${attempts} allowed)`, async () => {
    const world = new FlowWorld({
      attempts: ['pre'],
      ...(attempts === 1 ? { rules: oneAttempt } : {}),
    });
    answerAfterNotification(world);
    await world.fail();
    await world.untilState(id, 'following');
    assert.equal((await world.chain(twinId)).state, 'skipped');
    await checkOneStory(world, attempts);
  });
}

test('killed between handing the run over and ending its own chain: told once all the same', async () => {
  const world = new FlowWorld({ attempts: ['pre'], rules: oneAttempt });
  failAttemptAtOnce(world);
  loseAnswer(world);
  await world.fail();
  await world.untilState(id, 'triggering');
  await notifyOfAttempt(world);
  const twin = await world.chain(twinId);
  await world.untilState(id, 'exhausted');
  // As the disk was before the twin was closed.
  world.store.put(twin);
  await world.restart();
  await checkOneStory(world, 1);
});

test('an attempt whose chain was given up goes on by itself, and counts as what its labels say', async () => {
  const world = new FlowWorld({ attempts: ['pre'] });
  world.gangway.onStarted = () => {};
  world.gangway.creations.push((request) => {
    world.gangway.start(request);
    return { kind: 'unclear', says: 'reset' };
  });
  await world.fail();
  await world.untilState(id, 'needs-human');
  const [started] = world.gangway.started;
  assert.ok(started !== undefined);
  const { labels, annotations } = started;
  const run = { jobName: job, prowJobId: 'attempt-1', buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, labels, annotations, outcome: 'pre' });
  world.gangway.onStarted = (next) => world.runAttempt(next, 'pass');
  await world.notify(run);
  const chain = await world.untilState(twinId, 'passed');
  assert.deepEqual(
    chain.runs.map(({ attempt }) => attempt),
    [1, 2],
  );
  assert.equal((await world.chain(id)).state, 'needs-human');
});

test('a chain that was cancelled does not live on through its attempt’s own notification', async () => {
  const world = new FlowWorld({ attempts: ['pre'] });
  answerAfterNotification(world);
  await world.fail();
  await world.untilState(id, 'following');
  await world.cancel(id);
  await world.pass(5 * hour + minute);
  assert.equal(world.gangway.count('create'), 1);
});
