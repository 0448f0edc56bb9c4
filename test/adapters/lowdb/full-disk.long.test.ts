import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EmbeddedStore } from '../../../src/adapters/lowdb/store.ts';
import { StoreUnavailable } from '../../../src/chain/chain-store.ts';
import { makeChain, prove, same } from '../../contract/chain-store.ts';
import { Ledger, liveThrough } from './ledger.ts';
import { losses, MemoryDisk } from './disk/memory-disk.ts';
import { openOn } from './open-store.ts';
import { diskError, tapDisk, type Verb } from './disk/tap-disk.ts';

/** How long the disk refuses, in operations, from the one that is the first to fail. */
type Spell = number;

class Trouble {
  readonly disk = new MemoryDisk();
  operations = 0;
  #from = Infinity;
  #until = Infinity;

  begin(at: number, spell: number): void {
    this.#from = at;
    this.#until = at + spell;
  }

  end(): void {
    this.#from = Infinity;
  }

  get tapped() {
    return tapDisk(this.disk, (verb: Verb) => {
      this.operations += 1;
      if (this.operations < this.#from || this.operations >= this.#until) return;
      throw diskError(verb === 'sync' ? 'EIO' : 'ENOSPC');
    });
  }
}

async function liveThroughTrouble(at: number, spell: Spell): Promise<number> {
  const trouble = new Trouble();
  trouble.begin(at, spell);
  const ledger = new Ledger();
  let store: EmbeddedStore | null = null;
  try {
    store = await openOn(trouble.tapped);
  } catch {
    trouble.end();
    store = await openOn(trouble.tapped);
  }
  await liveThrough(store, ledger);
  await ledger.assertShown(store);
  for (const loss of losses) await ledger.assertKept(await openOn(trouble.disk.crash(loss)));

  trouble.end();
  await store.check();
  const late = makeChain('late', 'job-a', 40);
  assert.equal((await store.accept(late, same)).known, false);
  await store.update(late.id, (chain) => ({ ...chain, tries: 9 }));
  await ledger.accept(store, makeChain('a2', 'job-a'));
  await ledger.assertShown(store);
  for (const loss of losses) {
    const left = trouble.disk.crash(loss);
    const again = await openOn(left);
    assert.equal((await again.get(late.id))?.tries, 9);
  }
  // What nothing proves stays in the journal; the rest is in documents.
  for (const { id } of (await store.page({ limit: 100 })).chains) await store.update(id, prove);
  await store.close();
  const journal = await trouble.disk.read('/data/journal.jsonl');
  assert.equal(journal?.length, 0);
  return trouble.operations;
}

describe('a disk that refuses', () => {
  for (const spell of [1, 2, 7, Infinity] as const) {
    it(`loses nothing acknowledged and shows nothing refused, from any operation on for ${spell}`, async () => {
      const operations = await liveThroughTrouble(Infinity, spell);
      assert.ok(operations > 80);
      for (let at = 1; at <= operations; at += 1) {
        await liveThroughTrouble(at, spell).catch((cause: unknown) => {
          throw new Error(`trouble from operation ${at} on`, { cause });
        });
      }
    });
  }

  it('says so, with the cause, and keeps nothing of what it refused', async () => {
    const trouble = new Trouble();
    const store = await openOn(trouble.tapped);
    trouble.begin(1, Infinity);
    const chain = makeChain('run-1');
    const isFull = (error: unknown) =>
      error instanceof StoreUnavailable && error.cause instanceof Error && 'code' in error.cause;
    const refused = await Promise.allSettled([store.accept(chain, same), store.accept(chain, same)]);
    assert.ok(refused.every((answer) => answer.status === 'rejected' && isFull(answer.reason)));
    assert.equal(await store.get(chain.id), null);
    assert.deepEqual(await store.listUnsettled(), []);
    await assert.rejects(store.check(), isFull);

    trouble.end();
    assert.equal((await store.accept(chain, same)).known, false);
    await store.close();
  });

  it('cuts back what it could not finish', async () => {
    const disk = new MemoryDisk();
    let failing: Verb | null = null;
    const store = await openOn(
      tapDisk(disk, (verb, path) => {
        if (path.endsWith('journal.jsonl') && verb === failing) throw diskError('ENOSPC');
      }),
    );
    for (failing of ['write', 'sync'] as const) {
      const refused = Array.from({ length: 6 }, (_, n) => store.accept(makeChain(`refused-${n}`), same));
      for (const answer of await Promise.allSettled(refused)) assert.equal(answer.status, 'rejected');
      assert.equal((await disk.read('/data/journal.jsonl'))?.length, 0);
    }
    failing = null;
    await store.close();
  });

  it('never adds to a line that was cut short and could not be cut back', async () => {
    const disk = new MemoryDisk();
    let failing: readonly Verb[] = [];
    const store = await openOn(
      tapDisk(disk, (verb, path) => {
        if (path.endsWith('journal.jsonl') && failing.includes(verb)) throw diskError('EIO');
      }),
    );
    await store.accept(makeChain('run-1'), same);
    failing = ['write', 'truncate'];
    const refused = Array.from({ length: 6 }, (_, n) => store.accept(makeChain(`refused-${n}`), same));
    for (const answer of await Promise.allSettled(refused)) assert.equal(answer.status, 'rejected');
    failing = ['truncate'];
    await store.accept(makeChain('run-3'), same);
    for (const loss of losses) {
      const again = await openOn(disk.crash(loss));
      const { chains } = await again.page({ limit: 10 });
      assert.deepEqual(new Set(chains.map((chain) => chain.root)), new Set(['run-1', 'run-3']));
      assert.deepEqual(await disk.list('/data/damaged'), []);
    }
    await store.close();
  });
});
