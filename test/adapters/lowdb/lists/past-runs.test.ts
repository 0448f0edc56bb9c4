import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { jobFileName } from '../../../../src/adapters/lowdb/chains/job-file.ts';
import { StoreUnavailable } from '../../../../src/chain/chain-store.ts';
import type { PastRuns } from '../../../../src/history/past-runs.ts';
import { createLogger } from '../../../../src/logging.ts';
import { testPastRuns } from '../../../contract/past-runs.ts';
import { day, makePastRun, now } from '../../../history/make-past-run.ts';
import { losses, MemoryDisk } from '../disk/memory-disk.ts';
import { makeDirectory, openIn, openOn } from '../open-store.ts';
import { diskError, tapDisk, type Verb } from '../disk/tap-disk.ts';

const folder = 'logs/periodic-ci-a';
const path = `/data/history/${jobFileName(folder)}`;
const clock = { now: () => now };

testPastRuns('embedded store', async (time) => {
  const store = await openOn(new MemoryDisk(), { clock: time });
  return { pastRuns: store.pastRuns, stop: () => store.close() };
});

/** Adds run after run; `acknowledged` is how many of them were taken for sure. */
async function addInTurn(pastRuns: PastRuns, count: number, acknowledged: string[]): Promise<void> {
  for (let n = count; n > 0; n -= 1) {
    const run = makePastRun(n);
    try {
      await pastRuns.add(folder, [run]);
      acknowledged.push(run.buildId);
    } catch (error) {
      assert.ok(error instanceof StoreUnavailable);
      assert.ok(error.cause instanceof Error && 'code' in error.cause);
    }
  }
}

async function readIds(disk: MemoryDisk): Promise<string[]> {
  const store = await openOn(disk, { clock });
  const ids = (await store.pastRuns.known(folder)).map(({ buildId }) => buildId);
  await store.close();
  return ids.toSorted();
}

describe('history on the disk', () => {
  it('is there for the next process', async (context) => {
    const directory = await makeDirectory(context);
    const store = await openIn(directory, { clock });
    await store.pastRuns.add(folder, [makePastRun(2), makePastRun(1)]);
    await store.close();
    const again = await openIn(directory, { clock });
    assert.deepEqual(await again.pastRuns.known(folder), [makePastRun(1), makePastRun(2)]);
    await again.close();
  });

  it('holds what was acknowledged and no more than was asked for, whenever the machine goes down', async () => {
    const disk = new MemoryDisk();
    const acknowledged: string[] = [];
    const moments: { left: MemoryDisk; ids: string[] }[] = [];
    const remember = () => {
      for (const loss of losses) moments.push({ left: disk.crash(loss), ids: acknowledged.toSorted() });
    };
    const store = await openOn(tapDisk(disk, remember), { clock });
    await addInTurn(store.pastRuns, 3, acknowledged);
    await store.close();
    remember();
    assert.ok(moments.length > 80);
    const asked = [3, 2, 1].map((n) => makePastRun(n).buildId);
    for (const { left, ids } of moments) {
      const kept = await readIds(left);
      assert.ok(
        ids.every((id) => kept.includes(id)),
        `${ids.length} were acknowledged, ${kept.length} are kept`,
      );
      assert.deepEqual(kept, asked.slice(0, kept.length));
      assert.deepEqual(await left.list('/data/damaged'), []);
      assert.ok(!left.paths().some((each) => each.endsWith('.tmp')));
    }
  });

  it('loses nothing to a disk that refuses, from any operation on', async () => {
    for (let at = 1; at <= 20; at += 1) {
      const disk = new MemoryDisk();
      let operations = -Infinity;
      const tap = (verb: Verb) => {
        operations += 1;
        if (operations >= at && operations < at + 3) throw diskError(verb === 'sync' ? 'EIO' : 'ENOSPC');
      };
      const store = await openOn(tapDisk(disk, tap), { clock });
      operations = 0;
      const acknowledged: string[] = [];
      await addInTurn(store.pastRuns, 4, acknowledged);
      assert.ok(acknowledged.length < 4, `operation ${at}`);
      operations = -Infinity;
      await store.pastRuns.add(folder, [makePastRun(0)]);
      const needed = [...acknowledged, makePastRun(0).buildId];
      for (const loss of losses) {
        const kept = await readIds(disk.crash(loss));
        assert.ok(
          needed.every((id) => kept.includes(id)),
          `operation ${at}`,
        );
      }
      await store.close();
    }
  });

  it('takes nothing once it is closed, and first ends what it took', async () => {
    const disk = new MemoryDisk();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const tap = (verb: Verb, at: string) => (verb === 'sync' && at.startsWith(path) ? held : undefined);
    const store = await openOn(tapDisk(disk, tap), { clock });
    const adding = store.pastRuns.add(folder, [makePastRun(1)]);
    const closing = store.close();
    const early = await Promise.race([closing.then(() => 'closed'), setImmediate('open')]);
    assert.equal(early, 'open');
    letGo();
    await closing;
    assert.match(String(await disk.read(path)), /run-1/);
    await adding;
    await assert.rejects(store.pastRuns.add(folder, [makePastRun(2)]), StoreUnavailable);
    await assert.rejects(store.pastRuns.known(folder), StoreUnavailable);
  });

  it('does not pile up folders that nobody asks for any more', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk, { clock });
    await store.pastRuns.add(folder, [makePastRun(1)]);
    await store.pastRuns.add('pr-logs/pull/org_repo/1/pull-ci-a', [makePastRun(91 * 24)]);
    await store.close();
    const again = await openOn(disk, { clock });
    assert.deepEqual(await disk.list('/data/history'), [jobFileName(folder)]);
    await again.close();
    await (await openOn(disk, { clock: { now: () => now + 91 * day } })).close();
    assert.deepEqual(await disk.list('/data/history'), []);
  });
});

const stored = { version: 1, folder, runs: [makePastRun(1)] };
const damages = {
  'cut short': JSON.stringify(stored).slice(0, -20),
  empty: '',
  'another version': JSON.stringify({ ...stored, version: 2 }),
  'a run without a build id': JSON.stringify({ ...stored, runs: [{ ...makePastRun(1), buildId: '' }] }),
  'a status that is none': JSON.stringify({ ...stored, runs: [{ ...makePastRun(1), status: 'fine' }] }),
  'another folder': JSON.stringify({ ...stored, folder: 'logs/other' }),
};

describe('damaged history', () => {
  for (const [damage, text] of Object.entries(damages)) {
    it(`is set aside and named, at the start and later: ${damage}`, async () => {
      const lines: string[] = [];
      const stream = new Writable({
        write(chunk, _, done) {
          lines.push(String(chunk));
          done();
        },
      });
      const disk = new MemoryDisk();
      await disk.makeFolder('/data/history');
      disk.put(path, Buffer.from(text));
      const store = await openOn(disk, { clock, log: createLogger('info', stream) });
      assert.deepEqual(await store.pastRuns.known(folder), []);
      disk.put(path, Buffer.from(text));
      await store.pastRuns.add(folder, [makePastRun(2)]);
      assert.deepEqual(await store.pastRuns.known(folder), [makePastRun(2)]);
      await store.close();
      const kept = await disk.list('/data/damaged');
      assert.equal(kept.length, 2);
      for (const name of kept) assert.equal(String(await disk.read(`/data/damaged/${name}`)), text);
      assert.equal(lines.filter((line) => line.includes(jobFileName(folder))).length, 2);
    });
  }
});
