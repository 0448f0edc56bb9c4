import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { newCard, markStale } from '../../src/notice/card-state.ts';
import type { NoticeStore, Notice } from '../../src/notice/notice.ts';
import { testOnEach } from './test-on-each.ts';

export function makeOutage(id: string, openedAt = 1_000): Notice {
  const canary = { id: `first of ${id}`, jobName: 'periodic-ci-a', url: null };
  return {
    id,
    facts: {
      kind: 'outage',
      key: 'step "ipi"\\ 🙈',
      since: openedAt,
      until: openedAt + 7_200_000,
      members: [canary, { id: `other of ${id}`, jobName: 'periodic-ci-b', url: 'https://prow/b' }],
      canary: { ...canary, attempt: 1 },
      state: 'holding',
      endedAt: null,
    },
    card: markStale(newCard, openedAt),
    openedAt,
    closedAt: null,
  };
}

export function makeDigest(id: string, openedAt = 1_000): Notice {
  const facts = { kind: 'digest' as const, from: openedAt - 604_800_000, to: openedAt };
  return { ...makeOutage(id, openedAt), facts, closedAt: openedAt };
}

export function makeRefusals(id: string, openedAt = 1_000): Notice {
  const jobs = ['periodic-ci-a', 'periodic-ci-b'];
  const facts = {
    kind: 'refusals' as const,
    from: openedAt - 500,
    to: openedAt,
    failures: 12,
    jobs,
    more: 3,
  };
  return { ...makeOutage(id, openedAt), facts, closedAt: openedAt };
}

/** The notice after it stands in a channel as it is. */
export function shown(notice: Notice): Notice {
  return { ...notice, card: { place: { channel: 'C1', ts: '1.2' }, shown: 'a1b2', stale: null, lost: 0 } };
}

/** A store to test, empty, and the way to be done with it. */
export interface NoticesUnderTest {
  store: NoticeStore;
  stop: () => Promise<void>;
}

/** What every store of notices must do; run it with a factory of empty stores. */
export function testNoticeStore(name: string, openStore: () => Promise<NoticesUnderTest>): void {
  const each = testOnEach(openStore);
  function test(what: string, body: (store: NoticeStore) => Promise<void>): void {
    each(what, ({ store }) => body(store));
  }
  describe(name, () => testAll(test));
}

function testAll(test: (what: string, body: (store: NoticeStore) => Promise<void>) => void): void {
  test('has none at first, and says so', async (store) => {
    assert.deepEqual(await store.list(), []);
    const seen: (Notice | null)[] = [];
    assert.equal(await store.update('__proto__', (known) => (seen.push(known), null)), null);
    assert.deepEqual(seen, [null]);
    assert.deepEqual(await store.list(), []);
  });

  test('lists what was put there, the oldest first', async (store) => {
    const [late, soon, between] = [makeOutage('a', 900), makeDigest('b', 200), shown(makeOutage('c', 500))];
    const refusals = makeRefusals('d', 600);
    for (const notice of [late, soon, between, refusals])
      assert.deepEqual(await store.update(notice.id, () => notice), notice);
    assert.deepEqual(await store.list(), [soon, between, refusals, late]);
  });

  test('changes the one that was meant, from what is known of it', async (store) => {
    const [one, other] = [makeOutage('a'), makeOutage('b')];
    for (const notice of [one, other]) await store.update(notice.id, (known) => known ?? notice);
    const changed = await store.update('a', (known) => known && shown(known));
    assert.deepEqual(changed, shown(one));
    assert.deepEqual(await store.update('a', (known) => known ?? one), shown(one));
    assert.deepEqual(await store.list(), [shown(one), other]);
  });

  test('removes a notice once', async (store) => {
    await store.update('a', () => makeOutage('a'));
    await store.update('b', () => makeOutage('b'));
    assert.equal(await store.update('a', () => null), null);
    assert.deepEqual(await store.list(), [makeOutage('b')]);
    assert.equal(await store.update('a', (known) => known), null);
    assert.deepEqual(await store.list(), [makeOutage('b')]);
  });

  test('changes nothing where the change throws, and goes on', async (store) => {
    await store.update('a', () => makeOutage('a'));
    const thrown = new Error('a mistake');
    const failing = store.update('a', () => {
      throw thrown;
    });
    await assert.rejects(failing, thrown);
    await assert.rejects(store.update('a', () => makeOutage('b')));
    assert.deepEqual(await store.list(), [makeOutage('a')]);
    await store.update('a', (known) => known && shown(known));
    assert.deepEqual(await store.list(), [shown(makeOutage('a'))]);
  });

  test('loses none of many changes at once', async (store) => {
    const ids = Array.from({ length: 20 }, (_, number) => `n-${10 + number}`);
    const twice = [...ids, ...ids];
    await Promise.all(twice.map((id) => store.update(id, (known) => grow(known ?? makeDigest(id)))));
    const all = await store.list();
    assert.deepEqual(
      all.map(({ id }) => id),
      ids,
    );
    assert.ok(all.every(({ facts }) => facts.kind === 'digest' && facts.to === 1_002));
    await Promise.all(ids.slice(5).map((id) => store.update(id, () => null)));
    assert.equal((await store.list()).length, 5);
  });
}

function grow(notice: Notice): Notice {
  const { facts } = notice;
  return facts.kind === 'digest' ? { ...notice, facts: { ...facts, to: facts.to + 1 } } : notice;
}
