import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LaneClosed, RateLane, type PaceRate } from '../../../src/adapters/gangway/rate-lane.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { startLane, ticket } from './lane-for-test.ts';

const rate: PaceRate = { calls: 10, perMs: 60_000, burst: 4 };

const begin = (): void => {};

test('a burst goes at once, the rest as the bucket fills, in order', async () => {
  const { served, ask, pass } = startLane(rate);
  for (let i = 0; i < 8; i += 1) ask(String(i));
  await pass(60_000);
  assert.deepEqual(served.map(({ name }) => name).join(''), '01234567');
  assert.deepEqual(
    served.map(({ at }) => at),
    [0, 0, 0, 0, 6_000, 12_000, 18_000, 24_000],
  );
});

test('an idle hour saves up no more than the burst', async () => {
  const { served, ask, pass } = startLane(rate);
  await pass(3_600_000);
  for (let i = 0; i < 5; i += 1) ask(String(i));
  await pass(5_999);
  assert.equal(served.length, 4);
});

test('triggers go ahead of lookups that wait longer', async () => {
  const { served, ask, pass } = startLane({ ...rate, burst: 1 });
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
  test(`a pause stops the lane ${limit === null ? 'without a limit' : 'with a limit'}, also who waits already`, async () => {
    const { lane, served, ask, pass } = startLane(limit);
    ask('before');
    await pass(0);
    lane.pauseFor(30_000);
    lane.pauseFor(1_000);
    ask('after', 'trigger');
    await pass(60_000);
    assert.deepEqual(served, [
      { name: 'before', at: first },
      { name: 'after', at: second },
    ]);
  });
}

test('a pause that comes while somebody waits for the bucket holds him back', async () => {
  const { lane, served, ask, pass } = startLane({ ...rate, burst: 1 });
  ask('a');
  ask('b');
  await pass(1_000);
  lane.pauseFor(20_000);
  await pass(60_000);
  assert.deepEqual(
    served.map(({ at }) => at),
    [0, 21_000],
  );
});

test('off: thousands go at once and leave no timer', async () => {
  const { clock, served, ask, pass } = startLane(null);
  for (let i = 0; i < 5_000; i += 1) ask(String(i));
  await pass(0);
  assert.deepEqual([served.length, clock.nextDue()], [5_000, null]);
});

test('a clock that is set back or ahead lets no more through than the bucket holds', async () => {
  let now = 1_000_000;
  const lane = new RateLane(
    { now: () => now, elapsed: () => now, at: () => () => {}, after: () => () => {} },
    rate,
  );
  let served = 0;
  for (const jump of [0, -900_000, 10, 900_000, -5]) {
    now += jump;
    for (let i = 0; i < 20; i += 1) void lane.turn(ticket('lookup'), begin).then(() => (served += 1));
    await new Promise(setImmediate);
  }
  assert.equal(served, 8);
});

test('a pause is a quarter of an hour at most', async () => {
  const { lane, served, ask, pass } = startLane(rate);
  lane.pauseFor(7 * 24 * 3_600_000);
  ask('a');
  await pass(3_600_000);
  assert.deepEqual(served, [{ name: 'a', at: 900_000 }]);
});

test('a clock that is set back makes no pause longer than it was asked for', async () => {
  const clock = new VirtualClock(3_600_000);
  let back = 0;
  // A timer that is due far away wakes up when its time comes by the clock as it is then, a near one in time.
  const set = {
    now: () => clock.now() - back,
    elapsed: () => clock.elapsed(),
    after: (ms: number, what: () => void) => clock.after(ms, what),
    at: (when: number, what: () => void) => clock.at(when + back, what),
  };
  const lane = new RateLane(set, rate);
  lane.pauseFor(120_000);
  let isServed = false;
  void lane.turn(ticket('lookup'), begin).then(() => (isServed = true));
  clock.advance(1_000);
  back = 3_000_000;
  for (let passed = 0; passed < 185; passed += 1) {
    clock.advance(1_000);
    await new Promise(setImmediate);
  }
  assert.equal(isServed, true);
});

test('closing turns away who waits and who comes, and leaves no timer', async () => {
  const clock = new VirtualClock(0);
  const lane = new RateLane(clock, { ...rate, burst: 1 });
  await lane.turn(ticket('lookup'), begin);
  const waiting = [lane.turn(ticket('lookup'), begin), lane.turn(ticket('trigger'), begin)];
  lane.close();
  for (const each of [...waiting, lane.turn(ticket('trigger'), begin)])
    await assert.rejects(each, LaneClosed);
  assert.equal(clock.nextDue(), null);
});

test('a lane that is held serves nobody, and takes no timer', async () => {
  const { clock, lane, served, ask, pass } = startLane({ ...rate, burst: 1 });
  void lane.turn(ticket('lookup'), () => lane.pauseAll());
  for (const name of ['a', 'b']) ask(name);
  await pass(60_000);
  assert.deepEqual([served, clock.nextDue()], [[], null]);
  lane.resumeAll();
  await pass(6_000);
  assert.deepEqual(
    served.map(({ at }) => at),
    [60_000, 66_000],
  );
});

test('who is turned away is told so, whoever comes later waits as ever', async () => {
  const { lane, served, ask, pass } = startLane({ ...rate, burst: 1 });
  ask('first');
  const waiting = [lane.turn(ticket('lookup'), () => 'served'), lane.turn(ticket('trigger'), () => 'served')];
  lane.rejectAll();
  assert.deepEqual(await Promise.all(waiting), [null, null]);
  ask('later');
  await pass(6_000);
  assert.deepEqual(
    served.map(({ name, at }) => `${name} ${at}`),
    ['first 0', 'later 6000'],
  );
});

test('in no window do more calls go out than the burst and what the rate adds', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seeded(seed);
    const limit = { calls: 1 + random(30), perMs: 1_000 * (1 + random(90)), burst: 1 + random(9) };
    const { lane, served, ask, pass } = startLane(limit);
    let asked = 0;
    for (let step = 0; step < 60; step += 1) {
      for (let i = random(6); i > 0; i -= 1) ask(String(asked++), random(2) === 0 ? 'trigger' : 'lookup');
      if (random(12) === 0) lane.pauseFor(random(20_000));
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
