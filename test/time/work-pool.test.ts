import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPool, type PoolLane } from '../../src/time/work-pool.ts';

test('a pool runs so many works at a time, in order, and a failed one makes room', async () => {
  const pool = createPool(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const works = [0, 1, 2, 3, 4].map((each) =>
    pool(async () => {
      begun.push(each);
      await new Promise<void>((resolve, reject) =>
        ends.push(each === 1 ? () => reject(new Error('no')) : resolve),
      );
      return each;
    }),
  );
  const outcomes = Promise.allSettled(works);
  for (const [end, expected] of [
    [1, [0, 1]],
    [0, [0, 1, 2]],
    [2, [0, 1, 2, 3]],
    [3, [0, 1, 2, 3, 4]],
  ] as const) {
    await new Promise(setImmediate);
    assert.deepEqual(begun, expected);
    ends[end]!();
  }
  await new Promise(setImmediate);
  ends[4]!();
  const settled = await outcomes;
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
});

test('two lanes take turns, and the rest waits for both', async () => {
  const pool = createPool(1);
  const begun: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const enter = (name: string, lane?: PoolLane) => pool(async () => void begun.push(name), lane);
  const rest = [enter('a'), enter('b')];
  const lanes = ['first', 'first', 'first', 'next', 'next'] as const;
  const works = [pool(() => promise), ...rest, ...lanes.map((lane, n) => enter(`${lane} ${n}`, lane))];
  resolve();
  await Promise.all(works);
  assert.deepEqual(begun, ['a', 'first 0', 'next 3', 'first 1', 'next 4', 'first 2', 'b']);
});
