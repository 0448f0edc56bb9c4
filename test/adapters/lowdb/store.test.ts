import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { StoreUnavailable } from '../../../src/chain/chain-store.ts';
import {
  addRun,
  closeChain,
  countUp,
  makeChain,
  makeUnproven,
  same,
  testChainStore,
} from '../../contract/chain-store.ts';
import { MemoryDisk } from './disk/memory-disk.ts';
import { openIn, openOn } from './open-store.ts';
import { tapDisk } from './disk/tap-disk.ts';

testChainStore('embedded store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'retrigger-store-'));
  const store = await openIn(directory);
  const stop = async () => {
    await store.close();
    await rm(directory, { recursive: true });
  };
  return { store, stop };
});

testChainStore('embedded store that keeps one document in memory', async () => {
  const store = await openOn(new MemoryDisk(), { keepLoaded: 1 });
  return { store, stop: () => store.close() };
});

test('a flood of one job is refused before its document grows without end, and holds up no other job', async () => {
  const disk = new MemoryDisk();
  const store = await openOn(disk, { maxUnsettled: 3 });
  for (const run of ['a1', 'a2', 'a3']) await store.accept(makeChain(run, 'job-a'), same);
  await assert.rejects(store.accept(makeChain('a4', 'job-a'), same), StoreUnavailable);
  assert.equal((await store.accept(makeChain('a1', 'job-a'), same)).known, true);
  await store.accept(makeChain('b1', 'job-b'), same);
  await store.update(makeChain('a1').id, (chain) => closeChain(chain, 10));
  await store.accept(makeChain('a4', 'job-a'), same);
  await store.close();
  const again = await openOn(disk, { maxUnsettled: 3 });
  await assert.rejects(again.accept(makeChain('a5', 'job-a'), same), StoreUnavailable);
  await again.close();
});

test('a run that a chain takes up while its own notification is written is no second chain', async () => {
  const disk = new MemoryDisk();
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  let isHeld = false;
  const slow = tapDisk(disk, async (verb, path) => {
    if (isHeld && verb === 'write' && path.endsWith('journal.jsonl')) await goOn;
  });
  const store = await openOn(slow);
  const owner = makeChain('first', 'job-a');
  await store.accept(owner, same);
  isHeld = true;
  const arrival = store.accept(makeChain('attempt', 'job-a'), countUp);
  await store.update(owner.id, (chain) => addRun(chain, 'attempt'));
  resolve();
  const { chain, known } = await arrival;
  assert.deepEqual([chain.id, chain.tries, known], [owner.id, 1, true]);
  await store.close();
  assert.equal(String(await disk.read('/data/journal.jsonl')), '');
  const again = await openOn(disk);
  assert.equal((await again.page({ limit: 10 })).chains.length, 1);
  await again.close();
});

test('notifications of one run at the same time make one chain, which survives a kill', async () => {
  const disk = new MemoryDisk();
  const store = await openOn(disk);
  const accepting = Array.from({ length: 3 }, () => store.accept(makeUnproven('run'), countUp));
  const accepted = await Promise.all(accepting);
  assert.deepEqual(
    accepted.map(({ chain, known }) => [chain.tries, known]),
    [
      [0, false],
      [1, true],
      [2, true],
    ],
  );
  await store.check();
  const again = await openOn(disk.crash({ contents: true, names: true }));
  assert.equal((await again.get(makeUnproven('run').id))?.tries, 2);
  await again.close();
  await store.close();
});

test('a chain that is accepted while the store closes is in its document afterwards', async () => {
  const disk = new MemoryDisk();
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  const { promise: isWriting, resolve: begin } = Promise.withResolvers<void>();
  const slow = tapDisk(disk, async (verb, path) => {
    if (verb !== 'write' || !path.endsWith('journal.jsonl')) return;
    begin();
    await goOn;
  });
  const store = await openOn(slow);
  const accepting = store.accept(makeChain('run'), same);
  await isWriting;
  const closing = store.close();
  resolve();
  await closing;
  assert.equal(String(await disk.read('/data/journal.jsonl')), '');
  const { chain } = await accepting;
  const again = await openOn(disk);
  assert.deepEqual(await again.get(chain.id), chain);
  await again.close();
});
