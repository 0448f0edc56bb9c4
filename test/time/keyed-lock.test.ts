import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withLock } from '../../src/time/keyed-lock.ts';

test('work under one key is done in turn, though some of it fails; other keys and owners do not wait', async () => {
  const owner = {};
  const done: string[] = [];
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const first = withLock(owner, 'a', async () => {
    await held;
    done.push('first');
    throw new Error('failed');
  });
  const second = withLock(owner, 'a', async () => done.push('second'));
  await withLock(owner, 'b', async () => done.push('other key'));
  await withLock({}, 'a', async () => done.push('other owner'));
  letGo();
  await assert.rejects(first, /failed/);
  assert.equal(await second, 4);
  assert.deepEqual(done, ['other key', 'other owner', 'first', 'second']);
});
