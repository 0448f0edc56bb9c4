import { holdOf } from '../../../src/chain/chain.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutageFacts } from '../../../src/notice/notice.ts';
import { updateOutageNotice } from '../../../src/flow/notices/outage-notice.ts';
import { composeOutage } from '../../../src/report/notices.ts';
import { Secret } from '../../../src/secret.ts';
import { FlowWorld, hour, job, minute } from '../flow-world.ts';

const rules = `
rules: [{ name: setup, match: { phase: pre }, retry: { attempts: 1, delay: 30m } }]
outage: { same_step_jobs: 2, within: 1h, hold: 2h }
`;
const ours = 'https://hooks.slack.com/services/OUR/PEOPLE';
const theirs = 'https://hooks.slack.com/services/T/H/EIRS';

/** A world with our own address and channel; the app takes whatever it is given. */
function makeWorld(): FlowWorld {
  const world = new FlowWorld({ rules, settings: { slackWebhook: new Secret(ours), slackChannel: '#ci' } });
  world.flow.publisher = {
    check: async () => ({ ok: true, says: 'bot' }),
    close: () => {},
    write: async () => ({ kind: 'written', place: { channel: 'C1', ts: '1' } }),
  };
  return world;
}

/** A job fails as others do; the token is known if it is the team's, and a stranger brings an address of his own. */
async function failAlike(world: FlowWorld, who: 'team' | 'stranger', number: number): Promise<string> {
  const run = { jobName: `${job}-${number}`, prowJobId: `run-${number}`, buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, outcome: 'pre' });
  world.gangway.others.push(run);
  await world.knownTokens.add('mark of team');
  const slackWebhook = who === 'team' ? null : new Secret(theirs);
  const { chain } = await world.notify(run, { token: new Secret(who), slackWebhook });
  await world.pass(5 * minute);
  return chain.id;
}

async function outages(world: FlowWorld): Promise<OutageFacts[]> {
  return (await world.flow.notices.list()).flatMap(({ facts }) => (facts.kind === 'outage' ? [facts] : []));
}

function linesTo({ heard }: FlowWorld, address: string): string[] {
  return heard.filter((each) => each.address === address).map(({ title }) => title.replaceAll(`${job}-`, ''));
}

test('an outage of strangers’ chains only is held and reported to their addresses, not in our channel', async () => {
  const world = makeWorld();
  world.gangway.badTokens.add('stranger');
  for (const number of [0, 1, 2]) await failAlike(world, 'stranger', number);
  assert.equal((await world.chains()).filter((chain) => holdOf(chain) !== null).length, 3);
  await world.untilQuiet();
  assert.deepEqual(await outages(world), []);
  assert.deepEqual(linesTo(world, ours), []);
  assert.ok(linesTo(world, theirs).some((title) => title.startsWith('An outage')));
  assert.equal(
    (await world.chains()).every(({ card }) => card?.place == null),
    true,
  );
});

test('a stranger’s true failure counts as a sign; our message names our chains alone', async () => {
  const world = makeWorld();
  await failAlike(world, 'stranger', 0);
  const canary = await failAlike(world, 'team', 1);
  await failAlike(world, 'stranger', 2);
  await failAlike(world, 'team', 3);
  const [facts] = await outages(world);
  assert.deepEqual(facts?.members.map(({ jobName }) => jobName).toSorted(), [`${job}-1`, `${job}-3`]);
  assert.equal(facts.canary?.id, canary);
  const text = JSON.stringify(composeOutage(facts));
  assert.ok(!text.includes(`${job}-0`) && !text.includes(`${job}-2`));
});

test('the text of the hold names at our address only our chains, and at theirs only theirs', async () => {
  const world = makeWorld();
  const lines: { address: string; text: string }[] = [];
  const { reporter } = world.flow;
  world.flow.reporter = {
    deliver: async (message, address) => {
      lines.push({ address: address.reveal(), text: message.lines.join(' ') });
      return reporter.deliver(message, address);
    },
  };
  await failAlike(world, 'stranger', 0);
  await failAlike(world, 'team', 1);
  await failAlike(world, 'stranger', 2);
  const held = lines.filter(({ text }) => text.includes('fail alike'));
  assert.deepEqual(held.map(({ address }) => address).toSorted(), [ours, theirs].toSorted());
  for (const { address, text } of held) {
    assert.equal(text.includes(`${job}-1`), address === ours, text);
    assert.equal(text.includes(`${job}-0`), address === theirs, text);
  }
});

test('the canary is one of our chains, even if another chain is due sooner', async () => {
  const world = makeWorld();
  const stranger = await failAlike(world, 'stranger', 0);
  const team = await failAlike(world, 'team', 1);
  const holds = await Promise.all(
    [stranger, team].map(async (id) => holdOf(await world.chain(id))?.canary?.id),
  );
  assert.deepEqual(holds, [team, team]);
});

test('if a stranger’s canary cannot start, the next canary is one of ours', async () => {
  const world = makeWorld();
  world.gangway.badTokens.add('stranger');
  for (const number of [0, 1]) await failAlike(world, 'stranger', number);
  const team = await failAlike(world, 'team', 2);
  await world.until(
    'one of ours goes first',
    async () => holdOf(await world.chain(team))?.canary?.id === team,
  );
  assert.equal(world.gangway.count('create'), 1);
  await world.pass(3 * hour);
  assert.equal(world.gangway.started[0]?.jobName, `${job}-2`);
});

test('a failure that is not proven is no sign of an outage, before and after a restart', async () => {
  const world = makeWorld();
  for (const number of [0, 1, 2]) {
    const run = { jobName: `${job}-${number}`, prowJobId: `run-${number}`, buildId: world.nextBuild() };
    world.bucket.putRun({ ...run, outcome: 'pre' });
    for (const path of world.bucket.objects.keys()) {
      if (path.endsWith('prowjob.json')) world.bucket.objects.delete(path);
    }
    await world.notify(run, { token: new Secret('stranger'), slackWebhook: null });
  }
  await world.pass(5 * hour);
  assert.ok(
    (await world.chains()).every(({ proof, runs }) => proof === 'none' && runs[0]?.status === 'FAILURE'),
  );
  assert.deepEqual(world.flow.failures.list(), []);
  await world.restart();
  assert.deepEqual(world.flow.failures.list(), []);
});

test('an existing message is updated even when none of our chains waits any more', async () => {
  const world = makeWorld();
  await failAlike(world, 'stranger', 0);
  const team = await failAlike(world, 'team', 1);
  await failAlike(world, 'stranger', 2);
  const [before] = await outages(world);
  await world.cancel(team);
  await updateOutageNotice(world.flow, before!);
  const [after] = await outages(world);
  assert.deepEqual(after?.members, []);
});
