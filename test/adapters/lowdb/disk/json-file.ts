import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { EmbeddedStore } from '../../../../src/adapters/lowdb/store.ts';
import { StoreUnavailable } from '../../../../src/chain/chain-store.ts';
import { createLogger } from '../../../../src/logging.ts';
import { makeChain, same } from '../../../contract/chain-store.ts';
import { losses, MemoryDisk } from './memory-disk.ts';
import { makeDirectory, openIn, openOn } from '../open-store.ts';
import { diskError, tapDisk } from './tap-disk.ts';

/** What a file holds, as things that are there or not. */
export interface Kept {
  put: (id: string) => Promise<unknown>;
  drop: (id: string) => Promise<unknown>;
  ids: () => Promise<string[]>;
}

export interface FileUnderTest {
  /** `silences`: they lie in `silences.json`. */
  what: string;
  keptIn: (store: EmbeddedStore) => Kept;
  /** What the file says when `a` is in it. */
  text: string;
  /** The same text, spoilt as a whole. */
  damages: Record<string, string>;
  /** The same text, with one item that is spoilt. */
  damagedItems: Record<string, string>;
}

/** What each file must do that is written anew for each change. */
export function testWholeFile(file: FileUnderTest): void {
  describe(`the file of ${file.what}`, () => testLife(file));
  describe(`the file of ${file.what}, when the machine goes down`, () => testPowerCut(file));
  describe(`the file of ${file.what}, on a disk that refuses`, () => testTrouble(file));
  describe(`the file of ${file.what}, damaged`, () => testDamage(file));
}

function testLife({ what, keptIn }: FileUnderTest): void {
  it('is there for the next process, for our user alone', async (context) => {
    const directory = await makeDirectory(context);
    const store = await openIn(directory);
    await keptIn(store).put('a');
    await store.close();
    assert.equal((await stat(join(directory, `${what}.json`))).mode & 0o777, 0o600);
    const again = await openIn(directory);
    assert.deepEqual(await keptIn(again).ids(), ['a']);
    await again.close();
  });

  it('is not changed any more once the store is closed', async () => {
    const store = await openOn(new MemoryDisk());
    const putting = keptIn(store).put('a');
    await store.close();
    await putting;
    await assert.rejects(keptIn(store).put('b'), StoreUnavailable);
    await assert.rejects(keptIn(store).drop('a'), StoreUnavailable);
  });
}

/** Ids by what a store was asked and what it said; one whose end is under way may be there or not. */
interface Promised {
  asked: Set<string>;
  there: Set<string>;
  ended: Set<string>;
}

function newPromised(): Promised {
  return { asked: new Set(), there: new Set(), ended: new Set() };
}

