import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainIdOf } from '../../../src/chain/accept.ts';
import { TooManyUnproven } from '../../../src/chain/chain-store.ts';
import { FirstChecks } from '../../../src/flow/accept/first-checks.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { firstId, FlowWorld, job } from '../flow-world.ts';

const bounds = { inAll: 3, ofOneJob: 2, inLine: 2 };

/** Notifications that were let in, and those that were refused, in the order in which that came out. */
function openLine() {
  const clock = new VirtualClock();
  const looks = new FirstChecks(clock, bounds);
  const outcomes: string[] = [];
  const arrive = (id: string, jobName: string): void =>
    void looks.enter(id, jobName).then(
      () => outcomes.push(id),
      (error: unknown) => {
        assert.ok(error instanceof TooManyUnproven);
        outcomes.push(`not ${id}`);
      },
    );
  const settle = () => new Promise(setImmediate);
  return { clock, looks, outcomes, arrive, settle };
}

test('no more chains wait for their first look than there is room for, of a job and in all', async () => {
  const { looks, outcomes, arrive, settle } = openLine();
  for (const id of ['a1', 'a2', 'a3']) arrive(id, 'a');
  arrive('b1', 'b');
  arrive('c1', 'c');
  await settle();
  assert.deepEqual(outcomes, ['a1', 'a2', 'b1']);
  // There is room for one more in all, and of job a, too.
  looks.forget(['a1']);
  await settle();
  looks.forget(['b1']);
  await settle();
  assert.deepEqual(outcomes, ['a1', 'a2', 'b1', 'a3', 'c1']);
});

test('who finds the line full is refused at once, and who waits in it after ten seconds', async () => {
  const { clock, looks, outcomes, arrive, settle } = openLine();
  for (const id of ['a1', 'a2', 'a3', 'a4', 'a5']) arrive(id, 'a');
  await settle();
  assert.deepEqual(outcomes, ['a1', 'a2', 'not a5']);
  clock.advance(10_000);
  await settle();
  assert.deepEqual(outcomes, ['a1', 'a2', 'not a5', 'not a3', 'not a4']);
  // Their places in the line are free, and nothing is owed to them.
  looks.forget(['a1']);
  arrive('a6', 'a');
  await settle();
  assert.equal(outcomes.at(-1), 'a6');
});

test('a chain makes room once it was looked at, or is forgotten, and only once', async () => {
  const world = new FlowWorld();
  await world.fail('pending');
  const waiting = { ...(await world.chain(firstId)), tries: 0, proof: 'none' } as const;
  const { looks, outcomes, arrive, settle } = openLine();
  for (const id of ['one', 'other']) looks.see({ ...waiting, id });
  arrive('next', job);
  looks.see({ ...waiting, id: 'one', tries: 1 });
  looks.see({ ...waiting, id: 'one', tries: 2 });
  await settle();
  assert.deepEqual(outcomes, ['next']);
  arrive('last', job);
  looks.forget(['one']);
  await settle();
  assert.deepEqual(outcomes, ['next']);
  looks.see({ ...waiting, id: 'other', proof: 'listed' });
  await settle();
  assert.deepEqual(outcomes, ['next', 'last']);
});

test('a repeat, and a caller who showed the secret, wait for no room', async () => {
  const world = new FlowWorld();
  world.flow.firstChecks.enter = () => Promise.reject(new TooManyUnproven());
  const run = { jobName: job, prowJobId: 'trusted', buildId: world.nextBuild() };
  await world.notify(run, { isTrusted: true });
  await world.notify(run);
  await assert.rejects(world.notify({ ...run, prowJobId: 'other' }), TooManyUnproven);
  assert.equal((await world.chain(chainIdOf('trusted'))).jobName, job);
});
