import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VirtualClock } from './virtual-clock.ts';

test('starts where it is told and stands still', () => {
  assert.equal(new VirtualClock().now(), Date.parse('2026-06-01T10:00:00Z'));
  assert.equal(new VirtualClock(5).now(), 5);
});

test('fires what is due in order of time, each at its own instant', () => {
  const clock = new VirtualClock(0);
  const seen: [string, number][] = [];
  const note = (name: string) => () => void seen.push([name, clock.now()]);
  clock.at(30, note('c'));
  clock.at(10, () => {
    note('a')();
    clock.at(20, note('b'));
    clock.at(5, note('past'));
  });
  clock.at(30, note('d'));
  clock.at(41, note('later'));
  clock.advance(40);
  assert.deepEqual(seen, [
    ['a', 10],
    ['past', 10],
    ['b', 20],
    ['c', 30],
    ['d', 30],
  ]);
  assert.deepEqual([clock.now(), clock.nextDue()], [40, 41]);
});

test('a timer called off never fires, one in the past fires once without an advance', async () => {
  const clock = new VirtualClock(100);
  let count = 0;
  const cancel = clock.at(200, () => assert.fail('called off'));
  cancel();
  clock.at(50, () => count++);
  assert.equal(count, 0);
  await Promise.resolve();
  clock.advance(1000);
  assert.deepEqual([count, clock.nextDue()], [1, null]);
});

test('elapsed time counts from the start, and a wait ends after its milliseconds', () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  clock.advance(5);
  clock.after(10, () => seen.push(clock.elapsed()));
  clock.after(10, () => assert.fail('cancelled'))();
  clock.advance(20);
  assert.deepEqual([seen, clock.elapsed()], [[15], 25]);
});
