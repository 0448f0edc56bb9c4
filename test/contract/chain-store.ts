import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { ChainStore } from '../../src/chain/chain-store.ts';
import { openChain } from '../../src/chain/accept.ts';
import { type Chain, isOpen, type OutgoingReport } from '../../src/chain/chain.ts';
import { openRun } from '../../src/chain/run.ts';
import { move } from '../../src/chain/move.ts';
import { testOnEach } from './test-on-each.ts';

const brought = { token: { fingerprint: 'm', sealed: 'sealed-token' }, slack: null, slackErrors: null };

/** A proven chain. */
export function makeChain(prowJobId: string, jobName = 'periodic-ci-a', createdAt = 1_000): Chain {
  return { ...makeUnproven(prowJobId, jobName, createdAt), trust: 'secret' };
}

/** A chain as anybody can make one. */
export function makeUnproven(prowJobId: string, jobName = 'periodic-ci-a', createdAt = 1_000): Chain {
  return openChain({ jobName, prowJobId, buildId: `1${prowJobId.length}` }, brought, createdAt);
}

export function prove(chain: Chain): Chain {
  return { ...chain, proof: 'failed' };
}

export function addRun(chain: Chain, prowJobId: string): Chain {
  const run = openRun(prowJobId, null, chain.runs.length, chain.updatedAt);
  const { createdAt: wakeAt } = chain;
  const due = { state: 'scheduled', wakeAt, manual: false, intent: null } as const;
  const started = { ...move(chain, 'scheduled', due, wakeAt), runs: [...chain.runs, run] };
  return move(started, 'created', { state: 'following', wakeAt }, chain.updatedAt);
}

export function closeChain(chain: Chain, closedAt: number, outbox: OutgoingReport[] = []): Chain {
  const ended = { state: 'skipped', closedAt, missing: null } as const;
  return isOpen(chain)
    ? { ...move(chain, 'refused', ended, closedAt), outbox }
    : { ...chain, closedAt, outbox };
}

export function makeReport(at: number): OutgoingReport {
  const to = [{ id: { kind: 'default' as const }, tries: 0, nextTryAt: at }];
  return { topic: 'not-retried', attempt: 0, at, decision: null, to };
}

/** What a notification adds nothing to. */
export function same(chain: Chain): Chain {
  return chain;
}

export function countUp(chain: Chain): Chain {
  return { ...chain, tries: chain.tries + 1 };
}

/** A store to test, empty, and the way to be done with it. */
export interface StoreUnderTest {
  store: ChainStore;
  stop: () => Promise<void>;
}

/** What every store of chains must do; run it with a factory of empty stores. */
export function testChainStore(name: string, openStore: () => Promise<StoreUnderTest>): void {
  const each = testOnEach(openStore);
  function test(what: string, body: (store: ChainStore) => Promise<void>): void {
    each(what, ({ store }) => body(store));
  }

  describe(name, () => {
    describe('accept', () => testAccept(test));
    describe('update', () => testUpdate(test));
    describe('page', () => testPage(test));
    describe('listUnsettled', () => testUnsettled(test));
  });
}

type Test = (what: string, body: (store: ChainStore) => Promise<void>) => void;

