import assert from 'node:assert/strict';
import { test } from 'node:test';
import { narrowGate } from '../../src/flow/narrow-gate.ts';

test('a gate lets so many through at a time, in order, and one that failed makes room', async () => {
  const gate = narrowGate(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const works = [0, 1, 2, 3, 4].map((each) =>
    gate(async () => {
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

test('urgent work goes first', async () => {
  const gate = narrowGate(1);
  const begun: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const enter = (name: string, isUrgent?: boolean) => gate(async () => void begun.push(name), isUrgent);
  const works = [gate(() => promise), enter('a'), enter('b', true), enter('c'), enter('d', true)];
  resolve();
  await Promise.all(works);
  assert.deepEqual(begun, ['b', 'd', 'a', 'c']);
});
