import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeChain } from '../../contract/chain-store.ts';
import { Ledger, liveThrough } from './ledger.ts';
import { losses, MemoryDisk } from './disk/memory-disk.ts';
import { openOn } from './open-store.ts';
import { tapDisk } from './disk/tap-disk.ts';

interface Moment {
  left: MemoryDisk;
  ledger: Ledger;
}

/** What would be left of a day had the machine gone down before any one operation, and what was promised by then. */
async function collectMoments(keepRuns: number): Promise<Moment[]> {
  const disk = new MemoryDisk();
  const ledger = new Ledger();
  const moments: Moment[] = [];
  const remember = () => {
    for (const loss of losses) moments.push({ left: disk.crash(loss), ledger: ledger.copy() });
  };
  const store = await openOn(tapDisk(disk, remember), { keepRuns, compactAt: 1 });
  await liveThrough(store, ledger);
  await store.close();
  remember();
  return moments;
}

describe('a machine that goes down', () => {
  for (const keepRuns of [200, 2]) {
    it(`loses nothing that was acknowledged, whenever it happens (${keepRuns} runs kept)`, async () => {
      const moments = await collectMoments(keepRuns);
      assert.ok(moments.length > 200);
      for (const { left, ledger } of moments) {
        const store = await openOn(left, { keepRuns });
        await ledger.assertKept(store);
        await ledger.accept(store, makeChain('after', 'job-a', 30));
        for (const loss of losses) await ledger.assertKept(await openOn(left.crash(loss), { keepRuns }));
        await store.close();
        await ledger.assertKept(await openOn(left, { keepRuns }));
      }
    });
  }

  it('leaves no unfinished file behind', async () => {
    for (const { left } of await collectMoments(200)) {
      await (await openOn(left)).close();
      assert.deepEqual(
        left.paths().filter((path) => path.endsWith('.tmp')),
        [],
      );
    }
  });
});
