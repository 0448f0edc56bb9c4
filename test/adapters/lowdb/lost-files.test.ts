import assert from 'node:assert/strict';
import { move } from '../../../src/chain/move.ts';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { jobFileName } from '../../../src/adapters/lowdb/chains/job-file.ts';
import { StoreUnavailable } from '../../../src/chain/chain-store.ts';
import { createLogger } from '../../../src/logging.ts';
import { countUp, makeChain, same } from '../../contract/chain-store.ts';
import { makeDirectory, openIn } from './open-store.ts';

const job = 'job-a';
const file = jobFileName(job);

/** A store with two chains of the job on disk, and none in memory: another document has taken its place. */
async function openWithDocument(context: TestContext) {
  const directory = await makeDirectory(context);
  const lines: string[] = [];
  const log = createLogger('info', { write: (line) => void lines.push(line) });
  const first = await openIn(directory);
  const chains = [makeChain('a1', job, 1_000), makeChain('a2', job, 2_000)];
  for (const chain of chains) await first.accept(chain, same);
  await first.close();
  const store = await openIn(directory, { log, keepLoaded: 1 });
  const [one, two] = chains;
  assert.ok(one !== undefined && two !== undefined);
  return { directory, document: join(directory, 'jobs', file), store, one, two, lines };
}

describe('a document that is taken from a running store', () => {
  it('loses its chains if it was removed, and a notification opens the chain again', async (context) => {
    const { document, store, one, two, lines } = await openWithDocument(context);
    await rm(document);
    const accepted = await store.accept(one, countUp);
    assert.equal(accepted.known, false);
    assert.deepEqual(await store.get(one.id), one);
    assert.equal(await store.get(two.id), null);
    assert.equal(await store.update(two.id, countUp), null);
    const ids = (await store.page({ limit: 10 })).chains.map(({ id }) => id);
    assert.deepEqual(ids, [one.id]);
    assert.match(lines.join(''), /"chain":"[0-9a-f]+".+missing from its document/);
    await store.close();
  });

  it('that was replaced by an older one shows what that one says', async (context) => {
    const { document, store, one, two } = await openWithDocument(context);
    const due = { state: 'scheduled', wakeAt: 1, manual: false, intent: null } as const;
    const older = { ...move(one, 'scheduled', due, 1), tries: 7 };
    await writeFile(document, JSON.stringify({ version: 2, job, chains: [older] }));
    assert.equal((await store.get(one.id))?.tries, 7);
    assert.equal((await store.accept(two, countUp)).known, false);
    const { chains } = await store.page({ limit: 10, states: ['scheduled'] });
    assert.deepEqual(
      chains.map(({ id }) => id),
      [one.id],
    );
    await store.close();
  });

  for (const [what, text] of Object.entries({
    'was emptied': '',
    'became the document of another job': JSON.stringify({ version: 1, job: 'job-b', chains: [] }),
  })) {
    it(`that ${what} is set aside, and a notification opens the chain anew`, async (context) => {
      const { directory, document, store, one, lines } = await openWithDocument(context);
      await writeFile(document, text);
      assert.equal((await store.accept(one, countUp)).known, false);
      assert.deepEqual(await store.get(one.id), one);
      const [aside = ''] = await readdir(join(directory, 'damaged'));
      assert.equal(await readFile(join(directory, 'damaged', aside), 'utf8'), text);
      assert.match(lines.join(''), /damaged document set aside/);
      await store.close();
    });
  }

  it('that a newer version wrote meanwhile is left alone, and its job is refused', async (context) => {
    const { document, store, one } = await openWithDocument(context);
    const text = JSON.stringify({ version: 3, job, chains: [] });
    await writeFile(document, text);
    await assert.rejects(store.accept(one, countUp), StoreUnavailable);
    await assert.rejects(store.get(one.id), StoreUnavailable);
    assert.equal(await readFile(document, 'utf8'), text);
    await store.close();
  });
});

