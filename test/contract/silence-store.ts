import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { SilenceStore, Silence } from '../../src/rules/decide/silence.ts';
import { testOnEach } from './test-on-each.ts';

export function makeSilence(id: string, until: number): Silence {
  return { id, job: `periodic-ci-${id}-*`, until, author: 'Zoë', comment: 'no "quota"\\ 🙈' };
}

/** A store to test, empty, and the way to be done with it. */
export interface SilencesUnderTest {
  store: SilenceStore;
  stop: () => Promise<void>;
}

/** What every store of silences must do; run it with a factory of empty stores. */
export function testSilenceStore(name: string, openStore: () => Promise<SilencesUnderTest>): void {
  const each = testOnEach(openStore);
  function test(what: string, body: (store: SilenceStore) => Promise<void>): void {
    each(what, ({ store }) => body(store));
  }
  describe(name, () => testAll(test));
}

function testAll(test: (what: string, body: (store: SilenceStore) => Promise<void>) => void): void {
  test('has none at first', async (store) => {
    assert.deepEqual(await store.list(0), []);
    assert.equal(await store.remove('nothing'), false);
  });

  test('lists those that are not over, the soonest to end first', async (store) => {
    const [late, soon, between] = [makeSilence('a', 900), makeSilence('b', 200), makeSilence('c', 500)];
    for (const silence of [late, soon, between]) await store.add(silence);
    assert.deepEqual(await store.list(0), [soon, between, late]);
    assert.deepEqual(await store.list(199), [soon, between, late]);
    assert.deepEqual(await store.list(200), [between, late]);
    assert.deepEqual(await store.list(900), []);
  });

  test('ends a silence once', async (store) => {
    const [one, other] = [makeSilence('a', 100), makeSilence('b', 200)];
    await store.add(one);
    await store.add(other);
    assert.equal(await store.remove(one.id), true);
    assert.deepEqual(await store.list(0), [other]);
    assert.equal(await store.remove(one.id), false);
    assert.equal(await store.remove('__proto__'), false);
  });

  test('takes the same silence twice for one', async (store) => {
    await store.add(makeSilence('a', 100));
    await store.add(makeSilence('a', 100));
    assert.deepEqual(await store.list(0), [makeSilence('a', 100)]);
  });

  test('loses none of many changes at once', async (store) => {
    const all = Array.from({ length: 50 }, (_, number) => makeSilence(`s-${number}`, 1_000 + number));
    await Promise.all(all.map((silence) => store.add(silence)));
    assert.deepEqual(await store.list(0), all);
    const ended = await Promise.all(all.slice(10).flatMap(({ id }) => [store.remove(id), store.remove(id)]));
    assert.equal(ended.filter(Boolean).length, 40);
    assert.deepEqual(await store.list(0), all.slice(0, 10));
  });
}
