import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { nodeDisk } from '../../../src/adapters/lowdb/node-disk.ts';
import { makeDirectory, openIn } from './open-store.ts';

describe('a folder on this machine', () => {
  it('is made with its parents, for us alone, and may be there already', async (context) => {
    const parent = await makeDirectory(context);
    const path = join(parent, 'a', 'b', 'c');
    await Promise.all([nodeDisk.makeFolder(path), nodeDisk.makeFolder(path)]);
    await nodeDisk.makeFolder(path);
    for (const folder of ['a', 'a/b', 'a/b/c']) {
      assert.equal((await stat(join(parent, folder))).mode & 0o777, 0o700);
    }
  });

  it('is an error where a file is in its way', async (context) => {
    const parent = await makeDirectory(context);
    await writeFile(join(parent, 'file'), '');
    await assert.rejects(nodeDisk.makeFolder(join(parent, 'file')), { code: 'EEXIST' });
    await assert.rejects(nodeDisk.makeFolder(join(parent, 'file', 'x')), { code: 'ENOTDIR' });
  });

  // Node's own `mkdir` with its parents never comes back from there.
  for (const path of ['/proc/retrigger', '/proc/retrigger/deeper']) {
    it(`is an error where none can be: ${path}`, { timeout: 5_000 }, async () => {
      await assert.rejects(nodeDisk.makeFolder(path), { code: 'ENOENT' });
      const says = new RegExp(`data directory ${path} cannot be made or written: .*ENOENT`);
      await assert.rejects(openIn(path), says);
    });
  }
});
