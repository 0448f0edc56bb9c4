import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { SystemClock } from '../../../src/adapters/system/system-clock.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 5, 1);

function startClock(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: start });
  const clock = new SystemClock();
  const fired: number[] = [];
  return {
    clock,
    fired,
    fire: () => void fired.push(clock.now() - start),
    tick: (ms: number) => t.mock.timers.tick(ms),
  };
}

test('calls at its time, once, and at once what has passed', (t) => {
  const { clock, fired, fire, tick } = startClock(t);
  clock.at(start + 1_000, fire);
  clock.at(start - 5, fire);
  tick(999);
  assert.deepEqual(fired.length, 1);
  tick(1);
  assert.deepEqual(fired.at(-1), 1_000);
  tick(day);
  assert.equal(fired.length, 2);
});

for (const days of [24, 25, 50, 60, 400]) {
  test(`a wait of ${days} days ends after ${days} days, and not at once`, (t) => {
    const { clock, fired, fire, tick } = startClock(t);
    const cancel = clock.at(start + days * day, fire);
    const other: number[] = [];
    clock.at(start + days * day, () => other.push(clock.now()))();
    for (let passed = 0; passed < days - 1; passed += 1) tick(day);
    assert.deepEqual(fired, []);
    tick(day);
    assert.deepEqual([fired, other], [[days * day], []]);
    cancel();
  });
}

test('a long wait can be called off after its first part', (t) => {
  const { clock, fired, fire, tick } = startClock(t);
  const cancel = clock.at(start + 60 * day, fire);
  for (let passed = 0; passed < 30; passed += 1) tick(day);
  cancel();
  for (let passed = 0; passed < 60; passed += 1) tick(day);
  assert.deepEqual(fired, []);
});

test('a timer asks for no more than Node can hold', (t) => {
  const asked: unknown[] = [];
  t.mock.method(globalThis, 'setTimeout', (_: () => void, ms: number) => asked.push(ms));
  const clock = new SystemClock();
  for (const ms of [0, 2 ** 31 - 1, 2 ** 31, Number.MAX_SAFE_INTEGER]) clock.at(Date.now() + ms, () => {});
  assert.ok(
    asked.every((ms) => typeof ms === 'number' && ms >= 0 && ms < 2 ** 31),
    String(asked),
  );
});

test('a clock that is set ahead calls within a minute what is due by then', (t) => {
  const { clock, fired, fire, tick } = startClock(t);
  let ahead = 0;
  const now = Date.now.bind(Date);
  t.mock.method(Date, 'now', () => now() + ahead);
  clock.at(start + day, fire);
  tick(10_000);
  ahead = 2 * day;
  tick(49_999);
  assert.deepEqual(fired, []);
  tick(1);
  assert.equal(fired.length, 1);
});

test('a clock that is set back calls at the time that was asked for', (t) => {
  const { clock, fired, fire, tick } = startClock(t);
  let back = 0;
  const now = Date.now.bind(Date);
  t.mock.method(Date, 'now', () => now() - back);
  clock.at(start + 10 * 60_000, fire);
  tick(30_000);
  back = 60 * 60_000;
  for (let passed = 30; passed < 70 * 60 - 1; passed += 1) tick(1_000);
  assert.deepEqual(fired, []);
  tick(1_000);
  assert.deepEqual(fired, [10 * 60_000]);
});

test('a wait is not affected when the clock is set', (t) => {
  const { clock, fired, fire, tick } = startClock(t);
  let passedMs = 0;
  t.mock.method(performance, 'now', () => 5_000.7 + passedMs);
  const pass = (ms: number): void => {
    passedMs += ms;
    tick(ms);
  };
  const now = Date.now.bind(Date);
  t.mock.method(Date, 'now', () => now() + 7 * day);
  clock.after(30 * day, fire);
  const cancel = clock.after(31 * day, fire);
  for (let days = 1; days < 30; days += 1) pass(day);
  assert.deepEqual([clock.elapsed(), fired], [5_000 + 29 * day, []]);
  pass(day);
  assert.equal(fired.length, 1);
  cancel();
  pass(2 * day);
  assert.equal(fired.length, 1);
});