describe('a data directory that is taken from a running store', () => {
  const losses: Record<string, (directory: string) => Promise<void>> = {
    removed: (directory) => rm(directory, { recursive: true }),
    'renamed away': (directory) => rename(directory, `${directory}-old`),
    'replaced by an empty one': async (directory) => {
      await rename(directory, `${directory}-old`);
      await mkdir(join(directory, 'jobs'), { recursive: true });
      for (const folder of ['damaged', 'history']) await mkdir(join(directory, folder));
    },
    'taken over by another store': async (directory) => {
      await rename(directory, `${directory}-old`);
      await (await openIn(directory)).close();
    },
  };
  for (const [what, lose] of Object.entries(losses)) {
    it(`accepts nothing more and says why, once it is ${what}`, async (context) => {
      const parent = await makeDirectory(context);
      const directory = join(parent, 'data');
      const store = await openIn(directory);
      const known = makeChain('a1', job);
      await store.accept(known, same);
      await store.check();
      await lose(directory);
      const before = await readdir(parent);
      await assert.rejects(store.accept(makeChain('a2', job), same), StoreUnavailable);
      await assert.rejects(store.update(known.id, countUp), StoreUnavailable);
      await assert.rejects(
        store.silences.add({ id: 's', job, until: 200_000, author: 'a', comment: 'c' }),
        StoreUnavailable,
      );
      await assert.rejects(store.check(), /data directory was removed or replaced/);
      assert.deepEqual(await readdir(parent), before);
      await store.close();
    });
  }

  it('goes on when the same directory is back', async (context) => {
    const directory = join(await makeDirectory(context), 'data');
    const store = await openIn(directory);
    await rename(directory, `${directory}-old`);
    await assert.rejects(store.accept(makeChain('a1', job), same), StoreUnavailable);
    await rename(`${directory}-old`, directory);
    await store.check();
    assert.equal((await store.accept(makeChain('a1', job), same)).known, false);
    await store.close();
  });

  it('writes its journal again if only the journal was removed', async (context) => {
    const directory = await makeDirectory(context);
    const store = await openIn(directory);
    await store.accept(makeChain('a1', job), same);
    await rm(join(directory, 'journal.jsonl'));
    await assert.rejects(store.accept(makeChain('a2', job), same), StoreUnavailable);
    await store.accept(makeChain('a3', job), same);
    await store.close();
    const again = await openIn(directory);
    const runs = (await again.page({ limit: 10 })).chains.map(({ root }) => root).toSorted();
    assert.deepEqual(runs, ['a1', 'a3']);
    await again.close();
  });
});

describe('what lies where a file of the store should be', () => {
  const things: Record<string, (path: string) => Promise<void>> = {
    'a folder': (path) => mkdir(path),
    'a loop of symbolic links': (path) => symlink(path, path),
    'a pipe': async (path) => void execFileSync('mkfifo', [path]),
  };
  for (const [what, put] of Object.entries(things)) {
    for (const name of [join('jobs', jobFileName('bad')), 'silences.json', 'notices.json']) {
      it(`is set aside and named, and the rest goes on: ${what}, ${name}`, async (context) => {
        const directory = await makeDirectory(context);
        const first = await openIn(directory);
        const { chain } = await first.accept(makeChain('good'), same);
        await first.close();
        await rm(join(directory, name), { force: true });
        await put(join(directory, name));
        const lines: string[] = [];
        const store = await openIn(directory, {
          log: createLogger('info', { write: (line) => void lines.push(line) }),
        });
        assert.deepEqual(await store.get(chain.id), chain);
        assert.equal((await readdir(join(directory, 'damaged'))).length, 1);
        assert.match(lines.join(''), /"level":"error".+set aside/);
        await store.close();
      });
    }
  }

  it('keeps it from opening and says so: a folder as the journal', async (context) => {
    const directory = await makeDirectory(context);
    await mkdir(join(directory, 'journal.jsonl'));
    await assert.rejects(openIn(directory), /journal\.jsonl is not a regular file/);
  });

  it('keeps it from opening and says what to do: rubbish in the lock file', async (context) => {
    const directory = await makeDirectory(context);
    await writeFile(join(directory, 'lock.sqlite'), 'rubbish '.repeat(600));
    await assert.rejects(openIn(directory), /lock\.sqlite is damaged.+remove this file/);
    await rm(join(directory, 'lock.sqlite'));
    await (await openIn(directory)).close();
  });
});
