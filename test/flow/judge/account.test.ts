import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Creation } from '../../../src/trigger/execution-api.ts';
import { firstId as id, FlowWorld } from '../flow-world.ts';

const refusal: Creation = {
  kind: 'refused',
  cause: 'tenant',
  says: 'Gangway answered 403: not for this job',
};

test('rejected: the account ends with what Gangway said, and keeps what led to the attempt', async () => {
  const world = new FlowWorld();
  world.gangway.creations.push(() => refusal);
  await world.fail();
  const before = (await world.untilState(id, 'scheduled')).decision;
  const { decision } = await world.untilState(id, 'rejected');
  assert.deepEqual(decision, {
    ...before,
    because: [...(before?.because ?? []), { kind: 'gangway-says', says: refusal.says }],
  });
});

test('needs-human: the account ends with why', async () => {
  const world = new FlowWorld({ settings: { gangwayToken: null } });
  world.flow.seal.open = () => null;
  await world.fail();
  const before = (await world.untilState(id, 'scheduled')).decision;
  const { decision } = await world.untilState(id, 'needs-human');
  assert.equal(decision?.rule, 'again');
  assert.deepEqual(decision?.because.slice(0, -1), before?.because);
  assert.deepEqual(decision?.because.at(-1), { kind: 'no-token', for: 'trigger' });
});

test('a refused attempt’s number is free for the one that a person asks for', async () => {
  const world = new FlowWorld();
  world.gangway.creations.push(() => refusal);
  await world.fail();
  assert.equal((await world.untilState(id, 'rejected')).highestAttempt, 0);
  assert.equal(await world.retry(id), 'done');
  const chain = await world.untilState(id, 'passed');
  assert.deepEqual([chain.runs[1]?.attempt, world.gangway.started[0]?.labels['retrigger/attempt']], [1, '1']);
});

test('a number under which something may have been sent is not used again', async () => {
  const world = new FlowWorld();
  world.gangway.creations.push(() => ({ kind: 'unclear', says: 'reset' }));
  world.gangway.listings.push(() => ({ kind: 'refused', cause: 'token', says: 'no' }));
  await world.fail();
  await world.untilState(id, 'needs-human');
  assert.equal(await world.retry(id), 'done');
  const chain = await world.untilState(id, 'passed');
  assert.deepEqual([chain.runs[1]?.attempt, world.gangway.started[0]?.labels['retrigger/attempt']], [2, '2']);
});

test('cancel and retry append to the account and keep the rule', async () => {
  const world = new FlowWorld();
  await world.fail();
  const first = (await world.untilState(id, 'scheduled')).decision;
  const story = [...(first?.because ?? []), { kind: 'cancelled', by: 'A person' }];
  await world.cancel(id);
  const cancelled = (await world.chain(id)).decision;
  assert.deepEqual(cancelled, { outcome: 'skip', reason: 'cancelled', rule: 'again', because: story });
  await world.retry(id);
  const { decision } = await world.untilState(id, 'passed');
  const because = [...story, { kind: 'asked-for-attempt', by: 'A person' }];
  assert.deepEqual(decision, { outcome: 'retry', reason: 'matched', rule: 'again', because });
});