function testAccept(test: Test): void {
  test('keeps a new chain and gives it back whole', async (store) => {
    const chain = makeChain('run-1');
    assert.deepEqual(await store.accept(chain, same), { chain, known: false, displaced: [] });
    assert.deepEqual(await store.get(chain.id), chain);
    assert.equal(await store.get('another'), null);
  });

  test('answers a repeat with the chain that is there', async (store) => {
    const chain = makeChain('run-1');
    await store.accept(chain, same);
    const later = makeChain('run-1', 'periodic-ci-a', 2_000);
    assert.deepEqual(await store.accept(later, same), { chain, known: true, displaced: [] });
    assert.equal((await store.page({ limit: 10 })).chains.length, 1);
  });

  test('keeps what a repeat adds', async (store) => {
    const chain = makeChain('run-1');
    await store.accept(chain, same);
    const joined = await store.accept(chain, (known) => ({
      ...known,
      reportedLocations: [{ jobName: 'periodic-ci-b', buildId: '7' }],
    }));
    assert.equal(joined.known, true);
    assert.deepEqual(joined.chain.reportedLocations, [{ jobName: 'periodic-ci-b', buildId: '7' }]);
    assert.deepEqual(await store.get(chain.id), joined.chain);
  });

  test('joins a chain by any of its runs, also under the name of another job', async (store) => {
    const chain = makeChain('run-1');
    await store.accept(chain, same);
    await store.update(chain.id, (known) => addRun(known, 'run-2'));
    const { chain: joined, known } = await store.accept(makeChain('run-2', 'periodic-ci-b'), same);
    assert.deepEqual([joined.id, known], [chain.id, true]);
  });

  test('lets exactly one of two at once be the first', async (store) => {
    const answers = await Promise.all([1, 2, 3].map(() => store.accept(makeChain('run-1'), countUp)));
    assert.equal(answers.filter((answer) => !answer.known).length, 1);
    assert.equal((await store.get(makeChain('run-1').id))?.tries, 2);
  });

  for (const jobs of [200, 1]) {
    test(`takes 200 at once on ${jobs} job(s)`, async (store) => {
      const chains = Array.from({ length: 200 }, (_, n) => makeChain(`run-${n}`, `job-${n % jobs}`, n));
      await Promise.all(chains.map((chain) => store.accept(chain, same)));
      const { chains: listed } = await store.page({ limit: 1_000 });
      assert.deepEqual(listed, chains.toReversed());
    });
  }
}

function testUpdate(test: Test): void {
  test('answers the changed chain and keeps it', async (store) => {
    const { id } = (await store.accept(makeChain('run-1'), same)).chain;
    const changed = await store.update(id, (chain) => ({ ...chain, highestAttempt: 3 }));
    assert.equal(changed?.highestAttempt, 3);
    assert.deepEqual(await store.get(id), changed);
  });

  test('answers null for a chain that is not there', async (store) => {
    assert.equal(await store.update('nobody', countUp), null);
  });

  test('takes another job’s name for a chain, and finds it by that one from then on', async (store) => {
    const { id } = (await store.accept(makeChain('run-1', 'named-wrongly'), same)).chain;
    await store.accept(makeChain('run-2', 'another'), same);
    const renamed = await store.update(id, (chain) => ({ ...chain, jobName: 'another' }));
    await store.update(id, countUp);
    assert.deepEqual(await store.get(id), countUp(renamed ?? makeChain('none')));
    const listed = await store.page({ matchesJob: (name) => name === 'another', limit: 10 });
    assert.equal(listed.chains.length, 2);
    assert.equal(
      (await store.page({ matchesJob: (name) => name === 'named-wrongly', limit: 10 })).chains.length,
      0,
    );
    const repeat = await store.accept(makeChain('run-1', 'another'), same);
    assert.deepEqual([repeat.chain.id, repeat.known], [id, true]);
    assert.equal((await store.listUnsettled()).length, 2);
  });

  test('never lets changes of one chain overlap', async (store) => {
    const { id } = (await store.accept(makeChain('run-1'), same)).chain;
    const answers = await Promise.all(Array.from({ length: 50 }, () => store.update(id, countUp)));
    assert.deepEqual(
      answers.map((chain) => chain?.tries),
      Array.from({ length: 50 }, (_, n) => n + 1),
    );
    assert.equal((await store.get(id))?.tries, 50);
  });

  test('changes chains of one job at once and mixes none up', async (store) => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => (await store.accept(makeChain(`run-${n}`), same)).chain.id),
    );
    await Promise.all(ids.map((id, n) => store.update(id, (chain) => ({ ...chain, tries: n }))));
    const tries = await Promise.all(ids.map(async (id) => (await store.get(id))?.tries));
    assert.deepEqual(tries, [...ids.keys()]);
  });

  test('changes nothing when the change throws, and passes the error on', async (store) => {
    const { chain } = await store.accept(makeChain('run-1'), same);
    const refusal = new Error('cannot be cancelled any more');
    const [refused, counted] = await Promise.allSettled([
      store.update(chain.id, () => {
        throw refusal;
      }),
      store.update(chain.id, countUp),
    ]);
    assert.equal(refused.status === 'rejected' && refused.reason, refusal);
    assert.equal(counted.status, 'fulfilled');
    assert.deepEqual(await store.get(chain.id), countUp(chain));
  });
}

