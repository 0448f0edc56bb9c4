import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, digestOfWeek } from '../../../src/flow/notices/digest.ts';
import { MemoryChainStore } from '../../chain/memory-chain-store.ts';
import { day, from, hour, makeEnded, to } from '../../report/ended-chain.ts';

const tried = [{ status: 'SUCCESS' as const }];

test('an account is of the span alone, over all pages of the store', async () => {
  const store = new MemoryChainStore();
  for (let n = 0; n < 1_100; n += 1) store.put(makeEnded({ state: 'passed', tried, closedAt: from + n }));
  store.put(makeEnded({ state: 'passed', tried, closedAt: to }));
  const { title } = await digestOf({ store }, { from, to });
  assert.equal(title, 'Digest of 2026-11-16 to 2026-11-22: 1100 of 1100 retried failures rescued');
});

test('who asks hears of the last seven days', async () => {
  const store = new MemoryChainStore();
  const now = to + 14 * hour;
  for (const closedAt of [now - 7 * day - 1, now - 7 * day, now - 1])
    store.put(makeEnded({ state: 'passed', tried, closedAt }));
  const { title } = await digestOfWeek({ store }, now);
  assert.equal(title, 'Digest of 2026-11-16 14:00 to 2026-11-23 14:00 UTC: 2 of 2 retried failures rescued');
});