/** Puts four there and drops two of them, whatever the disk says to it. */
async function liveThrough({ put, drop }: Kept, promised: Promised): Promise<void> {
  for (const id of ['a', 'b', 'c', 'd']) {
    promised.asked.add(id);
    if (await succeeds(put(id))) promised.there.add(id);
  }
  for (const id of ['a', 'c']) {
    const wasThere = promised.there.delete(id);
    if (await succeeds(drop(id))) promised.ended.add(id);
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

function testPowerCut({ keptIn }: FileUnderTest): void {
  it('loses nothing that was acknowledged and brings nothing back, whenever it happens', async () => {
    const disk = new MemoryDisk();
    const promised = newPromised();
    const moments: { left: MemoryDisk; promised: Promised }[] = [];
    const remember = () => {
      for (const loss of losses)
        moments.push({ left: disk.crash(loss), promised: structuredClone(promised) });
    };
    const store = await openOn(tapDisk(disk, remember));
    await liveThrough(keptIn(store), promised);
    await store.close();
    remember();
    assert.ok(moments.length > 150);
    for (const { left, promised: then } of moments) {
      const again = await openOn(left);
      const ids = await keptIn(again).ids();
      for (const id of then.there) assert.ok(ids.includes(id), `${id} is lost`);
      for (const id of ids) assert.ok(then.asked.has(id) && !then.ended.has(id), `${id} should not be there`);
      await again.close();
    }
  });
}

function testTrouble({ what, keptIn, text }: FileUnderTest): void {
  for (const spell of [1, 2, 9, Infinity]) {
    it(`shows and keeps exactly what was acknowledged, from any operation on for ${spell}`, async () => {
      const operations = await liveThroughTrouble(keptIn, Infinity, spell);
      assert.ok(operations >= 6 * 6);
      for (let from = 1; from <= operations; from += 1) {
        await liveThroughTrouble(keptIn, from, spell).catch((cause: unknown) => {
          throw new Error(`trouble from operation ${from} on`, { cause });
        });
      }
    });
  }

  it('keeps the store from opening where it cannot be read, and is left alone', async () => {
    const path = `/data/${what}.json`;
    const disk = new MemoryDisk();
    disk.put(path, Buffer.from(text));
    const tapped = tapDisk(disk, (verb, read) => {
      if (verb === 'read' && read === path) throw diskError('EIO');
    });
    await assert.rejects(openOn(tapped), /could not be loaded: .+EIO/);
    assert.equal(String(await disk.read(path)), text);
    const store = await openOn(disk);
    assert.deepEqual(await keptIn(store).ids(), ['a']);
    await store.close();
  });
}

/** Lives with a disk that refuses from one operation on, for a while. Answers how many operations there were. */
async function liveThroughTrouble(
  keptIn: FileUnderTest['keptIn'],
  from: number,
  spell: number,
): Promise<number> {
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
  await liveThrough(keptIn(store), promised);
  assert.deepEqual(await keptIn(store).ids(), [...promised.there].toSorted());
  isRefusing = false;
  await store.check();
  // What the check brings back needs no end of the store.
  await setImmediate();
  const killed = disk.crash({ contents: false, names: false });
  await store.close();
  for (const left of [killed, ...losses.map((loss) => disk.crash(loss))]) {
    const again = await openOn(left);
    assert.deepEqual(await keptIn(again).ids(), [...promised.there].toSorted());
    await again.close();
  }
  return operations;
}

function testDamage({ what, keptIn, text: whole, damages, damagedItems }: FileUnderTest): void {
  it('keeps the store from opening if a newer version wrote it, and is left alone', async () => {
    const path = `/data/${what}.json`;
    const disk = new MemoryDisk();
    const newer = whole.replace('"version":1', '"version":2');
    disk.put(path, Buffer.from(newer));
    await assert.rejects(
      openOn(disk),
      new RegExp(String.raw`${what}\.json was written by a newer version of retrigger \(file version 2`),
    );
    assert.equal(String(await disk.read(path)), newer);
  });

  for (const [damage, text] of Object.entries(damagedItems)) {
    it(`loses one damaged item alone, which is set aside and named: ${damage}`, async () => {
      const disk = new MemoryDisk();
      const [bad] = Object.values(JSON.parse(text) as object)
        .flat()
        .slice(1) as { id: unknown }[];
      const [good] = Object.values(JSON.parse(whole) as object)
        .flat()
        .slice(1) as object[];
      disk.put(
        `/data/${what}.json`,
        Buffer.from(text.replace(/\]\}$/, `,${JSON.stringify({ ...good, id: 'b' })}]}`)),
      );
      const lines: string[] = [];
      const log = createLogger('info', { write: (line) => void lines.push(line) });
      for (let start = 0; start < 2; start += 1) {
        const store = await openOn(disk, { log });
        assert.deepEqual(await keptIn(store).ids(), ['b']);
        await store.close();
      }
      const [copy, ...others] = await disk.list('/data/damaged');
      assert.deepEqual(others, []);
      assert.deepEqual(JSON.parse(String(await disk.read(`/data/damaged/${copy}`))), bad);
      const errors = lines.filter((line) => line.includes('"level":"error"'));
      assert.equal(errors.length, 1);
      assert.match(
        errors[0] ?? '',
        new RegExp(String.raw`${what}\.json.+damaged ${what.slice(0, -1)} set aside`),
      );
    });
  }

  for (const [damage, text] of Object.entries(damages)) {
    it(`is set aside and named, and the rest goes on: ${damage}`, async (context) => {
      const directory = await makeDirectory(context);
      const store = await openIn(directory);
      const { chain } = await store.accept(makeChain('run-1'), same);
      await store.close();
      await writeFile(join(directory, `${what}.json`), text);

      const lines: string[] = [];
      const log = createLogger('info', { write: (line) => void lines.push(line) });
      const again = await openIn(directory, { log });
      assert.deepEqual(await again.get(chain.id), chain);
      assert.deepEqual(await keptIn(again).ids(), []);
      await keptIn(again).put('b');
      await again.close();

      const [moved = ''] = await readdir(join(directory, 'damaged'));
      assert.match(moved, new RegExp(String.raw`^${what}\.json-1970`));
      assert.equal(await readFile(join(directory, 'damaged', moved), 'utf8'), text);
      const errors = lines.filter((line) => line.includes('"level":"error"'));
      assert.equal(errors.length, 1);
      assert.match(errors[0] ?? '', new RegExp(String.raw`${what}\.json.+damaged ${what} set aside`));
    });
  }
}
