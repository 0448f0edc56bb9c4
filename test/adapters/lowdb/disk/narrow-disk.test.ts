import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Disk, type DiskFile, narrowDisk } from '../../../../src/adapters/lowdb/disk/disk.ts';
import { nodeDisk } from '../../../../src/adapters/lowdb/disk/node-disk.ts';

/** A disk that counts what is open, and opens nothing that is called `bad`. */
function countingDisk() {
  const count = { open: 0, most: 0 };
  const begin = async (path = ''): Promise<void> => {
    if (path === 'bad') throw new Error('no');
    count.open += 1;
    count.most = Math.max(count.most, count.open);
    await Promise.resolve();
  };
  const end = async (): Promise<void> => void (count.open -= 1);
  const use = async (path: string): Promise<void> => {
    await begin(path);
    await end();
  };
  const nothing = async (): Promise<void> => {};
  const identify = async (): Promise<string> => 'same';
  const file: DiskFile = { write: nothing, truncate: nothing, sync: nothing, identify, close: end };
  const disk: Disk = {
    ...nodeDisk,
    list: async (path) => use(path).then(() => []),
    read: async (path) => use(path).then(() => null),
    syncFolder: use,
    open: async (path) => begin(path).then(() => file),
  };
  return { disk, count };
}

test('of hundreds of files, a few are open at a time, and each gets its turn', async () => {
  const { disk, count } = countingDisk();
  const narrow = narrowDisk(disk, 4);
  const write = async (): Promise<void> => {
    const file = await narrow.open('a');
    await file.sync();
    await file.close();
  };
  const work = Array.from({ length: 100 }, () => [
    write(),
    narrow.read('a'),
    narrow.list('a'),
    narrow.syncFolder('a'),
  ]);
  await Promise.all<unknown>(work.flat());
  assert.deepEqual(count, { open: 0, most: 4 });
});

test('a failed open gives its place back', async () => {
  const { disk, count } = countingDisk();
  const narrow = narrowDisk(disk, 1);
  for (let n = 0; n < 3; n += 1) {
    await assert.rejects(narrow.open('bad'));
    await assert.rejects(narrow.read('bad'));
  }
  const file = await narrow.open('good');
  const next = narrow.read('good');
  await file.close();
  assert.equal(await next, null);
  assert.equal(count.most, 1);
});
