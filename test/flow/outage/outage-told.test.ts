import { holdOf } from '../../../src/chain/chain.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreUnavailable } from '../../../src/chain/chain-store.ts';
import { Secret } from '../../../src/secret.ts';
import { FlowWorld, job, minute } from '../flow-world.ts';

const rules = `
rules: [{ name: setup, match: { phase: pre }, retry: { attempts: 1, delay: 30m } }]
outage: { same_step_jobs: 2, within: 1h, hold: 2h }
`;

/** A run of another job fails in the same way, five minutes after the one before, and reports to this channel. */
async function failAlike(world: FlowWorld, number: number, channel: string): Promise<void> {
  const jobName = `${job}-${number}`;
  const run = { jobName, prowJobId: `run-${number}`, buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, outcome: 'pre' });
  world.gangway.others.push(run);
  await world.notify(run, { slackWebhook: new Secret(channel) });
  await world.pass(5 * minute);
}

function heldIn({ heard }: FlowWorld, channel: string): string[] {
  const titles = heard.filter(({ address }) => address === channel).map(({ title }) => title);
  return titles
    .filter((title) => title.startsWith('An outage:'))
    .map((title) => title.replaceAll(`${job}-`, ''));
}

test('each channel hears of a hold once, and who joins it later brings his own', async () => {
  const world = new FlowWorld({ rules });
  for (const [number, channel] of ['a', 'b', 'b', 'c', 'c', 'a'].entries())
    await failAlike(world, number, channel);
  assert.deepEqual(heldIn(world, 'a'), ['An outage: 0 goes first with attempt 1, others wait for it']);
  assert.deepEqual(heldIn(world, 'b'), ['An outage: 1 waits for another job that goes first']);
  assert.deepEqual(heldIn(world, 'c'), ['An outage: 3 waits for another job that goes first']);
});

test('a chain that reports to two channels tells both, and a channel that two chains share hears once', async () => {
  const world = new FlowWorld({ rules, attempts: ['pre'] });
  await failAlike(world, 0, 'a');
  const run = { jobName: `${job}-1`, prowJobId: 'run-1', buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, outcome: 'pre' });
  await world.notify(run, { slackWebhook: new Secret('a') });
  await world.notify(run, { slackWebhook: new Secret('b') });
  await world.pass(5 * minute);
  assert.deepEqual([heldIn(world, 'a').length, heldIn(world, 'b').length], [1, 1]);
  await world.untilQuiet();
  const lasted = world.heard.filter(({ title }) => title.startsWith('An outage lasted'));
  assert.deepEqual(lasted.map(({ address }) => address).toSorted(), ['a', 'b']);
});

for (const [moment, topics] of [
  ['before anybody was told', 0],
  ['before the second channel was', 1],
] as const) {
  test(`killed while a hold begins, ${moment}: every channel hears after the next start`, async () => {
    const world = new FlowWorld({ rules });
    await failAlike(world, 0, 'a');
    const { store } = world;
    const update = store.update.bind(store);
    let told = 0;
    store.update = (id, change) =>
      update(id, (chain) => {
        const changed = change(chain);
        const isTelling = holdOf(chain)?.announced === false && holdOf(changed)?.announced === true;
        if (isTelling && told++ >= topics) throw new StoreUnavailable('killed');
        return changed;
      });
    await failAlike(world, 1, 'b');
    assert.equal(heldIn(world, 'a').length + heldIn(world, 'b').length, topics);
    store.update = update;
    await world.restart();
    await world.pass(minute);
    assert.deepEqual([heldIn(world, 'a').length, heldIn(world, 'b').length], [1, 1]);
  });
}

test('killed before people heard of a hold in which nobody waits yet: they hear after the next start', async () => {
  const world = new FlowWorld({
    rules: rules.replace('[{', '[{ name: left, match: { job: "*-1" }, retry: never }, {'),
  });
  await failAlike(world, 0, 'a');
  const { store } = world;
  const update = store.update.bind(store);
  store.update = (id, change) =>
    update(id, (chain) => {
      const changed = change(chain);
      if (holdOf(changed)?.announced === true) throw new StoreUnavailable('killed');
      return changed;
    });
  await failAlike(world, 1, 'b');
  const held = (await world.chains()).filter((chain) => holdOf(chain) !== null);
  assert.deepEqual(
    held.map((chain) => [chain.state, holdOf(chain)?.announced]),
    [['scheduled', false]],
  );
  store.update = update;
  await world.restart();
  await world.pass(minute);
  assert.equal(heldIn(world, 'a').length, 1);
});
