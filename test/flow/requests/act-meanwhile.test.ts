import { wakeAtOf } from '../../../src/chain/chain.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstId as id, FlowWorld, hour, job } from '../flow-world.ts';

function doOnce(what: () => Promise<unknown>): () => Promise<void> {
  let done = false;
  return async () => {
    if (done) return;
    done = true;
    await what();
  };
}

/** Does `what` the first time that something is asked for which `fits`. */
function once(fits: (path: string) => boolean, what: () => Promise<unknown>): (path: string) => unknown {
  const act = doOnce(what);
  return (path) => (fits(path) ? act() : undefined);
}

/** When a person steps in: which state the chain is in by then, and how the moment is caught. */
const moments: [string, (world: FlowWorld, what: () => Promise<unknown>) => void][] = [
  [
    'the run is placed',
    ({ bucket }, what) => void (bucket.onAsked = once((path) => path.endsWith('.txt'), what)),
  ],
  [
    'finished.json is read',
    ({ bucket }, what) => void (bucket.onAsked = once((path) => path.endsWith('finished.json'), what)),
  ],
  [
    'evidence is gathered',
    ({ bucket }, what) => void (bucket.onAsked = once((path) => path.endsWith('operator.xml'), what)),
  ],
  [
    'the history is listed',
    ({ bucket }, what) => void (bucket.onAsked = once((path) => path.endsWith('/'), what)),
  ],
  ['a newer run is looked for', catchSecondList],
  ['the request waits for its turn', ({ gangway }, what) => void (gangway.onTurn = doOnce(what))],
];

function catchSecondList({ bucket, clock }: FlowWorld, what: () => Promise<unknown>): void {
  const begin = clock.now();
  bucket.onAsked = once((path) => path.endsWith('/') && clock.now() > begin, what);
}

for (const [moment, catchMoment] of moments) {
  test(`cancelled while ${moment}: it stays so, is told once, and nothing is sent`, async () => {
    const world = new FlowWorld();
    let asked = '';
    catchMoment(world, async () => void (asked = await world.cancel(id)));
    await world.fail();
    await world.untilQuiet();
    assert.equal(asked, 'done');
    const chain = await world.chain(id);
    assert.deepEqual(
      [
        chain.state,
        chain.decision?.reason,
        wakeAtOf(chain),
        chain.credentials.tokens.length,
        chain.outbox.length,
      ],
      ['skipped', 'cancelled', null, 0, 0],
    );
    assert.equal(world.told.filter((title) => title.includes('cancelled')).length, 1);
    assert.deepEqual(world.gangway.calls, []);
  });
}

for (const [moment, catchMoment] of moments.slice(-2)) {
  test(`a retry demanded while ${moment} is made at once, once, whatever speaks against it`, async () => {
    const budget = 'budgets: [{job: "*", retries: 0, per: 1h}]';
    const world = new FlowWorld({
      rules: `rules: [{name: again, match: {phase: pre}, retry: {attempts: 1, delay: 30m}}]\n${budget}`,
    });
    catchMoment(world, async () => {
      assert.equal(await world.retry(id), 'done');
      if (moment.includes('newer')) {
        world.bucket.putRun({
          jobName: job,
          prowJobId: 'newer',
          buildId: world.nextBuild(),
          outcome: 'pending',
        });
      }
    });
    await world.fail();
    const chain = await world.untilState(id, 'passed', 'skipped', 'needs-human');
    assert.equal(chain.state, 'passed');
    assert.equal(world.gangway.count('create'), 1);
  });

  test(`cancelled and demanded again while ${moment}: one attempt is made`, async () => {
    const world = new FlowWorld();
    catchMoment(world, async () => {
      assert.equal(await world.cancel(id), 'done');
      assert.equal(await world.retry(id), 'done');
    });
    await world.fail();
    await world.untilState(id, 'passed');
    assert.equal(world.gangway.count('create'), 1);
  });
}

test('cancelled while Gangway is asked late: it stays so, though Gangway says that the run has failed', async () => {
  const world = new FlowWorld();
  await world.fail('pending');
  world.gangway.lookups.push(async () => {
    await world.cancel(id);
    return { kind: 'found', status: 'FAILURE', jobUrl: null, jobName: job };
  });
  await world.untilQuiet();
  const chain = await world.chain(id);
  assert.deepEqual([chain.state, chain.decision?.reason], ['skipped', 'cancelled']);
  assert.deepEqual(world.told, [`${job} is not tried again: cancelled`]);
});

test('cancelled while its attempt is followed: how that ends is not told', async () => {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'following');
  world.bucket.onAsked = once(
    (path) => path.endsWith('finished.json'),
    () => world.cancel(id),
  );
  await world.pass(3 * hour);
  assert.equal((await world.chain(id)).decision?.reason, 'cancelled');
  assert.equal(world.told.filter((title) => /passed|failed again/.test(title)).length, 0);
  assert.equal(world.told.at(-1), `${job} is not tried again: cancelled`);
});
