import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toJournalLine } from '../../../../src/adapters/lowdb/chains/journal-text.ts';
import type { Chain } from '../../../../src/chain/chain.ts';
import { addRun, closeChain, countUp, makeChain, makeUnproven, same } from '../../../contract/chain-store.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { openOn } from '../open-store.ts';
import { diskError, tapDisk, type Verb } from '../disk/tap-disk.ts';

const path = '/data/journal.jsonl';

async function diskWith(journal: Buffer): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.makeFolder('/data');
  disk.put(path, journal);
  return disk;
}

async function listRoots(disk: MemoryDisk): Promise<string[]> {
  const store = await openOn(disk);
  const { chains } = await store.page({ limit: 100 });
  await store.close();
  return chains.map((chain) => chain.root).toSorted();
}

/** Counts the operations on the journal's file, and on the files of the jobs. */
function countingDisk(disk: MemoryDisk) {
  const counts = { journalSyncs: 0, documentWrites: 0 };
  const tapped = tapDisk(disk, (verb: Verb, file) => {
    if (verb === 'sync' && file === path) counts.journalSyncs += 1;
    if (verb === 'rename' && file.endsWith('.json')) counts.documentWrites += 1;
  });
  return { counts, tapped };
}

describe('journal', () => {
  const lines = ['run-1', 'run-2', 'run-ü'].map((run, n) => toJournalLine(makeChain(run, `job-${n}`)));
  const whole = Buffer.concat(lines);

  it('drops the last line wherever it is cut, and is fit for use after it', async () => {
    const kept = lines.slice(0, 2).reduce((sum, line) => sum + line.length, 0);
    // Each of the first and last places, where something new may begin, and every 11th between them: within ü, too.
    const cut = whole.indexOf('ü') + 1;
    const places = Array.from({ length: whole.length - 1 - kept }, (_, n) => kept + n).filter(
      (at) => at < kept + 8 || at > whole.length - 8 || at === cut || (at - kept) % 11 === 0,
    );
    for (const length of places) {
      const disk = await diskWith(whole.subarray(0, length));
      const store = await openOn(disk);
      await store.accept(makeChain('run-4'), same);
      const crashed = disk.crash({ contents: true, names: true });
      assert.deepEqual(await listRoots(crashed), ['run-1', 'run-2', 'run-4'], `cut at ${length}`);
      await store.close();
      assert.deepEqual(await listRoots(disk), ['run-1', 'run-2', 'run-4']);
      assert.deepEqual(await disk.list('/data/damaged'), []);
    }
  });

  it('takes a last line that lacks nothing but its end', async () => {
    const disk = await diskWith(whole.subarray(0, whole.length - 1));
    assert.deepEqual(await listRoots(disk), ['run-1', 'run-2', 'run-ü']);
  });

  it('drops the zeros that a file grew by before its bytes came', async () => {
    const disk = await diskWith(Buffer.concat([whole, Buffer.alloc(50)]));
    assert.equal((await listRoots(disk)).length, 3);
  });

  it('is written anew where it was damaged, so that starts that end at once keep one copy', async () => {
    let disk = await diskWith(
      Buffer.concat([Buffer.from('rubbish\n'), toJournalLine(makeUnproven('run-1'))]),
    );
    for (let start = 0; start < 3; start += 1) {
      await openOn(disk);
      disk = disk.crash({ contents: true, names: true });
    }
    assert.equal((await disk.list('/data/damaged')).length, 1);
    assert.deepEqual(await listRoots(disk), ['run-1']);
  });

  it('serves the rest of a damaged one and keeps a copy of it', async () => {
    // The line break belongs to the next line as much.
    for (let at = 0; at < (lines[0]?.length ?? 0) - 1; at += 29) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      const disk = await diskWith(damaged);
      assert.deepEqual(await listRoots(disk), ['run-2', 'run-ü'], `damaged at ${at}`);
      const [copy] = await disk.list('/data/damaged');
      assert.match(copy ?? '', /^journal\.jsonl-1970-01-01T00-01-40\.000Z$/);
      assert.deepEqual(await disk.read(`/data/damaged/${copy}`), damaged);
    }
  });

  it('brings back nothing that a document knows, by id or by run', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk);
    const { id } = (await store.accept(makeChain('run-1'), same)).chain;
    await store.update(id, (chain) => addRun(chain, 'run-2'));
    await store.close();
    disk.put(path, Buffer.concat(['run-1', 'run-2'].map((run) => toJournalLine(makeChain(run)))));
    const again = await openOn(disk);
    const { chains } = await again.page({ limit: 10 });
    assert.deepEqual(
      chains.map((chain) => chain.runs.length),
      [2],
    );
    await again.close();
    assert.equal((await disk.read(path))?.length, 0);
  });

  it('shares fsyncs among 200 that arrive at once', async () => {
    for (const jobs of [200, 1]) {
      const { counts, tapped } = countingDisk(new MemoryDisk());
      const store = await openOn(tapped);
      const arrivals = Array.from({ length: 200 }, (_, n) => makeChain(`run-${n}`, `job-${n % jobs}`));
      await Promise.all(arrivals.map((chain) => store.accept(chain, same)));
      assert.ok(counts.journalSyncs <= 3, `${counts.journalSyncs} fsyncs`);
      await store.close();
      assert.ok(counts.documentWrites <= jobs + 3, `${counts.documentWrites} writes of documents`);
    }
  });

  it('shares the writes of a document among 200 changes at once', async () => {
    const { counts, tapped } = countingDisk(new MemoryDisk());
    const store = await openOn(tapped);
    const arrivals = Array.from({ length: 200 }, (_, n) => makeChain(`run-${n}`));
    await Promise.all(arrivals.map((chain) => store.accept(chain, same)));
    const before = counts.documentWrites;
    await Promise.all(arrivals.map(({ id }) => store.update(id, countUp)));
    assert.ok(counts.documentWrites - before <= 3);
    const after = counts.documentWrites;
    await store.update(arrivals[0]?.id ?? '', same);
    assert.equal(counts.documentWrites, after);
    await store.close();
  });

  it('answers only after the fsync', async () => {
    const disk = new MemoryDisk();
    const { promise, resolve } = Promise.withResolvers<void>();
    const tapped = tapDisk(disk, (verb, file) => (verb === 'sync' && file === path ? promise : undefined));
    const store = await openOn(tapped);
    let answered = 0;
    const both = [1, 2].map(() => store.accept(makeChain('run-1'), same).then(() => (answered += 1)));
    for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
    assert.equal(answered, 0);
    assert.equal(await store.get(makeChain('run-1').id), null);
    resolve();
    await Promise.all(both);
    await store.close();
  });

  it('stays small though it is never empty, and forgets no chain that it still holds', async () => {
    const disk = new MemoryDisk();
    let stuck = true;
    const tapped = tapDisk(disk, (verb, file) => {
      if (stuck && file.includes('stuck') && verb === 'open') throw diskError('EIO');
    });
    const store = await openOn(tapped, { compactAt: 4_000, keepRuns: 1 });
    const arrive = async (chain: Chain) => (await store.accept(chain, same)).chain.id;
    const stuckId = await arrive(makeChain('stuck-run', 'stuck'));
    for (let n = 0; n < 40; n += 1) {
      const id = await arrive(makeChain(`run-${n}`));
      await store.update(id, (chain) => closeChain(chain, n));
      assert.ok(((await disk.read(path))?.length ?? 0) < 6_000);
    }
    const again = await openOn(disk.crash({ contents: true, names: true }));
    assert.equal((await again.get(stuckId))?.state, 'judging');
    const open = (await again.listUnsettled()).map((chain) => chain.id);
    assert.deepEqual(open, [stuckId]);
    stuck = false;
    await store.check();
    await store.close();
    assert.equal((await disk.read(path))?.length, 0);
  });
});
