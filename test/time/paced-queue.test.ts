import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { inOrderOfArrival, PacedQueue } from '../../src/time/paced-queue.ts';
import { VirtualClock } from './virtual-clock.ts';

function startQueue() {
  const clock = new VirtualClock();
  const queue = new PacedQueue(clock, inOrderOfArrival());
  const begun: string[] = [];
  const ask = (name: string, begin = (): void => {}) =>
    queue.turn(null, () => {
      begun.push(`${name} at ${clock.elapsed()}`);
      begin();
    });
  return { clock, queue, begun, ask };
}

test('turns begin in order, and at once if nothing stops them', async () => {
  const { clock, queue, begun, ask } = startQueue();
  const turn = await queue.turn(null, () => 'the result');
  assert.deepEqual(turn, { kind: 'begun', value: 'the result' });
  for (const name of ['a', 'b', 'c']) void ask(name);
  assert.deepEqual(begun, ['a at 0', 'b at 0', 'c at 0']);
  assert.deepEqual([queue.isFree, queue.waiting, clock.nextDue()], [true, 0, null]);
});

test('a turn that pauses the queue delays the next one, and a shorter pause changes nothing', () => {
  const { clock, queue, begun, ask } = startQueue();
  void ask('a', () => queue.pauseFor(1_000));
  queue.pauseFor(500);
  void ask('b');
  assert.deepEqual([queue.isFree, queue.waiting], [false, 1]);
  clock.advance(900);
  queue.pauseFor(300);
  clock.advance(1_000);
  assert.deepEqual(begun, ['a at 0', 'b at 1200']);
});

test('no turn begins between pauseAll and resumeAll, and no timer is set', () => {
  const { clock, queue, begun, ask } = startQueue();
  void ask('a', () => queue.pauseAll());
  for (const name of ['b', 'c']) void ask(name);
  clock.advance(60_000);
  assert.deepEqual([begun, clock.nextDue(), queue.waiting], [['a at 0'], null, 2]);
  queue.resumeAll();
  assert.deepEqual(begun, ['a at 0', 'b at 60000', 'c at 60000']);
});

test('rejectAll sends away those who wait, not those who come later', async () => {
  const { clock, queue, begun, ask } = startQueue();
  queue.pauseFor(1_000);
  const waiting = [ask('a'), ask('b')];
  queue.rejectAll();
  assert.deepEqual(await Promise.all(waiting), [{ kind: 'rejected' }, { kind: 'rejected' }]);
  void ask('c');
  clock.advance(1_000);
  await tick();
  assert.deepEqual([begun, queue.waiting], [['c at 1000'], 0]);
});

test('close sends away everyone, also later, and leaves no timer', async () => {
  const { clock, queue, begun, ask } = startQueue();
  queue.pauseFor(1_000);
  const waiting = [ask('a'), ask('b')];
  queue.close();
  for (const turn of [...waiting, ask('c')]) assert.deepEqual(await turn, { kind: 'closed' });
  assert.deepEqual([begun, clock.nextDue(), queue.waiting, queue.isFree], [[], null, 0, false]);
});
