import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Silence } from '../../../../src/rules/decide/silence.ts';
import { makeSilence, testSilenceStore } from '../../../contract/silence-store.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { clock, openOn } from '../open-store.ts';
import { testWholeFile } from '../disk/json-file.ts';

const path = '/data/silences.json';
const day = 24 * 60 * 60 * 1000;
const now = clock.now();
const far = now + day;

testSilenceStore('embedded silences', async () => {
  const store = await openOn(new MemoryDisk());
  return { store: store.silences, stop: () => store.close() };
});

const whole = JSON.stringify({ version: 1, silences: [makeSilence('a', far)] });

testWholeFile({
  what: 'silences',
  keptIn: ({ silences }) => ({
    put: (id) => silences.add(makeSilence(id, far)),
    drop: (id) => silences.remove(id),
    ids: async () => (await silences.list(now)).map(({ id }) => id).toSorted(),
  }),
  text: whole,
  damages: {
    'cut short': whole.slice(0, -30),
    empty: '',
  },
  damagedItems: {
    'a silence without an end': whole.replace('"until"', '"till"'),
    'an end that no date knows': whole.replace(String(far), '9e15'),
  },
});

describe('silences on disk', () => {
  it('come back as they were', async () => {
    const disk = new MemoryDisk();
    const store = await openOn(disk);
    await store.silences.add(makeSilence('a', far));
    await store.close();
    const again = await openOn(disk);
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
});
