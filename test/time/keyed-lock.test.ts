import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyedLock } from '../../src/time/keyed-lock.ts';

test('works of one key run in order, even after a failure; other keys and locks do not wait', async () => {
  const locks = new KeyedLock();
  const done: string[] = [];
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const first = locks.run('a', async () => {
    await held;
    done.push('first');
    throw new Error('failed');
  });
  const second = locks.run('a', async () => done.push('second'));
  await locks.run('b', async () => done.push('other key'));
  await new KeyedLock().run('a', async () => done.push('other lock'));
  letGo();
  await assert.rejects(first, /failed/);
  assert.equal(await second, 4);
  assert.deepEqual(done, ['other key', 'other lock', 'first', 'second']);
});
