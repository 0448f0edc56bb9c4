import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstId, FlowWorld, hour, job, minute } from '../flow-world.ts';
import { publicBucket } from '../memory-bucket.ts';

const rule = 'rules: [{name: again, match: {phase: pre}, retry: {attempts: 1, delay: 30m, cooldown: 1h}}]';

const guarded =
  'rules: [{name: a, match: {phase: pre}, history: {max_consecutive_failures: 3}, retry: {attempts: 1, delay: 30m}}]';

/** While a request waits for its turn under Gangway's rate, two minutes pass, and `what` happens. */
function whileItWaits(world: FlowWorld, what: () => Promise<void>): void {
  world.gangway.onTurn = async () => {
    world.gangway.onTurn = () => undefined;
    world.clock.advance(2 * minute);
    await what();
  };
}

test('a silence that is set while an attempt waits for its turn is heeded', async () => {
  const world = new FlowWorld();
  whileItWaits(world, () =>
    world.silences.add({ id: '1', job: '*', until: world.clock.now() + hour, author: 'a', comment: 'quiet' }),
  );
  await world.fail();
  await world.untilQuiet();
  assert.equal((await world.chain(firstId)).decision?.reason, 'silenced');
  assert.equal(world.gangway.started.length, 0);
});

test('a newer run that is started while an attempt waits for its turn stands against it', async () => {
  const world = new FlowWorld();
  whileItWaits(world, async () => {
    world.bucket.putRun({
      jobName: job,
      prowJobId: 'somebodys',
      buildId: world.nextBuild(),
      outcome: 'pending',
    });
  });
  await world.fail();
  await world.untilQuiet();
  assert.equal((await world.chain(firstId)).decision?.reason, 'superseded');
  assert.equal(world.gangway.started.length, 0);
});

test('an attempt that is due within the cooldown after another chain’s waits for its end', async () => {
  const world = new FlowWorld({ rules: rule });
  await world.fail();
  const chain = await world.untilState(firstId, 'scheduled');
  const madeAt = world.clock.now();
  // As those do that are released from a hold together: it was not there when this one was scheduled.
  world.flow.spendings.spend([], { chain: { ...chain, id: 'another' }, attempt: 1, at: madeAt });
  await world.untilQuiet();
  assert.equal(world.gangway.started[0]?.at, madeAt + hour);
});

test('a past that cannot be read this time is waited for where a rule asks for it', async () => {
  const world = new FlowWorld({ rules: guarded });
  let misses = 3;
  const read = world.flow.source.listFolders.bind(world.flow.source);
  world.flow.source.listFolders = async (folder, from, limits) => {
    misses -= 1;
    return misses < 0 ? read(folder, from, limits) : { kind: 'unavailable', why: 'HTTP 503' };
  };
  await world.fail();
  await world.untilQuiet();
  assert.equal((await world.chain(firstId)).state, 'passed');
});

test('a past that cannot be read for an hour refuses nothing, and the account says so', async () => {
  const world = new FlowWorld({ rules: guarded });
  world.bucket.fail(`${job}/`);
  await world.fail();
  const begun = world.clock.now();
  const { decision } = await world.untilState(firstId, 'scheduled');
  assert.equal(world.clock.now() - begun, hour);
  assert.ok(decision?.because.some(({ kind }) => kind === 'history-unknown'));
});

for (const [what, outcome, rules] of [
  ['no rule matches', 'post', guarded],
  ['the run passed', 'pass', guarded],
  [
    'the rule that decides does not ask for it',
    'pre',
    guarded.replace('rules: [', 'rules: [{name: first, match: {phase: pre}, retry: never}, '),
  ],
] as const) {
  test(`a past that cannot be read delays nothing where ${what}`, async () => {
    const world = new FlowWorld({ rules });
    world.bucket.fail(`${job}/`);
    await world.fail(outcome);
    const begun = world.clock.now();
    await world.untilState(firstId, 'skipped');
    assert.equal(world.clock.now(), begun);
  });
}

test('of a run that passed no history is read', async () => {
  const world = new FlowWorld({ rules: guarded });
  const asked: string[] = [];
  world.bucket.onAsked = (path) => void asked.push(path);
  await world.fail('pass');
  await world.untilQuiet();
  assert.ok(!asked.includes(`${publicBucket}/logs/${job}/`), asked.join(' '));
});
