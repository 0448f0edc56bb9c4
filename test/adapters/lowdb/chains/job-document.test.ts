import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreUnavailable } from '../../../../src/chain/chain-store.ts';
import { closeChain, countUp, makeChain, same } from '../../../contract/chain-store.ts';
import { losses, MemoryDisk } from '../disk/memory-disk.ts';
import { openOn } from '../open-store.ts';
import { diskError, tapDisk, type Tap, type Verb } from '../disk/tap-disk.ts';

/** A disk whose jobs folder fails as told. */
function failingJobs(disk: MemoryDisk) {
  const failing = new Set<Verb>();
  const tapped = tapDisk(disk, (verb, path) => {
    if (path.startsWith('/data/jobs') && failing.has(verb)) throw diskError('EIO');
  });
  return { failing, tapped };
}

/** Lets what is under way in the background come to its end, or to where it waits for somebody. */
async function letBackgroundRun(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

describe('document of a job', () => {
  it('is brought back to what readers see when a write failed after its rename', async () => {
    const disk = new MemoryDisk();
    const { failing, tapped } = failingJobs(disk);
    const store = await openOn(tapped, { keepLoaded: 1 });
    const { chain } = await store.accept(makeChain('run-1'), same);
    await store.update(chain.id, countUp);
    failing.add('syncFolder');
    await assert.rejects(store.update(chain.id, countUp), StoreUnavailable);
    await store.accept(makeChain('run-2', 'another-job'), same);
    assert.equal((await store.get(chain.id))?.tries, 1);

    failing.clear();
    await store.accept(makeChain('run-3', 'another-job'), same);
    await letBackgroundRun();
    for (const loss of losses) assert.equal((await (await openOn(disk.crash(loss))).get(chain.id))?.tries, 1);
    assert.equal((await store.get(chain.id))?.tries, 1);
    await store.close();
  });

  it('is brought back at once when the disk failed once', async () => {
    const disk = new MemoryDisk();
    let failures = 0;
    const tap: Tap = (verb, path) => {
      if (verb !== 'syncFolder' || path !== '/data/jobs' || failures === 0) return;
      failures -= 1;
      throw diskError('EIO');
    };
    const store = await openOn(tapDisk(disk, tap));
    const { chain } = await store.accept(makeChain('run-1'), same);
    await store.update(chain.id, countUp);
    failures = 1;
    await assert.rejects(store.update(chain.id, countUp), StoreUnavailable);
    await letBackgroundRun();
    for (const loss of losses) assert.equal((await (await openOn(disk.crash(loss))).get(chain.id))?.tries, 1);
    await store.close();
  });

  it('is written when the store is checked and the disk takes writes again', async () => {
    const disk = new MemoryDisk();
    const { failing, tapped } = failingJobs(disk);
    const store = await openOn(tapped);
    failing.add('rename');
    await store.accept(makeChain('run-1'), same);
    await letBackgroundRun();
    assert.deepEqual(await disk.list('/data/jobs'), []);
    failing.clear();
    await store.check();
    await letBackgroundRun();
    assert.equal((await disk.list('/data/jobs')).length, 1);
    assert.equal((await disk.read('/data/journal.jsonl'))?.length, 0);
    await store.close();
  });

  it('costs no write, and cannot fail, where nothing changes', async () => {
    const { failing, tapped } = failingJobs(new MemoryDisk());
    const store = await openOn(tapped);
    const { chain } = await store.accept(makeChain('run-1'), same);
    const { chain: other } = await store.accept(makeChain('run-2'), same);
    await letBackgroundRun();
    failing.add('write');
    const [changed, unchanged, repeated] = await Promise.allSettled([
      store.update(chain.id, countUp),
      store.update(other.id, same),
      store.accept(makeChain('run-2'), same),
    ]);
    assert.equal(changed.status, 'rejected');
    assert.deepEqual(unchanged, { status: 'fulfilled', value: other });
    assert.deepEqual(repeated, { status: 'fulfilled', value: { chain: other, known: true, displaced: [] } });
    assert.deepEqual(await store.update(chain.id, same), chain);
    failing.clear();
    await store.close();
  });

  it('tells one that cannot be read from one that is not there', async () => {
    const disk = new MemoryDisk();
    const { failing, tapped } = failingJobs(disk);
    const store = await openOn(tapped, { keepLoaded: 1 });
    const { chain } = await store.accept(makeChain('run-1'), same);
    const { chain: other } = await store.accept(makeChain('run-2', 'another-job'), same);
    await letBackgroundRun();
    await store.update(other.id, countUp);
    failing.add('read');
    await assert.rejects(store.get(chain.id), StoreUnavailable);
    await assert.rejects(store.update(chain.id, countUp), StoreUnavailable);
    await letBackgroundRun();
    failing.clear();
    assert.deepEqual(await store.get(chain.id), chain);
    await store.close();
    await assert.rejects(store.update(chain.id, countUp), StoreUnavailable);
    await assert.rejects(store.accept(makeChain('run-3'), same), StoreUnavailable);
  });

  it('refuses a change that would move the chain', async () => {
    const store = await openOn(new MemoryDisk());
    const { chain } = await store.accept(makeChain('run-1'), same);
    for (const moved of [{ id: 'x' }, { createdAt: 5 }]) {
      await assert.rejects(
        store.update(chain.id, (known) => ({ ...known, ...moved })),
        /changes its/,
      );
    }
    assert.deepEqual(await store.get(chain.id), chain);
    await store.close();
  });

  it('shows no chain that was just pruned', async () => {
    const store = await openOn(new MemoryDisk(), { keepRuns: 1 });
    const { chain: old } = await store.accept(makeChain('run-1'), same);
    const { chain } = await store.accept(makeChain('run-2', undefined, 2_000), same);
    await store.update(old.id, (known) => closeChain(known, 3_000));
    assert.equal((await store.get(old.id))?.state, 'skipped');
    const [found] = await Promise.all([store.page({ limit: 10 }), store.update(chain.id, countUp)]);
    assert.equal(found.chains.length, 2);
    assert.equal(await store.update(old.id, countUp), null);
    assert.equal((await store.page({ limit: 10 })).chains.length, 1);
    await store.close();
  });

  it('shows on a page no state that was not asked for', async () => {
    const disk = new MemoryDisk();
    const { promise, resolve } = Promise.withResolvers<void>();
    let isHeld = false;
    const tap: Tap = (verb, path) =>
      isHeld && verb === 'read' && path.includes('a-job') ? promise : undefined;
    const store = await openOn(tapDisk(disk, tap), { keepLoaded: 1 });
    const { chain } = await store.accept(makeChain('run-1', 'a-job', 2_000), same);
    const { chain: other } = await store.accept(makeChain('run-2', 'b-job'), same);
    await letBackgroundRun();
    await store.update(other.id, countUp);
    isHeld = true;
    const page = store.page({ limit: 10, states: ['judging'] });
    const closing = store.update(other.id, (known) => closeChain(known, 5));
    await closing;
    resolve();
    const states = (await page).chains.map((each) => each.state);
    assert.ok(states.every((state) => state === 'judging'));
    assert.ok((await page).chains.some((each) => each.id === chain.id));
    await store.close();
  });

  it('is written among at most three others', async () => {
    let writing = 0;
    let most = 0;
    const tap: Tap = (verb, path) => {
      if (!path.endsWith('.json.tmp')) return;
      if (verb === 'open') most = Math.max(most, (writing += 1));
      if (verb === 'close') writing -= 1;
    };
    const store = await openOn(tapDisk(new MemoryDisk(), tap));
    most = 0;
    const chains = Array.from({ length: 50 }, (_, n) => makeChain(`run-${n}`, `job-${n}`));
    await Promise.all(chains.map((chain) => store.accept(chain, same)));
    await store.close();
    assert.equal(most, 4);
  });
});
