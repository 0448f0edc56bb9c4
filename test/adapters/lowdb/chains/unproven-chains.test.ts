import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EmbeddedStore } from '../../../../src/adapters/lowdb/store.ts';
import type { Chain } from '../../../../src/chain/chain.ts';
import {
  addRun,
  closeChain,
  countUp,
  makeChain,
  makeUnproven,
  prove,
  same,
} from '../../../contract/chain-store.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { openOn } from '../open-store.ts';
import { diskError, tapDisk } from '../disk/tap-disk.ts';

const journal = '/data/journal.jsonl';

function list(listed: Chain): Chain {
  return { ...listed, proof: 'listed' };
}

async function acceptAll(store: EmbeddedStore, chains: readonly Chain[]): Promise<string[]> {
  const displaced: string[] = [];
  for (const chain of chains) displaced.push(...(await store.accept(chain, same)).displaced);
  return displaced;
}

async function listIds(store: EmbeddedStore): Promise<string[]> {
  const { chains } = await store.page({ limit: 1_000 });
  return chains.map(({ id }) => id).toReversed();
}

function makeMany(count: number, jobName = 'job-a', from = 0): Chain[] {
  return Array.from({ length: count }, (_, n) =>
    makeUnproven(`run-${jobName}-${from + n}`, jobName, from + n),
  );
}

function idsOf(chains: readonly Chain[]): string[] {
  return chains.map(({ id }) => id);
}

describe('unproven chains', () => {
  it('have no document, and are there again after a restart with what changed of them', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk);
    const [one, other] = makeMany(2) as [Chain, Chain];
    await acceptAll(store, [one, other]);
    const changed = await store.update(one.id, countUp);
    assert.deepEqual(changed, countUp(one));
    await store.close();
    assert.deepEqual(await disk.list('/data/jobs'), []);
    const again = await openOn(disk);
    assert.deepEqual(await again.get(one.id), countUp(one));
    assert.deepEqual(await again.get(other.id), other);
    assert.deepEqual(idsOf(await again.listUnsettled()).toSorted(), [one.id, other.id].toSorted());
    await again.close();
  });

  it('move into their job’s document once they are proven', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk);
    const chain = makeUnproven('run-1', 'named-wrongly');
    await store.accept(chain, same);
    await store.update(chain.id, (known) => ({ ...prove(known), jobName: 'job-a' }));
    await store.update(chain.id, (known) => addRun(known, 'run-2'));
    await store.close();
    const [file, ...others] = await disk.list('/data/jobs');
    assert.match(file ?? '', /^job-a-/);
    assert.deepEqual(others, []);
    assert.equal((await disk.read(journal))?.length, 0);
    const again = await openOn(disk);
    assert.deepEqual(idsOf((await again.page({ limit: 10, isProven: true })).chains), [chain.id]);
    assert.equal((await again.get(chain.id))?.runs.length, 2);
    await again.close();
  });

  it('apply each change once if one of several at once proves them', async () => {
    const store = await openOn(new MemoryDisk());
    const chain = makeUnproven('run-1');
    await store.accept(chain, same);
    const changes = Array.from({ length: 10 }, (_, n) =>
      store.update(chain.id, (known) => (n === 4 ? prove(countUp(known)) : countUp(known))),
    );
    const answers = await Promise.all(changes);
    assert.deepEqual(
      answers.map((each) => each?.tries),
      Array.from({ length: 10 }, (_, n) => n + 1),
    );
    assert.equal((await store.get(chain.id))?.tries, 10);
    await store.close();
  });

  it('are left out if only proven ones are asked for', async () => {
    const store = await openOn(new MemoryDisk());
    const proven = makeChain('run-1', 'job-a', 1);
    await acceptAll(store, [proven, ...makeMany(3)]);
    assert.equal((await store.page({ limit: 10 })).chains.length, 4);
    assert.deepEqual((await store.page({ limit: 10, isProven: true })).chains, [proven]);
    await store.close();
  });

  it('stay as they were when the disk refuses a change', async () => {
    const disk = new MemoryDisk();
    let isFull = false;
    const tapped = tapDisk(disk, (verb, path) => {
      if (isFull && verb === 'write' && path === journal) throw diskError('ENOSPC');
    });
    const store = await openOn(tapped);
    const chain = makeUnproven('run-1');
    await store.accept(chain, same);
    isFull = true;
    await assert.rejects(store.update(chain.id, prove));
    assert.deepEqual(await store.get(chain.id), chain);
    isFull = false;
    assert.equal((await store.update(chain.id, prove))?.proof, 'failed');
    await store.close();
  });
});

