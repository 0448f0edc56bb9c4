import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { StoreUnavailable } from '../../../src/chain/chain-store.ts';
import type { SilenceStore } from '../../../src/rules/silence-store.ts';
import type { Silence } from '../../../src/rules/silence.ts';
import { createLogger } from '../../../src/logging.ts';
import { makeChain, same } from '../../contract/chain-store.ts';
import { makeSilence, testSilenceStore } from '../../contract/silence-store.ts';
import { losses, MemoryDisk } from './memory-disk.ts';
import { clock, makeDirectory, openIn, openOn } from './open-store.ts';
import { diskError, tapDisk } from './tap-disk.ts';

const path = '/data/silences.json';
const day = 24 * 60 * 60 * 1000;
const now = clock.now();
const far = now + day;

testSilenceStore('embedded silences', async () => {
  const store = await openOn(new MemoryDisk());
  return { store: store.silences, stop: () => store.close() };
});

/** Ids of silences by what a store was asked and what it said; one whose end is under way may be there or not. */
interface Promised {
  asked: Set<string>;
  there: Set<string>;
  ended: Set<string>;
}

/** Adds four silences and ends two of them, whatever the disk says to it. */
async function liveThrough(silences: SilenceStore, promised: Promised): Promise<void> {
  for (const id of ['a', 'b', 'c', 'd']) {
    promised.asked.add(id);
    if (await succeeds(silences.add(makeSilence(id, far)))) promised.there.add(id);
  }
  for (const id of ['a', 'c']) {
    const wasThere = promised.there.delete(id);
    if (await succeeds(silences.remove(id))) promised.ended.add(id);
    else if (wasThere) promised.there.add(id);
  }
}

async function succeeds(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    assert.ok(error instanceof StoreUnavailable);
    return false;
  }
}

async function idsOf(silences: SilenceStore): Promise<string[]> {
  return (await silences.list(now)).map(({ id }) => id).toSorted();
}

function newPromised(): Promised {
  return { asked: new Set(), there: new Set(), ended: new Set() };
}

describe('silences on disk', () => {
  it('are there for the next process, for our user alone', async (context) => {
    const directory = await makeDirectory(context);
    const store = await openIn(directory);
    await store.silences.add(makeSilence('a', far));
    await store.close();
    assert.equal((await stat(join(directory, 'silences.json'))).mode & 0o777, 0o600);
    const again = await openIn(directory);
    assert.deepEqual(await again.silences.list(now), [makeSilence('a', far)]);
    await again.close();
  });

  it('are dropped 30 days after their end', async () => {
    const disk = new MemoryDisk();
    const silences = [makeSilence('old', now - 30 * day - 1), makeSilence('ended', now - 30 * day)];
    disk.put(path, Buffer.from(JSON.stringify({ version: 1, silences })));
    const store = await openOn(disk);
    await store.silences.add(makeSilence('new', far));
    const held = JSON.parse(String(await disk.read(path))) as { silences: Silence[] };
    assert.deepEqual(
      held.silences.map(({ id }) => id),
      ['ended', 'new'],
    );
    await store.close();
  });

  it('are not changed any more once the store is closed', async () => {
    const store = await openOn(new MemoryDisk());
    const adding = store.silences.add(makeSilence('a', far));
    await store.close();
    await adding;
    await assert.rejects(store.silences.add(makeSilence('b', far)), StoreUnavailable);
    await assert.rejects(store.silences.remove('a'), StoreUnavailable);
  });
});

describe('a machine that goes down', () => {
  it('loses no silence that was acknowledged and brings none back, whenever it happens', async () => {
    const disk = new MemoryDisk();
    const promised = newPromised();
    const moments: { left: MemoryDisk; promised: Promised }[] = [];
    const remember = () => {
      for (const loss of losses)
        moments.push({ left: disk.crash(loss), promised: structuredClone(promised) });
    };
    const store = await openOn(tapDisk(disk, remember));
    await liveThrough(store.silences, promised);
    await store.close();
    remember();
    assert.ok(moments.length > 150);
    for (const { left, promised: then } of moments) {
      const again = await openOn(left);
      const ids = await idsOf(again.silences);
      for (const id of then.there) assert.ok(ids.includes(id), `${id} is lost`);
      for (const id of ids) assert.ok(then.asked.has(id) && !then.ended.has(id), `${id} should not be there`);
      await again.close();
    }
  });
});

