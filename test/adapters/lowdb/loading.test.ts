import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { EmbeddedStore } from '../../../src/adapters/lowdb/store.ts';
import { jobFileName } from '../../../src/adapters/lowdb/chains/job-file.ts';
import { beginEmbeddedStore } from '../../../src/adapters/lowdb/open-store.ts';
import { StoreLoading, StoreUnavailable } from '../../../src/chain/chain-store.ts';
import type { Chain } from '../../../src/chain/chain.ts';
import { createLogger } from '../../../src/logging.ts';
import { countUp, makeChain, same } from '../../contract/chain-store.ts';
import { MemoryDisk } from './disk/memory-disk.ts';
import { clock, log, openOn } from './open-store.ts';
import { diskError, tapDisk } from './disk/tap-disk.ts';

function prove(chain: Chain): Chain {
  return { ...chain, proof: 'failed' };
}

/** As a notification opens it. */
function claim(prowJobId: string, jobName: string): Chain {
  return { ...makeChain(prowJobId, jobName, 9_000), proof: 'none', trust: 'none' };
}

/** A disk with a document of two chains for each job. */
async function diskWith(...jobs: string[]): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.makeFolder('/data/jobs');
  for (const job of jobs) {
    const chains = [2, 1].map((n) => prove(makeChain(`${job}-${n}`, job, n * 1_000)));
    put(disk, job, { version: 1, job, chains });
  }
  return disk;
}

function put(disk: MemoryDisk, job: string, stored: unknown): void {
  disk.put(`/data/jobs/${jobFileName(job)}`, Buffer.from(JSON.stringify(stored)));
}

interface Loading {
  store: EmbeddedStore;
  /** What `load` gave. */
  taken: string[];
  loaded: Promise<Chain[]>;
  /** How often each document was read, by job. */
  reads: Map<string, number>;
  goOn: () => void;
}

/** A store that does not come to read the documents of these jobs until `goOn`. */
async function load(disk: MemoryDisk, ...held: string[]): Promise<Loading> {
  const { promise, resolve: goOn } = Promise.withResolvers<void>();
  const reads = new Map<string, number>();
  const names = new Map(['job-a', 'job-b', 'job-c'].map((job) => [`/data/jobs/${jobFileName(job)}`, job]));
  const tapped = tapDisk(disk, async (verb, path) => {
    const job = names.get(path);
    if (verb !== 'read' || job === undefined) return;
    reads.set(job, (reads.get(job) ?? 0) + 1);
    if (held.includes(job)) await promise;
  });
  const store = await beginEmbeddedStore({ directory: '/data', clock, log, disk: tapped });
  const taken: string[] = [];
  const loaded = store.load((chain) => void taken.push(chain.root));
  loaded.catch(() => undefined);
  await setImmediate();
  return { store, taken, loaded, reads, goOn };
}

