import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DirectoryInUse } from '../../../../src/adapters/lowdb/disk/lock.ts';
import { makeDirectory, openIn } from '../open-store.ts';

interface Child {
  process: ChildProcess;
  /** The first line that it printed. */
  said: string;
  /** What it printed on stderr until then. */
  warned: () => string;
}

async function startHolder(context: TestContext, directory: string): Promise<Child> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'hold-store.ts'), directory]);
  context.after(() => child.kill('SIGKILL'));
  let warned = '';
  child.stderr.on('data', (chunk) => (warned += String(chunk)));
  const [chunk] = await once(child.stdout, 'data');
  return { process: child, said: String(chunk).trim(), warned: () => warned };
}

async function kill(child: Child): Promise<void> {
  child.process.kill('SIGKILL');
  await once(child.process, 'exit');
}

describe('lock of the directory', () => {
  it('keeps a second store of this process out, and says who is in', async (context) => {
    const directory = await makeDirectory(context);
    const store = await openIn(directory);
    const message = `${directory} is in use by process ${process.pid} on ${hostname()} since 1970-01-01T00:01:40.000Z`;
    for (let turn = 0; turn < 3; turn += 1) {
      await assert.rejects(openIn(directory), new DirectoryInUse(message));
    }
    await store.close();
    await (await openIn(directory)).close();
  });

  it('keeps another process out, also after a failed try of ours', async (context) => {
    const directory = await makeDirectory(context);
    const store = await openIn(directory);
    await assert.rejects(openIn(directory), DirectoryInUse);
    const child = await startHolder(context, directory);
    assert.match(child.said, new RegExp(`is in use by process ${process.pid} `));
    await store.close();
  });

  it('is ours right after its holder was killed', async (context) => {
    const directory = await makeDirectory(context);
    const child = await startHolder(context, directory);
    assert.equal(child.said, 'holding');
    await assert.rejects(openIn(directory), new RegExp(`is in use by process ${child.process.pid} `));
    await kill(child);
    assert.equal(child.warned(), '');
    await (await openIn(directory)).close();
  });

  it('does without the note of its holder', async (context) => {
    const directory = await makeDirectory(context);
    const store = await openIn(directory);
    await rm(join(directory, 'lock.json'));
    await assert.rejects(openIn(directory), /is in use by a process that is just starting/);
    await store.close();
  });
});

describe('a directory of no use', () => {
  it('is named when it cannot be made', async (context) => {
    const file = join(await makeDirectory(context), 'file');
    await writeFile(file, '');
    const directory = join(file, 'data');
    await assert.rejects(
      openIn(directory),
      new RegExp(`data directory ${directory} cannot be made or written.*ENOTDIR`),
    );
  });

  it(
    'is named when it cannot be written',
    { skip: process.getuid?.() === 0 && 'root may write anywhere' },
    async (context) => {
      const directory = join(await makeDirectory(context), 'data');
      for (const folder of ['', 'jobs', 'damaged']) await mkdir(join(directory, folder));
      await chmod(directory, 0o500);
      try {
        await assert.rejects(openIn(directory), /cannot be made or written/);
      } finally {
        await chmod(directory, 0o700);
      }
    },
  );
});
