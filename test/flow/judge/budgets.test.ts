import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainIdOf } from '../../../src/chain/accept.ts';
import { FlowWorld, hour, minute } from '../flow-world.ts';

const retry = 'rules: [{name: again, match: {phase: pre}, retry: {attempts: 1, delay: 30m}}]';

function worldOf(budget: string): FlowWorld {
  return new FlowWorld({ rules: `${retry}\nbudgets: [${budget}]` });
}

async function failMany(world: FlowWorld, count: number, name = 'aws'): Promise<string[]> {
  const failed: string[] = [];
  for (let n = 1; n <= count; n += 1) failed.push(await world.fail('pre', `periodic-ci-${name}-${n}-e2e`));
  return failed;
}

async function reasonsOf(world: FlowWorld, ids: readonly string[]): Promise<string[]> {
  const chains = await Promise.all(ids.map((id) => world.chain(id)));
  return chains.map(({ state, decision }) => (state === 'skipped' ? (decision?.reason ?? '') : state));
}

function countWord(words: readonly string[], word: string): number {
  return words.filter((each) => each === word).length;
}

test('of thirty attempts that are due at once a budget of seven lets exactly seven be made', async () => {
  const world = worldOf('{job: "*-aws-*", retries: 7, per: 24h}');
  const ids = await failMany(world, 30);
  await world.untilQuiet();
  const reasons = await reasonsOf(world, ids);
  assert.deepEqual([countWord(reasons, 'passed'), countWord(reasons, 'budget-spent')], [7, 23]);
  assert.equal(world.gangway.count('create'), 7);
  const [spent] = (await world.chains()).filter(({ decision }) => decision?.reason === 'budget-spent');
  const budget = { job: '*-aws-*', spent: 7, retries: 7, perMs: 24 * hour };
  assert.deepEqual(spent?.decision?.because.at(-1), { kind: 'budget-spent', ...budget });
  assert.equal(world.told.filter((title) => title.endsWith('failed and is not tried again')).length, 23);
});

test('attempts that Gangway does not take count for nothing', async () => {
  const world = worldOf('{job: "*", retries: 3, per: 24h}');
  world.gangway.creations.push(
    () => ({ kind: 'refused', cause: 'tenant', says: 'no' }),
    () => ({ kind: 'refused', cause: 'tenant', says: 'no' }),
  );
  const ids = await failMany(world, 6);
  await world.untilQuiet();
  const reasons = await reasonsOf(world, ids);
  assert.deepEqual([countWord(reasons, 'rejected'), world.gangway.started.length <= 3], [2, true]);
  assert.ok(countWord(reasons, 'passed') + countWord(reasons, 'budget-spent') === 4);
  // What was refused at once made room only for those that came after.
  const later = await failMany(world, 3, 'gcp');
  await world.untilQuiet();
  const all = [...reasons, ...(await reasonsOf(world, later))];
  assert.equal(countWord(all, 'passed'), 3);
});

test('a cancelled attempt that waited for its turn counts for nothing', async () => {
  const world = worldOf('{job: "*", retries: 1, per: 24h}');
  const [first = ''] = await failMany(world, 1);
  let turns = 0;
  world.gangway.onTurn = async () => {
    turns += 1;
    if (turns === 1) await world.cancel(first);
  };
  await world.untilState(first, 'skipped');
  const [second = ''] = await failMany(world, 1, 'gcp');
  await world.untilState(second, 'passed');
});

for (const restarts of [false, true]) {
  test(`the window slides${restarts ? ', over restarts too' : ''}`, async () => {
    const world = worldOf('{job: "*", retries: 2, per: 3h}');
    const ids: string[] = [];
    for (let n = 1; n <= 6; n += 1) {
      ids.push(...(await failMany(world, 1, `hour-${n}`)));
      await world.pass(hour);
      if (restarts) await world.restart();
    }
    await world.untilQuiet();
    // The first place is free again three hours after it was taken, to the millisecond.
    const expected = ['passed', 'passed', 'budget-spent', 'passed', 'passed', 'budget-spent'];
    assert.deepEqual(await reasonsOf(world, ids), expected);
  });
}

test('an attempt whose answer was lost counts after a restart, and no second time when it is sent again', async () => {
  const world = worldOf('{job: "*", retries: 1, per: 24h}');
  world.gangway.creations.push(() => ({ kind: 'unclear', says: 'reset' }));
  const [first = ''] = await failMany(world, 1);
  await world.pass(2 * minute);
  const [second = ''] = await failMany(world, 1, 'gcp');
  await world.untilState(first, 'triggering');
  await world.restart();
  await world.untilState(second, 'skipped');
  await world.untilState(first, 'passed');
  assert.deepEqual(await reasonsOf(world, [first, second]), ['passed', 'budget-spent']);
});

test('a person’s demand is made in spite of a spent budget, and counts', async () => {
  const world = worldOf('{job: "*", retries: 1, per: 24h}');
  const ids = await failMany(world, 2);
  await world.untilQuiet();
  const spent = ids[(await reasonsOf(world, ids)).indexOf('budget-spent')] ?? '';
  await world.pass(5 * hour);
  assert.equal(await world.retry(spent), 'done');
  await world.untilState(spent, 'passed');
  // By now the first attempt no longer counts.
  await world.pass(17 * hour);
  const [third = ''] = await failMany(world, 1, 'gcp');
  await world.untilState(third, 'passed', 'skipped');
  assert.deepEqual(await reasonsOf(world, [third]), ['budget-spent']);
});

test('a job that no budget names spends none', async () => {
  const world = worldOf('{job: "*-aws-*", retries: 0, per: 24h}');
  const [gcp = ''] = await failMany(world, 1, 'gcp');
  await world.untilState(gcp, 'passed');
  assert.equal(gcp, chainIdOf(`run-1-of-periodic-ci-gcp-1-e2e`));
});

test('an attempt that may exist counts, also once a person was asked and the service started anew', async () => {
  const world = worldOf('{job: "*", retries: 1, per: 24h}');
  world.gangway.creations.push(() => ({ kind: 'unclear', says: 'reset' }));
  for (let list = 0; list < 4; list += 1)
    world.gangway.listings.push(() => ({ kind: 'found', executions: [] }));
  const id = await world.fail('pre', 'periodic-ci-aws-lost');
  await world.untilState(id, 'needs-human');
  await world.restart();
  const [later = ''] = await failMany(world, 1);
  await world.untilQuiet();
  assert.deepEqual(await reasonsOf(world, [later]), ['budget-spent']);
});