function testPage(test: Test): void {
  test('lists newest first, and by id where the time is the same', async (store) => {
    const chains = [
      makeChain('b', 'x', 5),
      makeChain('a', 'y', 5),
      makeChain('c', 'x', 9),
      makeChain('d', 'x', 1),
    ];
    for (const chain of chains) await store.accept(chain, same);
    const { chains: listed, next } = await store.page({ limit: 10 });
    const expected = chains.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
    assert.deepEqual(listed, expected);
    assert.equal(next, null);
  });

  test('pages through all of it, each chain once, while newer ones arrive', async (store) => {
    for (let n = 0; n < 7; n += 1)
      await store.accept(makeChain(`run-${n}`, `job-${n % 2}`, n < 4 ? 10 : n), same);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await store.page(after === null ? { limit: 3 } : { limit: 3, after });
      assert.ok(page.chains.length <= 3);
      seen.push(...page.chains.map((chain) => chain.id));
      await store.accept(makeChain(`newer-${seen.length}`, 'job-0', 1_000), same);
      after = page.next;
    } while (after !== null);
    assert.equal(seen.length, 7);
    assert.equal(new Set(seen).size, 7);
  });

  test('ends with null when the last page is just full', async (store) => {
    for (let n = 0; n < 4; n += 1) await store.accept(makeChain(`run-${n}`), same);
    const first = await store.page({ limit: 2 });
    assert.ok(first.next !== null);
    assert.equal((await store.page({ limit: 2, after: first.next })).next, null);
  });

  test('filters by job and by state', async (store) => {
    for (let n = 0; n < 6; n += 1) await store.accept(makeChain(`run-${n}`, `job-${n % 2}`, n), same);
    const { chains: all } = await store.page({ limit: 10 });
    for (const { id } of all.slice(0, 3)) await store.update(id, (chain) => closeChain(chain, 50));
    const query = { matchesJob: (name: string) => name === 'job-1', states: ['skipped'] as const, limit: 1 };
    const first = await store.page(query);
    const second = await store.page({ ...query, after: first.next ?? '' });
    const found = [...first.chains, ...second.chains];
    assert.deepEqual(
      found.map((chain) => [chain.jobName, chain.state, chain.createdAt]),
      [
        ['job-1', 'skipped', 5],
        ['job-1', 'skipped', 3],
      ],
    );
    assert.equal(second.next, null);
  });

  test('refuses an `after` that no page gave', async (store) => {
    for (const run of ['run-1', 'run-2']) await store.accept(makeChain(run), same);
    const { next } = await store.page({ limit: 1 });
    assert.equal((await store.page({ limit: 1, after: next ?? '' })).chains.length, 1);
    for (const after of [`${next}!`, '', 'garbage', '!', Buffer.from('[1]').toString('base64url')]) {
      await assert.rejects(store.page({ limit: 1, after }), RangeError);
    }
  });
}

function testUnsettled(test: Test): void {
  test('lists what is open and what has a report to deliver', async (store) => {
    const chains = ['open', 'done', 'telling'].map((run, n) => makeChain(run, `job-${n}`));
    for (const chain of chains) await store.accept(chain, same);
    const [open, done, telling] = chains.map((chain) => chain.id);
    await store.update(done ?? '', (chain) => closeChain(chain, 50));
    await store.update(telling ?? '', (chain) => closeChain(chain, 50, [makeReport(60)]));
    const listed = (await store.listUnsettled()).map((chain) => chain.id);
    assert.deepEqual(new Set(listed), new Set([open, telling]));

    await store.update(telling ?? '', (chain) => ({ ...chain, outbox: [] }));
    assert.deepEqual(
      (await store.listUnsettled()).map((chain) => chain.id),
      [open],
    );
  });
}
