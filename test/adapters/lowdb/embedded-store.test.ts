import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testChainStore } from '../../contract/chain-store.ts';
import { MemoryDisk } from './memory-disk.ts';
import { openIn, openOn } from './open-store.ts';

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
