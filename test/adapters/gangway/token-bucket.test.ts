import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallRate } from '../../../src/adapters/gangway/token-bucket.ts';
import { startQueue } from './queue-for-test.ts';

const rate: CallRate = { calls: 10, perMs: 60_000, burst: 4 };

test('a burst goes at once, the rest as the bucket fills, in order', async () => {
  const { served, ask, pass } = startQueue(rate);
  for (let i = 0; i < 8; i += 1) ask(String(i));
  await pass(60_000);
  assert.deepEqual(served.map(({ name }) => name).join(''), '01234567');
  assert.deepEqual(
    served.map(({ at }) => at),
    [0, 0, 0, 0, 6_000, 12_000, 18_000, 24_000],
  );
});

test('an idle hour saves up no more than the burst', async () => {
  const { served, ask, pass } = startQueue(rate);
  await pass(3_600_000);
  for (let i = 0; i < 5; i += 1) ask(String(i));
  await pass(5_999);
  assert.equal(served.length, 4);
});

test('triggers go ahead of lookups that wait longer', async () => {
  const { served, ask, pass } = startQueue({ ...rate, burst: 1 });
  ask('first');
  for (const name of ['lookup-1', 'lookup-2']) ask(name);
  await pass(3_000);
  for (const name of ['trigger-1', 'trigger-2']) ask(name, 'trigger');
  await pass(60_000);
  assert.deepEqual(
    served.map(({ name }) => name),
    ['first', 'trigger-1', 'trigger-2', 'lookup-1', 'lookup-2'],
  );
  assert.deepEqual(
    served.map(({ at }) => at),
    [0, 6_000, 12_000, 18_000, 24_000],
  );
});

for (const [limit, first, second] of [
  [rate, 0, 30_000],
  [null, 0, 30_000],
] as const) {
  test(`a pause stops the queue ${limit === null ? 'without a limit' : 'with a limit'}, also for calls that wait already`, async () => {
    const { queue, served, ask, pass } = startQueue(limit);
    ask('before');
    await pass(0);
    queue.pauseFor(30_000);
    queue.pauseFor(1_000);
    ask('after', 'trigger');
    await pass(60_000);
    assert.deepEqual(served, [
      { name: 'before', at: first },
      { name: 'after', at: second },
    ]);
  });
}

test('a pause that begins while a call waits for the bucket delays that call', async () => {
  const { queue, served, ask, pass } = startQueue({ ...rate, burst: 1 });
  ask('a');
  ask('b');
  await pass(1_000);
  queue.pauseFor(20_000);
  await pass(60_000);
  assert.deepEqual(
    served.map(({ at }) => at),
    [0, 21_000],
  );
});

test('off: thousands go at once and leave no timer', async () => {
  const { clock, served, ask, pass } = startQueue(null);
  for (let i = 0; i < 5_000; i += 1) ask(String(i));
  await pass(0);
  assert.deepEqual([served.length, clock.nextDue()], [5_000, null]);
});

test('in no window do more calls go out than the burst and what the rate adds', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seeded(seed);
    const limit = { calls: 1 + random(30), perMs: 1_000 * (1 + random(90)), burst: 1 + random(9) };
    const { queue, served, ask, pass } = startQueue(limit);
    let asked = 0;
    for (let step = 0; step < 60; step += 1) {
      for (let i = random(6); i > 0; i -= 1) ask(String(asked++), random(2) === 0 ? 'trigger' : 'lookup');
      if (random(12) === 0) queue.pauseFor(random(20_000));
      await pass(random(random(4) === 0 ? 60_000 : 500));
    }
    await pass(20_000 + (asked * limit.perMs) / limit.calls + asked);
    assert.equal(served.length, asked, `seed ${seed}: nobody is left waiting`);
    for (const [first, { at: from }] of served.entries()) {
      for (const [more, { at: to }] of served.slice(first).entries()) {
        const most = limit.burst + ((to - from) * limit.calls) / limit.perMs + 1e-6;
        assert.ok(more + 1 <= most, `seed ${seed}: ${more + 1} calls within ${to - from} ms`);
      }
    }
  }
});

/** A small linear congruential generator: a whole number from 0 up to `below`. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