describe('too many unproven chains', () => {
  it('are dropped, the oldest first, each job within its own bound', async () => {
    const store = await openOn(new MemoryDisk(), { maxUnproven: 5, maxUnprovenOfJob: 3 });
    const flood = makeMany(5);
    assert.deepEqual(await acceptAll(store, flood), idsOf(flood.slice(0, 2)));
    const others = ['job-b', 'job-c', 'job-d'].map((job, n) => makeUnproven(`run-${job}`, job, 10 + n));
    assert.deepEqual(await acceptAll(store, others), idsOf(flood.slice(2, 3)));
    assert.deepEqual(await listIds(store), idsOf([...flood.slice(3), ...others]));
    await store.close();
  });

  it('spare chains that wait for their first check, and drop runs that are in the bucket last', async () => {
    const store = await openOn(new MemoryDisk(), { maxUnprovenOfJob: 4 });
    const [listed, unseen, lookedAt, ended] = makeMany(4) as [Chain, Chain, Chain, Chain];
    await acceptAll(store, [listed, unseen, lookedAt, ended]);
    await store.update(listed.id, list);
    await store.update(lookedAt.id, countUp);
    await store.update(ended.id, (known) => closeChain(known, 50));
    const gone = await acceptAll(store, makeMany(4, 'job-a', 10));
    assert.deepEqual(gone.slice(0, 3), idsOf([ended, lookedAt, unseen]));
    assert.ok((await listIds(store)).includes(listed.id));
    await store.close();
  });

  it('never drop a proven chain, however many come', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk, { maxUnproven: 10, maxUnprovenOfJob: 3, keepRuns: 5 });
    const proven = [makeChain('p1', 'job-a', 1), makeUnproven('p2', 'job-a', 2)];
    await acceptAll(store, proven);
    await store.update(proven[1]?.id ?? '', prove);
    await acceptAll(store, [...makeMany(30), ...makeMany(30, 'job-b')]);
    await store.close();
    const again = await openOn(disk, { maxUnproven: 10, maxUnprovenOfJob: 3, keepRuns: 5 });
    const ids = await listIds(again);
    assert.deepEqual(
      ids.slice(0, 2),
      idsOf(proven).toSorted((a, b) => ids.indexOf(a) - ids.indexOf(b)),
    );
    assert.equal(ids.length, 8);
    await again.close();
  });

  it('give way as well where what they hold takes too much, also if it came later', async () => {
    const disk = new MemoryDisk();
    const bound = { maxUnprovenBytes: 60_000 };
    const store = await openOn(disk, bound);
    const flood = makeMany(20).map((chain, n) => ({ ...chain, jobName: `job-${n}` }));
    assert.deepEqual(await acceptAll(store, flood), []);
    const displaced: string[] = [];
    for (const chain of flood) {
      const stuff = (known: Chain): Chain => ({ ...known, root: 'x'.repeat(10_000) });
      displaced.push(...(await store.accept(chain, stuff)).displaced);
    }
    assert.deepEqual(idsOf(flood).slice(0, displaced.length), displaced);
    const size = (await store.page({ limit: 100 })).chains.reduce(
      (sum, chain) => sum + JSON.stringify(chain).length,
      0,
    );
    assert.ok(size > 40_000 && size <= 60_000, `${size} characters`);
    const left = await listIds(store);
    await store.close();
    const again = await openOn(disk, bound);
    assert.deepEqual(await listIds(again), left);
    await again.close();
  });

  it('leave the journal and the folder small', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk, { maxUnproven: 20, compactAt: 10_000 });
    for (let round = 0; round < 40; round += 1) {
      const chains = Array.from({ length: 25 }, (_, n) =>
        makeUnproven(`r-${round}-${n}`, `job-${round}-${n}`),
      );
      await Promise.all(chains.map((chain) => store.accept(chain, same)));
    }
    const line = JSON.stringify(makeUnproven('r-10-10', 'job-10-10')).length + 40;
    const bytes = (await disk.read(journal))?.length ?? 0;
    // The lines of 20 chains are of use, and a batch of 25 comes on top of at most as many that are not.
    assert.ok(bytes <= (2 * 20 + 25) * line, `${bytes} bytes of ${line} a line`);
    assert.deepEqual(await disk.list('/data/jobs'), []);
    await store.close();
  });

  it('are not more after a restart than before, even with other bounds', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk, { maxUnprovenOfJob: 10 });
    const flood = makeMany(12);
    await acceptAll(store, flood);
    await store.close();
    const again = await openOn(disk, { maxUnprovenOfJob: 10 });
    assert.deepEqual(await listIds(again), idsOf(flood.slice(2)));
    await again.close();
    const strict = await openOn(disk, { maxUnprovenOfJob: 4 });
    assert.deepEqual(await listIds(strict), idsOf(flood.slice(8)));
    await strict.close();
  });

  it('that a person cancelled are dropped after those that were checked in vain, and before those not checked yet', async () => {
    const store = await openOn(new MemoryDisk(), { maxUnprovenOfJob: 3 });
    const [cancelled, inVain, unseen] = makeMany(3) as [Chain, Chain, Chain];
    await acceptAll(store, [cancelled, inVain, unseen]);
    const by = { outcome: 'skip', reason: 'cancelled', rule: null, because: [] } as const;
    await store.update(cancelled.id, (known) =>
      closeChain({ ...known, decision: { ...by, because: [] } }, 50),
    );
    await store.update(inVain.id, countUp);
    const gone = await acceptAll(store, makeMany(2, 'job-a', 10));
    assert.deepEqual(gone, idsOf([inVain, cancelled]));
    assert.ok((await listIds(store)).includes(unseen.id));
    await store.close();
  });

  it('are forgotten for good when the store is closed', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk, { maxUnprovenOfJob: 3 });
    const flood = makeMany(6);
    await acceptAll(store, flood);
    await store.close();
    const again = await openOn(disk, { maxUnprovenOfJob: 10 });
    assert.deepEqual(await listIds(again), idsOf(flood.slice(3)));
    await again.close();
  });

  it('come back with another notification as with the first one', async () => {
    const store = await openOn(new MemoryDisk(), { maxUnprovenOfJob: 1 });
    const [one, other] = makeMany(2) as [Chain, Chain];
    await acceptAll(store, [one, other]);
    assert.equal(await store.get(one.id), null);
    assert.equal(await store.update(one.id, countUp), null);
    assert.deepEqual(await store.accept(one, same), { chain: one, known: false, displaced: [other.id] });
    await store.close();
  });
});
