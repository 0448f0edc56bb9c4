import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WindowCounter } from '../../../src/adapters/express/rate-limit.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';

const start = 1_000_000;

function setUp(maxCallers = 3) {
  const clock = new VirtualClock(start);
  const counter = new WindowCounter({ clock, windowMs: 60_000, maxCallers });
  const visit = (caller: string) => counter.increment(caller).totalHits;
  return { clock, counter, visit };
}

test('counts each caller by itself, until its window is over', () => {
  const { clock, counter, visit } = setUp();
  assert.deepEqual([visit('a'), visit('a'), visit('b')], [1, 2, 1]);
  clock.advance(59_999);
  assert.equal(visit('a'), 3);
  assert.equal(counter.increment('a').resetTime?.getTime(), start + 60_000);
  clock.advance(1);
  assert.equal(visit('a'), 1);
  assert.equal(counter.increment('a').resetTime?.getTime(), start + 120_000);
});

test('takes visits back, and forgets a caller', () => {
  const { counter, visit } = setUp();
  visit('a');
  visit('a');
  counter.decrement('a');
  assert.equal(visit('a'), 2);
  counter.resetKey('a');
  counter.decrement('a');
  assert.equal(visit('a'), 1);
});

test('forgets the callers whose windows are over, and the oldest where there are too many', () => {
  const { clock, counter, visit } = setUp();
  for (const caller of ['a', 'b', 'c']) visit(caller);
  visit('d');
  assert.equal(counter.size, 3);
  assert.deepEqual([visit('c'), visit('d'), visit('a')], [2, 2, 1]);
  clock.advance(60_000);
  visit('e');
  assert.equal(counter.size, 1);
});

test('a million callers take the room of a few', () => {
  const { counter, visit } = setUp(100);
  for (let n = 0; n < 1_000_000; n += 1) visit(String(n));
  assert.equal(counter.size, 100);
});
