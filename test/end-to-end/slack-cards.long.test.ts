import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import type { ChannelMessage } from '../prow/slack/workspace.ts';
import { World, type WorldOptions } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const minute = 60_000;

interface Fixture {
  world: World;
  /** The only card; fails where there is another number of them. */
  card: () => ChannelMessage;
  /** What a person reads of it. */
  face: () => string;
  /** The titles of what is told under it. */
  thread: () => string[];
}

async function setUp(t: TestContext, plan: RunPlan[], options: WorldOptions = {}): Promise<Fixture> {
  const world = await World.start(t, { slackApp: true, ...options });
  const { api } = world.prow.slack;
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);
  const card = () => {
    assert.equal(api.cards.length, 1, api.cards.map((each) => each.text).join('\n'));
    return api.cards[0]!;
  };
  const face = () => api.read(card());
  const thread = () => api.thread(card().ts).map(({ text }) => text.split('\n')[0] ?? '');
  return { world, card, face, thread };
}

async function untilCard(world: World, says: string | RegExp): Promise<void> {
  const { api } = world.prow.slack;
  await world.until(`a card says ${says}`, () =>
    api.cards.some((card) => (typeof says === 'string' ? card.text.includes(says) : says.test(card.text))),
  );
}

suite('the one message of a chain', () => {
  test('is posted once and rewritten in place until the outcome, its history in the thread', async (t) => {
    const { world, card, face, thread } = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    await untilCard(world, /^Scheduled \d\d:\d\d UTC/);
    const { ts } = card();
    const colour = () => card().attachments[0]?.['color'];
    const waiting = colour();
    assert.match(face(), /setup-failure/);
    assert.match(face(), /pre, step/);
    await untilCard(world, 'Running, attempt 1');
    assert.notEqual(colour(), waiting);
    await untilCard(world, 'Passed on attempt 1');
    await world.until('all is told', async () => (await world.service.store.listUnsettled()).length === 0);
    assert.equal(card().ts, ts);
    assert.match(face(), /1 SUCCESS after/);
    assert.deepEqual(
      thread().map((title) => title.replaceAll('*', '').replace(/at \d\d:\d\d UTC/, 'at HH:MM UTC')),
      [
        `${job} failed and will be tried again at HH:MM UTC`,
        `${job} was triggered again: attempt 1`,
        `${job} passed on attempt 1: a flake`,
      ],
    );
    assert.equal(world.messages.length, 0);
  });

  test('goes on in place after a restart', async (t) => {
    const { world, card } = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    await untilCard(world, 'Scheduled');
    const { ts } = card();
    await world.restart();
    await untilCard(world, 'Passed on attempt 1');
    assert.equal(card().ts, ts);
  });

  test('is posted anew where somebody deleted it', async (t) => {
    const { world, card, thread } = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    await untilCard(world, 'Scheduled');
    const { ts } = card();
    world.prow.slack.api.delete(ts);
    await untilCard(world, 'Passed on attempt 1');
    await world.until('all is told', async () => (await world.service.store.listUnsettled()).length === 0);
    assert.notEqual(card().ts, ts);
    assert.ok(thread().some((title) => title.includes('passed on attempt 1')));
  });

  test('stands in the channel that its rule names', async (t) => {
    const rules = `
rules:
  - name: set-up
    owner: team-aws
    issue: OCPBUGS-7
    channel: "#team-aws"
    match: {phase: [pre]}
    retry: {attempts: 1, delay: 30m}
`;
    const { world, card, face } = await setUp(t, [{ outcome: 'fail-pre' }], { rules });
    const channel = world.prow.slack.api.addChannel('team-aws');
    await untilCard(world, 'Failed again on attempt 1');
    assert.equal(card().channel, channel.id);
    assert.match(face(), /team-aws/);
    assert.match(face(), /OCPBUGS-7/);
  });

  test('does not come for a run that no rule speaks of', async (t) => {
    const { world } = await setUp(t, [{ outcome: 'fail-test' }]);
    await world.untilState('skipped');
    await world.until('all is told', async () => (await world.service.store.listUnsettled()).length === 0);
    assert.deepEqual(world.prow.slack.api.cards, []);
  });

  test('delays no trigger while Slack is away, and shows the outcome once it is back', async (t) => {
    const { world, face } = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    await world.untilState('scheduled');
    await world.prow.slack.down();
    await world.untilState('passed');
    await world.prow.slack.up();
    await untilCard(world, 'Passed on attempt 1');
    assert.match(face(), /Passed on attempt 1/);
  });

  test('honours Retry-After, and comes all the same', async (t) => {
    const { world } = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    const { api } = world.prow.slack;
    api.fail({ method: 'chat.postMessage', status: 429, retryAfter: 120 });
    await untilCard(world, 'Scheduled');
    const [refused, taken] = api.calls.filter(({ method }) => method === 'chat.postMessage');
    assert.ok(taken!.at - refused!.at >= 2 * minute);
  });

  test('is told beside the addresses that a notification brings', async (t) => {
    const { world } = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }]);
    world.bringsHooks = true;
    await untilCard(world, 'Passed on attempt 1');
    await world.until('all is told', async () => (await world.service.store.listUnsettled()).length === 0);
    assert.equal(world.messages.length, 3);
  });

  test('is rewritten once for changes within two seconds', async (t) => {
    const { world, card } = await setUp(t, [{ outcome: 'fail-pre' }, { outcome: 'pass' }], {
      env: { RETRIGGER_API_TOKEN: 'api' },
    });
    await untilCard(world, 'Scheduled');
    const { edits } = card();
    const [chain] = await world.chains();
    await fetch(`${world.service.url}/api/v1/chains/${chain!.id}/retry`, {
      method: 'POST',
      headers: { authorization: 'Bearer api' },
    });
    // Scheduled for now, being triggered, and running.
    await untilCard(world, 'Running, attempt 1');
    assert.equal(card().edits, edits + 1);
  });
});