describe('a store that loads', () => {
  it('gives every chain once, and reads every document once', async () => {
    const { store, taken, loaded, reads, goOn } = await load(await diskWith('job-a', 'job-b'));
    goOn();
    assert.deepEqual(await loaded, []);
    assert.deepEqual(taken.toSorted(), ['job-a-1', 'job-a-2', 'job-b-1', 'job-b-2']);
    assert.deepEqual([...reads.values()], [1, 1]);
    assert.equal(store.progress, null);
    await store.close();
  });

  it('reports its progress, and answers "loading" if it cannot know yet', async () => {
    const { store, loaded, goOn } = await load(await diskWith('job-a', 'job-b', 'job-c'), 'job-c');
    assert.deepEqual(store.progress, { loaded: 2, total: 3 });
    const known = makeChain('job-a-1', 'job-a');
    const unknown = makeChain('job-c-1', 'job-c');
    assert.equal((await store.get(known.id))?.root, 'job-a-1');
    assert.equal((await store.update(known.id, countUp))?.tries, 1);
    await assert.rejects(store.get(unknown.id), StoreLoading);
    await assert.rejects(store.update(unknown.id, countUp), StoreLoading);
    await assert.rejects(store.page({ limit: 1 }), StoreLoading);
    await assert.rejects(store.listUnsettled(), StoreLoading);
    goOn();
    await loaded;
    assert.equal((await store.get(unknown.id))?.root, 'job-c-1');
    await store.close();
  });

  it('accepts failures, which are then on disk', async () => {
    const disk = await diskWith('job-a', 'job-b');
    const { store, goOn } = await load(disk, 'job-b');
    for (const run of ['new-1', 'new-2'])
      assert.equal((await store.accept(claim(run, 'job-a'), same)).known, false);
    assert.equal((await store.accept(claim('new-1', 'job-a'), countUp)).known, true);
    const left = disk.crash({ contents: true, names: true });
    goOn();
    await store.close();
    const again = await openOn(left);
    const roots = (await again.page({ limit: 10 })).chains.map(({ root }) => root);
    assert.deepEqual(roots.toSorted(), ['job-a-1', 'job-a-2', 'job-b-1', 'job-b-2', 'new-1', 'new-2']);
    await again.close();
  });

  it("reads the job's own document first, and so knows a repeat", async () => {
    const { store, loaded, reads, goOn } = await load(await diskWith('job-a'), 'job-a');
    const accepting = store.accept(makeChain('job-a-1', 'job-a'), countUp);
    await setImmediate();
    goOn();
    const { chain, known } = await accepting;
    assert.deepEqual([chain.root, chain.tries, known], ['job-a-1', 1, true]);
    await loaded;
    assert.ok((reads.get('job-a') ?? 0) <= 2);
    await store.close();
  });

  for (const trust of ['none', 'secret'] as const)
    it(`gives a chain to the document of another job that holds it, with all that was brought (trust: ${trust})`, async () => {
      const disk = await diskWith('job-a', 'job-b');
      const { store, loaded, taken, goOn } = await load(disk, 'job-b');
      // A notification may name a wrong job.
      for (const known of [false, true])
        assert.equal((await store.accept({ ...claim('job-b-1', 'job-a'), trust }, countUp)).known, known);
      goOn();
      const [joined, ...others] = await loaded;
      assert.deepEqual(others, []);
      assert.deepEqual([joined?.jobName, joined?.tries], ['job-b', 2]);
      assert.equal(taken.filter((root) => root === 'job-b-1').length, 1);
      assert.deepEqual((await store.page({ limit: 10 })).chains.length, 4);
      await store.close();
      const again = await openOn(disk);
      const { chains } = await again.page({ limit: 10 });
      assert.deepEqual(
        chains.filter(({ root }) => root === 'job-b-1').map(({ jobName, tries }) => [jobName, tries]),
        [['job-b', 2]],
      );
      await again.close();
    });

  it('stops when it is closed, and frees the directory', async () => {
    const disk = await diskWith('job-a', 'job-b');
    const { store, loaded, goOn } = await load(disk, 'job-a');
    const accepting = store.accept(makeChain('job-a-9', 'job-a'), same);
    accepting.catch(() => undefined);
    const closing = store.close();
    goOn();
    await closing;
    await assert.rejects(accepting, StoreUnavailable);
    // All was begun before, so it may have ended as well as been broken off.
    await Promise.allSettled([loaded]);
    await (await openOn(disk)).close();
  });

  it('ends with the name of a file that cannot be read', async () => {
    const disk = await diskWith('job-a', 'job-b');
    const tapped = tapDisk(disk, (verb, path) => {
      if (verb === 'read' && path.endsWith(jobFileName('job-b'))) throw diskError('EIO');
    });
    await assert.rejects(openOn(tapped), /the store in \/data could not be loaded: .*EIO/);
    await (await openOn(disk)).close();
  });

  it('ends at a document of a newer version, which stays as it is', async () => {
    const disk = await diskWith('job-a');
    put(disk, 'job-b', { version: 3, job: 'job-b', chains: [] });
    const before = await disk.read(`/data/jobs/${jobFileName('job-b')}`);
    await assert.rejects(openOn(disk), (error: Error) => {
      assert.match(error.message, /job-b-[0-9a-f]{16}\.json was written by a newer version/);
      assert.match(error.message, /file version 3, this program knows 2.+Start the newer version/);
      return true;
    });
    assert.deepEqual(await disk.read(`/data/jobs/${jobFileName('job-b')}`), before);
  });

  it('names a document of a newer version also where the journal or a notification has its job', async () => {
    const disk = new MemoryDisk();
    const first = await openOn(disk);
    await first.accept(claim('run-1', 'job-b'), same);
    await first.close();
    put(disk, 'job-a', { version: 1, job: 'job-a', chains: [] });
    put(disk, 'job-b', { version: 3, job: 'job-b', chains: [] });
    put(disk, 'job-c', { version: 3, job: 'job-c', chains: [] });
    await assert.rejects(openOn(disk), /job-b-[0-9a-f]{16}\.json was written by a newer version/);
    await disk.remove(`/data/jobs/${jobFileName('job-b')}`);
    const { store, loaded, goOn } = await load(disk, 'job-a', 'job-c');
    const accepted = store.accept(claim('run-2', 'job-c'), same);
    goOn();
    await assert.rejects(accepted, StoreUnavailable);
    await assert.rejects(loaded, /job-c-[0-9a-f]{16}\.json was written by a newer version/);
    await store.close();
  });

  it('sets one damaged chain aside alone, and names it', async () => {
    const disk = await diskWith('job-a');
    const good = prove(makeChain('good', 'job-b', 2_000));
    const bad = { ...prove(makeChain('bad', 'job-b')), state: 'dreaming' };
    put(disk, 'job-b', { version: 1, job: 'job-b', chains: [good, bad] });
    const lines: string[] = [];
    const loud = createLogger('info', { write: (line: string) => void lines.push(line) });
    for (let start = 0; start < 2; start += 1) {
      const store = await openOn(disk, { log: loud });
      assert.equal((await store.page({ limit: 10 })).chains.length, 3);
      await store.close();
    }
    const [copy, ...others] = await disk.list('/data/damaged');
    assert.deepEqual(others, []);
    assert.deepEqual(JSON.parse(String(await disk.read(`/data/damaged/${copy}`))), bad);
    assert.equal(lines.length, 1);
    for (const said of [jobFileName('job-b'), bad.id, 'state', 'damaged chain set aside'])
      assert.ok(lines[0]?.includes(said), said);
  });

  it('begins beside a damaged chain although the disk is full, and loses nothing of it', async () => {
    const disk = await diskWith();
    const good = prove(makeChain('good', 'job-b', 2_000));
    const text = { version: 1, job: 'job-b', chains: [good, { ...good, id: 'bad', state: 'dreaming' }] };
    put(disk, 'job-b', text);
    let isFull = false;
    const tapped = tapDisk(disk, (verb, path) => {
      if (isFull && verb === 'write' && path.includes('/damaged/')) throw diskError('ENOSPC');
    });
    isFull = true;
    const store = await openOn(tapped);
    assert.equal((await store.page({ limit: 10 }).catch(() => null))?.chains.length ?? 0, 0);
    await assert.rejects(store.update(good.id, countUp), StoreUnavailable);
    assert.deepEqual(JSON.parse(String(await disk.read(`/data/jobs/${jobFileName('job-b')}`))), text);
    isFull = false;
    assert.equal((await store.update(good.id, countUp))?.tries, 1);
    assert.equal((await disk.list('/data/damaged')).length, 1);
    await store.close();
  });
});
