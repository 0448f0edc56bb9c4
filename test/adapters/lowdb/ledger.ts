import assert from 'node:assert/strict';
import { StoreUnavailable, type ChainStore } from '../../../src/chain/chain-store.ts';
import { type Chain, closedAtOf } from '../../../src/chain/chain.ts';
import { closeChain, makeChain, makeReport, makeUnproven, prove, same } from '../../contract/chain-store.ts';

interface Line {
  /** The last change that the store said is on disk, as the chain's `tries`; `null`: not even accepted. */
  acknowledged: number | null;
  asked: number;
  /** It may be closed and delivered on disk, acknowledged or not, and pruned since. */
  mayBeGone: boolean;
}

/** What a store was asked for and what it acknowledged, to hold it to. */
export class Ledger {
  #lines = new Map<string, Line>();

  copy(): Ledger {
    const copy = new Ledger();
    copy.#lines = new Map([...this.#lines].map(([id, line]) => [id, { ...line }]));
    return copy;
  }

  async accept(store: ChainStore, chain: Chain): Promise<void> {
    const line = this.#lines.get(chain.id) ?? { acknowledged: null, asked: 0, mayBeGone: false };
    this.#lines.set(chain.id, line);
    await unlessUnavailable(async () => {
      await store.accept(chain, same);
      line.acknowledged ??= 0;
    });
  }

  async change(store: ChainStore, id: string, change: (chain: Chain) => Chain = same): Promise<void> {
    const line = this.#lines.get(id);
    assert.ok(line !== undefined);
    line.asked += 1;
    const tries = line.asked;
    await unlessUnavailable(async () => {
      const changed = await store.update(id, (chain) => {
        const next = { ...change(chain), tries };
        line.mayBeGone ||= closedAtOf(next) !== null && next.outbox.length === 0;
        return next;
      });
      if (changed !== null) line.acknowledged = tries;
    });
  }

  /** Holds a running store to exactly what it acknowledged. */
  async assertShown(store: ChainStore): Promise<void> {
    for (const [id, { acknowledged }] of this.#lines) {
      assert.equal((await store.get(id))?.tries ?? null, acknowledged, id);
    }
  }

  /** Holds a store that was opened again to no less than was acknowledged, and to no more than was asked for. */
  async assertKept(store: ChainStore): Promise<void> {
    const { chains } = await store.page({ limit: 1_000 });
    const kept = new Map(chains.map((chain) => [chain.id, chain.tries]));
    for (const [id, { acknowledged, asked, mayBeGone }] of this.#lines) {
      const tries = kept.get(id);
      if (tries === undefined) assert.ok(acknowledged === null || mayBeGone, `${id} is lost`);
      else assert.ok(tries >= (acknowledged ?? 0) && tries <= asked, `${id} has ${tries} of ${asked}`);
      kept.delete(id);
    }
    assert.equal(kept.size, 0);
  }
}

async function unlessUnavailable(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
  }
}

/** A day in the life of a store: arrivals, repeats, proofs and changes at once, chains that end and are pruned. */
export async function liveThrough(store: ChainStore, ledger: Ledger): Promise<void> {
  const unproven = ['d1', 'd2', 'a5'].map((run, n) => makeUnproven(run, `job-${run[0]}`, 50 + n));
  const chains = ['a1', 'a2', 'b1', 'a3'].map((run, n) => makeChain(run, `job-${run[0]}`, n));
  await Promise.all(unproven.map((chain) => ledger.accept(store, chain)));
  await Promise.all([...chains, ...chains].map((chain) => ledger.accept(store, chain)));
  await Promise.all([...chains, ...chains].map(({ id }) => ledger.change(store, id)));
  const [first, second] = chains.map((chain) => chain.id);
  // The job's name turns out to be another: the chain stays in the document in which it began.
  await ledger.change(store, second ?? '', (chain) => ({ ...chain, jobName: 'job-b' }));
  await ledger.accept(store, makeChain('a2', 'job-b', 5));
  const report = makeReport(10);
  await ledger.change(store, first ?? '', (chain) => closeChain(chain, 10, [report]));
  await Promise.all([
    ledger.change(store, first ?? '', (chain) => closeChain(chain, 10)),
    ledger.change(store, second ?? '', (chain) => closeChain(chain, 11)),
    ledger.accept(store, makeChain('a4', 'job-a', 20)),
  ]);
  await Promise.all([
    ...unproven.map(({ id }) => ledger.change(store, id)),
    ledger.change(store, unproven[2]?.id ?? '', prove),
    ledger.change(store, unproven[2]?.id ?? ''),
  ]);
  await ledger.accept(store, makeChain('c1', 'job-c', 21));
  await ledger.change(store, unproven[0]?.id ?? '', prove);
  await ledger.change(store, unproven[1]?.id ?? '');
  await ledger.change(store, unproven[1]?.id ?? '', prove);
  await ledger.change(store, makeChain('a4').id);
}