/** Lives with a disk that refuses from one operation on, for a while. Answers how many operations there were. */
async function liveThroughTrouble(from: number, spell: number): Promise<number> {
  const disk = new MemoryDisk();
  let operations = 0;
  let isRefusing = false;
  const store = await openOn(
    tapDisk(disk, (verb) => {
      if (!isRefusing) return;
      operations += 1;
      if (operations >= from && operations < from + spell)
        throw diskError(verb === 'sync' ? 'EIO' : 'ENOSPC');
    }),
  );
  isRefusing = true;
  const promised = newPromised();
  await liveThrough(store.silences, promised);
  assert.deepEqual(await idsOf(store.silences), [...promised.there].toSorted());
  isRefusing = false;
  await store.check();
  await store.close();
  for (const loss of losses) {
    const again = await openOn(disk.crash(loss));
    assert.deepEqual(await idsOf(again.silences), [...promised.there].toSorted());
    await again.close();
  }
  return operations;
}

describe('a disk that refuses', () => {
  for (const spell of [1, 2, 9, Infinity]) {
    it(`shows and keeps exactly what was acknowledged, from any operation on for ${spell}`, async () => {
      const operations = await liveThroughTrouble(Infinity, spell);
      assert.ok(operations >= 6 * 6);
      for (let from = 1; from <= operations; from += 1) {
        await liveThroughTrouble(from, spell).catch((cause: unknown) => {
          throw new Error(`trouble from operation ${from} on`, { cause });
        });
      }
    });
  }

  it('keeps the store from opening where the file cannot be read, and leaves the file alone', async () => {
    const disk = new MemoryDisk();
    const text = JSON.stringify({ version: 1, silences: [makeSilence('a', far)] });
    disk.put(path, Buffer.from(text));
    const tapped = tapDisk(disk, (verb, file) => {
      if (verb === 'read' && file === path) throw diskError('EIO');
    });
    await assert.rejects(openOn(tapped), /could not be loaded: .+EIO/);
    assert.equal(String(await disk.read(path)), text);
    const store = await openOn(disk);
    assert.deepEqual(await idsOf(store.silences), ['a']);
    await store.close();
  });
});

const whole = JSON.stringify({ version: 1, silences: [makeSilence('a', far)] });
const damages = {
  'cut short': whole.slice(0, -30),
  empty: '',
  'another version': whole.replace('"version":1', '"version":2'),
  'a silence without an end': whole.replace('"until"', '"till"'),
  'an end that no date knows': whole.replace(String(far), '9e15'),
};

describe('damaged silences', () => {
  for (const [damage, text] of Object.entries(damages)) {
    it(`are set aside and named, and the rest goes on: ${damage}`, async (context) => {
      const directory = await makeDirectory(context);
      const store = await openIn(directory);
      const { chain } = await store.accept(makeChain('run-1'), same);
      await store.close();
      await writeFile(join(directory, 'silences.json'), text);

      const lines: string[] = [];
      const log = createLogger('info', { write: (line) => void lines.push(line) });
      const again = await openIn(directory, { log });
      assert.deepEqual(await again.get(chain.id), chain);
      assert.deepEqual(await again.silences.list(now), []);
      await again.silences.add(makeSilence('b', far));
      await again.close();

      const [moved = ''] = await readdir(join(directory, 'damaged'));
      assert.match(moved, /^silences\.json-1970/);
      assert.equal(await readFile(join(directory, 'damaged', moved), 'utf8'), text);
      const errors = lines.filter((line) => line.includes('"level":"error"'));
      assert.equal(errors.length, 1);
      assert.match(errors[0] ?? '', /silences\.json.+damaged silences set aside/);
    });
  }
});
