import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chain } from '../../src/chain/chain.ts';
import { StoreUnavailable } from '../../src/chain/chain-store.ts';
import { MemoryChainStore } from '../chain/memory-chain-store.ts';
import { ChainWorker } from '../../src/flow/chain-worker.ts';
import { firstId as id, FlowWorld } from './flow-world.ts';

/** A store whose `get` fails at the given calls, counted from 1. */
class ForgetfulStore extends MemoryChainStore {
  readonly #fails: (call: number) => boolean;
  #calls = 0;

  constructor(fails: (call: number) => boolean) {
    super();
    this.#fails = fails;
  }

  override async get(chainId: string): Promise<Chain | null> {
    this.#calls += 1;
    if (this.#fails(this.#calls)) throw new StoreUnavailable('EMFILE');
    return super.get(chainId);
  }

  // The other store's `get` stands for the disk here.
  override async update(chainId: string, change: (chain: Chain) => Chain): Promise<Chain | null> {
    const known = await super.get(chainId);
    if (known === null) return null;
    const changed = change(known);
    this.put(changed);
    return changed;
  }
}

for (let call = 1; call <= 12; call += 1) {
  test(`a store that can not be read once, at the worker’s read number ${call}, strands no chain`, async () => {
    // The notification's own read comes first.
    const world = new FlowWorld({ store: new ForgetfulStore((each) => each === call + 1) });
    await world.fail();
    await world.until('it has passed', async () => (await world.chains())[0]?.state === 'passed');
    await world.untilQuiet();
    assert.equal(world.told.length, 3);
    assert.equal(world.gangway.count('create'), 1);
  });
}

test('a store that can not be read for a while is asked again with growing pauses', async () => {
  const world = new FlowWorld({ store: new ForgetfulStore((call) => call > 1 && call < 40) });
  await world.fail();
  await world.until('it has passed', async () => (await world.chains())[0]?.state === 'passed');
  await world.untilQuiet();
  assert.equal(world.told.length, 3);
});

test('a task that throws is done again, with growing pauses, and nothing of it is lost', async () => {
  const world = new FlowWorld();
  const times: number[] = [];
  world.bucket.onAsked = (path) => {
    if (!path.endsWith('operator.xml') || times.length === 8) return;
    times.push(world.clock.now());
    throw new Error('a bug');
  };
  await world.fail();
  const chain = await world.untilState(id, 'passed');
  assert.equal(chain.runs.length, 2);
  const pauses = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1000);
  assert.deepEqual(pauses, [5, 10, 20, 40, 80, 160, 320]);
});

test('what a person does while a task waits to be done again is done at once', async () => {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'scheduled');
  world.gangway.onTurn = () => {
    throw new Error('a bug');
  };
  await world.until('it was tried', () => world.logs.some((line) => line.includes('work failed')));
  assert.equal(await world.cancel(id), 'done');
  await world.untilQuiet();
  assert.equal((await world.chain(id)).decision?.reason, 'cancelled');
});

test('the log says of each chain how it ended, and warns where a person is needed', async () => {
  const world = new FlowWorld({ attempts: ['pass'] });
  await world.fail();
  await world.untilState(id, 'passed');
  const other = await world.fail('pending');
  await world.untilState(other, 'needs-human');
  const ends = world.logs
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === 'chain ended')
    .map(({ level, chain, state }) => [level, chain, state]);
  assert.deepEqual(ends, [
    ['info', id, 'passed'],
    ['warn', other, 'needs-human'],
  ]);
});

test('a start tells of chains whose tokens no key opens', async () => {
  const world = new FlowWorld();
  await world.fail();
  world.flow = { ...world.flow, seal: { ...world.flow.seal, open: () => null } };
  const worker = new ChainWorker(world.flow);
  for (const chain of await world.chains()) worker.takeUp(chain);
  worker.start();
  const line = world.logs.find((each) => each.includes('no key opens the tokens of some chains'));
  assert.match(line ?? '', /"level":"error".*"chains":1/);
});
