import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { StoreUnavailable } from '../../../../src/chain/chain-store.ts';
import type { EmbeddedStore } from '../../../../src/adapters/lowdb/store.ts';
import { openEmbeddedStore } from '../../../../src/adapters/lowdb/open-store.ts';
import type { Disk } from '../../../../src/adapters/lowdb/disk/disk.ts';
import { createLogger } from '../../../../src/logging.ts';
import { testKnownTokens } from '../../../contract/known-tokens.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { makeDirectory, openIn } from '../open-store.ts';
import { diskError, tapDisk } from '../disk/tap-disk.ts';

const path = '/data/tokens.json';
const whole = JSON.stringify({ version: 1, tokens: [{ mark: 'a', usedAt: 1_000 }] });

function openAt(disk: Disk, now: () => number, lines: string[] = []): Promise<EmbeddedStore> {
  const log = createLogger('info', { write: (line) => void lines.push(line) });
  return openEmbeddedStore({ directory: '/data', clock: { now }, log, disk });
}

testKnownTokens('embedded known tokens', async () => {
  let time = Date.UTC(2026, 5, 12);
  const store = await openAt(new MemoryDisk(), () => time);
  return { tokens: store.knownTokens, pass: (ms) => void (time += ms), stop: () => store.close() };
});

describe('known tokens on disk', () => {
  it('are there for the next process, readable by our user only, and the file contains only marks and times', async (context) => {
    const directory = await makeDirectory(context);
    const store = await openIn(directory);
    await store.knownTokens.add('a1b2');
    await store.close();
    const file = join(directory, 'tokens.json');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const stored = JSON.parse(await readFile(file, 'utf8')) as { tokens: object[] };
    assert.deepEqual(
      stored.tokens.map((each) => Object.keys(each)),
      [['mark', 'usedAt']],
    );
    const again = await openIn(directory);
    assert.deepEqual([again.knownTokens.isKnown('a1b2'), again.knownTokens.isKnown('b')], [true, false]);
    await again.close();
  });

  it('are written once a day, however often they are used', async () => {
    let writes = 0;
    let time = Date.UTC(2026, 5, 12);
    const disk = tapDisk(new MemoryDisk(), (verb, name) => {
      if (verb === 'write' && name.includes('tokens.json')) writes += 1;
    });
    const store = await openAt(disk, () => time);
    for (let n = 0; n < 24; n += 1) {
      await store.knownTokens.add('a');
      time += 60 * 60_000;
    }
    assert.equal(writes, 1);
    await store.knownTokens.add('a');
    assert.equal(writes, 2);
    await store.close();
  });

  it('are known even if the disk refused them, and are written with the next check', async () => {
    const memory = new MemoryDisk();
    let isFull = true;
    const disk = tapDisk(memory, (verb, name) => {
      if (isFull && verb === 'write' && name.includes('tokens.json')) throw diskError('ENOSPC');
    });
    const store = await openAt(disk, () => 1_000);
    await assert.rejects(store.knownTokens.add('a'), StoreUnavailable);
    await assert.rejects(store.knownTokens.add('b'), StoreUnavailable);
    assert.deepEqual([store.knownTokens.isKnown('a'), store.knownTokens.isKnown('b')], [true, true]);
    isFull = false;
    await store.check();
    await store.close();
    const again = await openAt(memory, () => 1_000);
    assert.deepEqual([again.knownTokens.isKnown('a'), again.knownTokens.isKnown('b')], [true, true]);
    await again.close();
  });

  for (const [damage, text] of [
    ['cut short', whole.slice(0, -20)],
    ['empty', ''],
    ['another version', whole.replace('"version":1', '"version":0')],
    ['a token without a time', whole.replace('"usedAt"', '"used"')],
    ['a time that no date knows', whole.replace('1000', '9e15')],
  ] as const) {
    it(`that are damaged are set aside and named, and nothing else stops: ${damage}`, async () => {
      const disk = new MemoryDisk();
      disk.put(path, Buffer.from(text));
      const lines: string[] = [];
      const store = await openAt(disk, () => 2_000, lines);
      assert.equal(store.knownTokens.isKnown('a'), false);
      await store.knownTokens.add('b');
      assert.ok(lines.some((line) => line.includes('damaged known tokens set aside') && line.includes(path)));
      assert.equal(
        lines.some((line) => line.includes('"a"')),
        false,
      );
      await store.close();
    });
  }

  it('of a newer version keep the store from opening', async () => {
    const disk = new MemoryDisk();
    disk.put(path, Buffer.from(whole.replace('"version":1', '"version":2')));
    await assert.rejects(
      openAt(disk, () => 2_000),
      /tokens\.json was written by a newer version of retrigger/,
    );
  });

  it('of a whole file are known', async () => {
    const disk = new MemoryDisk();
    disk.put(path, Buffer.from(whole));
    const store = await openAt(disk, () => 2_000);
    assert.equal(store.knownTokens.isKnown('a'), true);
    await store.close();
    await assert.rejects(store.knownTokens.add('b'), StoreUnavailable);
  });
});
