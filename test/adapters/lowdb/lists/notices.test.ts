import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Notice } from '../../../../src/notice/notice.ts';
import {
  makeDigest,
  makeOutage,
  makeRefusals,
  shown,
  testNoticeStore,
} from '../../../contract/notice-store.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { clock, openOn } from '../open-store.ts';
import { testWholeFile } from '../disk/json-file.ts';

const path = '/data/notices.json';
const day = 24 * 60 * 60 * 1000;
const now = clock.now();

testNoticeStore('embedded notices', async () => {
  const store = await openOn(new MemoryDisk());
  return { store: store.notices, stop: () => store.close() };
});

const whole = JSON.stringify({ version: 1, notices: [shown(makeOutage('a', now))] });

testWholeFile({
  what: 'notices',
  keptIn: ({ notices }) => ({
    put: (id) => notices.update(id, () => makeOutage(id)),
    drop: (id) => notices.update(id, () => null),
    ids: async () => (await notices.list()).map(({ id }) => id).toSorted(),
  }),
  text: whole,
  damages: {
    'cut short': whole.slice(0, -30),
    empty: '',
  },
  damagedItems: {
    'a kind that nobody knows': whole.replace('"outage"', '"feast"'),
    'a notice without a card': whole.replace('"card"', '"cart"'),
    'a time that no date knows': whole.replace(`"openedAt":${now}`, '"openedAt":9e15'),
    'a member without a job': whole.replace('"jobName"', '"job"'),
  },
});

/** The ids that the file holds once `notices` were in it and one more came. */
async function listAfter(notices: readonly Notice[]): Promise<string[]> {
  const disk = new MemoryDisk();
  disk.put(path, Buffer.from(JSON.stringify({ version: 1, notices })));
  const store = await openOn(disk);
  await store.notices.update('new', () => makeOutage('new', now));
  const shownIds = (await store.notices.list()).map(({ id }) => id);
  await store.close();
  const held = JSON.parse(String(await disk.read(path))) as { notices: Notice[] };
  assert.deepEqual(
    held.notices.map(({ id }) => id),
    shownIds,
  );
  return shownIds;
}

function closed(notice: Notice, closedAt: number): Notice {
  return { ...shown(notice), closedAt };
}

describe('notices on disk', () => {
  it('come back as they were, with what a later version added', async () => {
    const disk = new MemoryDisk();
    const notices = [{ ...shown(makeDigest('a', 1)), note: 'of version 2' }, makeOutage('b', 2)];
    disk.put(path, Buffer.from(JSON.stringify({ version: 1, notices })));
    const store = await openOn(disk);
    assert.deepEqual(await store.notices.list(), notices);
    await store.notices.update('c', () => makeOutage('c', 3));
    await store.close();
    const again = await openOn(disk);
    assert.deepEqual(await again.notices.list(), [...notices, makeOutage('c', 3)]);
    await again.close();
  });

  it('are dropped 60 days after their end, unless people wait to read it', async () => {
    const old = now - 60 * day - 1;
    const notices = [
      closed(makeOutage('old', 1), old),
      closed(makeDigest('old-digest', 2), old),
      { ...makeOutage('unread', 3), closedAt: old },
      shown(makeOutage('lasting', 4)),
      closed(makeDigest('ended', 5), now - 60 * day),
    ];
    assert.deepEqual(await listAfter(notices), ['unread', 'lasting', 'ended', 'new']);
  });

  it('keep 500 outages at the most, the oldest go first, and no digest goes for them', async () => {
    const notices = Array.from({ length: 503 }, (_, n) => closed(makeOutage(`o-${n}`, n), now));
    const ids = await listAfter([
      shown(makeOutage('lasting', -1)),
      closed(makeDigest('week', 0), now),
      ...notices,
    ]);
    assert.deepEqual(ids.slice(0, 3), ['lasting', 'week', 'o-5']);
    assert.equal(ids.length, 501);
    assert.equal(ids.at(-1), 'new');
  });

  it('keep 100 sums of rejected tokens at the most, and the last one always, which says what is counted', async () => {
    const notices = Array.from({ length: 150 }, (_, n) => closed(makeRefusals(`r-${100 + n}`, n), now));
    const ids = await listAfter(notices);
    assert.deepEqual([ids.length, ids.at(0), ids.at(-2), ids.at(-1)], [100, 'r-151', 'r-249', 'new']);
  });

  it('are damaged where a sum has no number', async () => {
    const disk = new MemoryDisk();
    const text = JSON.stringify({ version: 1, notices: [makeRefusals('a')] });
    disk.put(path, Buffer.from(text.replace('"failures":12', '"failures":-1')));
    const store = await openOn(disk);
    assert.deepEqual(await store.notices.list(), []);
    await store.close();
  });
});
