import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jobFileName } from '../../../../src/adapters/lowdb/chains/job-file.ts';
import { toJournalLine } from '../../../../src/adapters/lowdb/chains/journal-text.ts';
import { prune } from '../../../../src/adapters/lowdb/chains/filer.ts';
import type { Chain } from '../../../../src/chain/chain.ts';
import { addRun, closeChain, makeChain, makeReport, same } from '../../../contract/chain-store.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { countSteps } from '../../../steps/count-steps.ts';
import { openOn } from '../open-store.ts';
import { diskError, tapDisk } from '../disk/tap-disk.ts';

const dayMs = 86_400_000;
const retention = { keepRuns: 3, keepMs: 90 * dayMs };
const now = 100 * dayMs;

function pruned(chains: Chain[], spared: string[] = []): string[] {
  const isSpared = (id: string) => chains.some((chain) => chain.id === id && spared.includes(chain.root));
  return prune(chains, retention, now, isSpared).map((chain) => chain.root);
}

function closed(root: string, closedAt = now): Chain {
  return closeChain(makeChain(root), closedAt);
}

describe('prune', () => {
  it('leaves out the oldest closed chains beyond the number of runs', () => {
    assert.deepEqual(pruned(['5', '4', '3', '2', '1'].map((root) => closed(root))), ['5', '4', '3']);
  });

  it('counts runs, not chains', () => {
    const chains = [closed('3'), closeChain(addRun(makeChain('2'), 'retry'), now), closed('1')];
    assert.deepEqual(pruned(chains), ['3', '2']);
  });

  it('leaves out what ended too long ago, to the millisecond', () => {
    const ends = [closed('2', now - retention.keepMs), closed('1', now - retention.keepMs - 1)];
    assert.deepEqual(pruned(ends), ['2']);
  });

  it('keeps what is open, has a report to deliver or is spared, whatever the limits say', () => {
    const telling = closeChain(makeChain('telling'), 0, [makeReport(1)]);
    const chains = [closed('4'), closed('3'), closed('2'), makeChain('open'), telling, closed('spared', 0)];
    assert.deepEqual(pruned(chains, ['spared']), ['open', 'telling', 'spared']);
  });
});

describe('prune of many', () => {
  it('takes steps in proportion to their number', async () => {
    const limits = { keepRuns: 5_000, keepMs: 90 * dayMs };
    const many = Array.from({ length: 6_000 }, (_, n) => closed(String(n)));
    const kept = prune(many, limits, now, () => false);
    assert.deepEqual([kept.length, kept[0]?.root, kept.at(-1)?.root], [5_000, '0', '4999']);
    const steps = await countSteps(() => prune(many, limits, now, () => false));
    assert.ok(steps <= 20 * many.length, `${steps} steps`);
  });
});

describe('a store that prunes', () => {
  it('prunes what it loads, also on the disk, though nobody speaks of the job again', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk, { clock: { now: () => 0 } });
    for (const [run, job] of [
      ['gone', 'all-gone'],
      ['old', 'some-gone'],
      ['open', 'some-gone'],
    ] as const) {
      const { chain } = await store.accept(makeChain(run, job), same);
      if (run !== 'open') await store.update(chain.id, (known) => closeChain(known, 0));
    }
    await store.close();
    const again = await openOn(disk, { clock: { now: () => 91 * dayMs } });
    const { chains } = await again.page({ limit: 10 });
    assert.deepEqual(
      chains.map((chain) => chain.root),
      ['open'],
    );
    await again.close();
    const names = await disk.list('/data/jobs');
    assert.deepEqual(names, [jobFileName('some-gone')]);
    const text = String(await disk.read(`/data/jobs/${names[0]}`));
    assert.deepEqual(
      (JSON.parse(text) as { chains: Chain[] }).chains.map((chain) => chain.root),
      ['open'],
    );
  });

  it('prunes nothing at its start that the journal would bring back', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk, { clock: { now: () => 0 } });
    const { chain } = await store.accept(makeChain('old'), same);
    await store.update(chain.id, (known) => closeChain(known, 0));
    await store.close();
    disk.put('/data/journal.jsonl', toJournalLine(chain));
    const again = await openOn(disk, { clock: { now: () => 91 * dayMs } });
    assert.equal((await again.get(chain.id))?.state, 'skipped');
    assert.deepEqual(await again.listUnsettled(), []);
    await again.close();
  });

  it('starts on a disk that takes no write of what it pruned', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk, { clock: { now: () => 0 } });
    const { chain } = await store.accept(makeChain('old'), same);
    await store.update(chain.id, (known) => closeChain(known, 0));
    await store.close();
    const stuck = tapDisk(disk, (verb, path) => {
      if (path.startsWith('/data/jobs/') && (verb === 'open' || verb === 'remove')) throw diskError('ENOSPC');
    });
    const again = await openOn(stuck, { clock: { now: () => 91 * dayMs } });
    assert.equal(await again.get(chain.id), null);
    assert.equal((await again.accept(makeChain('old'), same)).known, false);
  });

  it('forgets closed chains beyond 200 runs, and takes a late repeat for a new chain', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk);
    for (let n = 0; n < 202; n += 1) {
      const { chain } = await store.accept(makeChain(`run-${n}`, 'job', n), same);
      if (n !== 0) await store.update(chain.id, (known) => closeChain(known, 100_000));
    }
    const { chains } = await store.page({ limit: 1_000 });
    const roots = new Set(chains.map((chain) => chain.root));
    assert.ok(roots.has('run-0'));
    assert.ok(!roots.has('run-1'));
    assert.equal(roots.size, 200);
    assert.equal((await store.accept(makeChain('run-1', 'job', 500), same)).known, false);
    await store.close();
  });

  it('forgets what is older than 90 days', async () => {
    let time = 0;
    const store = await openOn(new MemoryDisk(), { clock: { now: () => time } });
    const { chain } = await store.accept(makeChain('old'), same);
    await store.update(chain.id, (known) => closeChain(known, time));
    time = 91 * dayMs;
    const { chain: young } = await store.accept(makeChain('young', undefined, time), same);
    await store.update(young.id, (known) => ({ ...known, tries: 1 }));
    assert.equal(await store.get(chain.id), null);
    await store.close();
  });
});
