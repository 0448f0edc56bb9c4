import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { nodeDisk } from '../../../../src/adapters/lowdb/disk/node-disk.ts';
import { makeDirectory, openIn } from '../open-store.ts';

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

  it('is open to the group only if the model folder is, and keeps the setgid bit', async (context) => {
    const parent = await makeDirectory(context);
    for (const [mode, made, file] of [
      [0o750, 0o700, 0o600],
      [0o770, 0o770, 0o660],
      [0o2770, 0o2770, 0o660],
    ] as const) {
      const like = join(parent, mode.toString(8));
      await mkdir(like);
      await chmod(like, mode);
      await nodeDisk.makeFolder(join(like, 'a'), like);
      assert.equal((await stat(join(like, 'a'))).mode & 0o7777, made);
      for (const folder of [like, join(like, 'a')]) {
        const opened = await nodeDisk.open(join(folder, 'f'));
        await opened.close();
        assert.equal((await stat(join(folder, 'f'))).mode & 0o777, file);
      }
    }
  });

  it('is shared with the group if the data directory is, with the right modes for key and lock', async (context) => {
    const directory = join(await makeDirectory(context), 'data');
    await mkdir(directory);
    await chmod(directory, 0o770);
    await (await openIn(directory)).close();
    const modes: [string, string][] = [];
    for (const name of await readdir(directory)) {
      modes.push([name, ((await stat(join(directory, name))).mode & 0o777).toString(8)]);
    }
    const shared = modes.filter(([, mode]) => mode === '660' || mode === '770');
    assert.deepEqual(shared, modes);
    assert.ok(modes.some(([name]) => name === 'lock.sqlite'));
  });

  it('is an error where a file is in its way', async (context) => {
    const parent = await makeDirectory(context);
    await writeFile(join(parent, 'file'), '');
    await assert.rejects(nodeDisk.makeFolder(join(parent, 'file')), { code: 'EEXIST' });
    await assert.rejects(nodeDisk.makeFolder(join(parent, 'file', 'x')), { code: 'ENOTDIR' });
  });

  // Node's own `mkdir` with its parents never comes back from there.
  for (const path of ['/proc/retrigger', '/proc/retrigger/deeper']) {
    it(`is an error where none can be: ${path}`, { timeout: 60_000 }, async () => {
      await assert.rejects(nodeDisk.makeFolder(path), { code: 'ENOENT' });
      const says = new RegExp(`data directory ${path} cannot be made or written: .*ENOENT`);
      await assert.rejects(openIn(path), says);
    });
  }
});
