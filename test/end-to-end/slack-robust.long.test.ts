import assert from 'node:assert/strict';
import { suite, test, type TestContext } from 'node:test';
import { hour, minute } from '../prow/prow-for-test.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World, type WorldOptions } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const flake: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];
const rules = 'rules: [{ name: setup, match: { phase: pre }, retry: { attempts: 1, delay: 30m } }]';
const story = ['will be tried again', 'was triggered again', 'passed on attempt 1'];

async function setUp(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const env = { RETRIGGER_POLL_INTERVAL: '2m', ...options.env };
  const world = await World.start(t, { slackApp: true, rules, ...options, env });
  fail(world, job);
  return world;
}

/** A run of the job that fails, and passes when it is tried again. */
function fail({ prow }: World, name: string): void {
  prow.defineJob({ name, type: 'periodic', plan: flake });
  prow.startRun(name);
}

function cardsOf({ prow }: World, name = job) {
  return prow.slack.api.cards.filter(({ text }) => text.includes(name));
}

function untilCard(world: World, says: string, name = job): Promise<void> {
  return world.until(`the card says ${says}`, () =>
    cardsOf(world, name).some(({ text }) => text.includes(says)),
  );
}

function untilSettled(world: World): Promise<void> {
  return world.until('all is told', async () => (await world.service.store.listUnsettled()).length === 0);
}

/** The lines of the log with this message. */
function saidOf({ logs }: World, msg: string): Record<string, unknown>[] {
  return logs
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line['msg'] === msg);
}

/** Holds that the only card tells the end, and its thread the whole story once. */
function holdWhole(world: World): void {
  const [card, ...more] = cardsOf(world);
  assert.ok(card);
  assert.deepEqual(more, []);
  assert.match(card.text, /^Passed on attempt 1/);
  const thread = world.prow.slack.api.thread(card.ts);
  assert.equal(thread.length, story.length, thread.map(({ text }) => text).join('\n'));
  for (const [at, words] of story.entries()) assert.ok(thread[at]?.text.includes(words), words);
}

suite('on a bad day of Slack', () => {
  test('a token that is revoked for hours delays what people read and nothing else', async (t) => {
    const world = await setUp(t);
    const { api } = world.prow.slack;
    await untilCard(world, 'Scheduled');
    const { next_attempt_at: dueAt } = await world.untilState('scheduled');
    api.tokens.revoke(api.botToken);
    await world.until('it is tried again', () => world.prow.runs.length === 2);
    assert.ok(world.clock.now() - Date.parse(dueAt!) < minute, 'the trigger waited');
    await world.untilState('passed');
    await world.until('hours later', () => world.clock.now() > Date.parse(dueAt!) + 6 * hour);
    const delayed = saidOf(world, 'card is delayed');
    assert.ok(delayed.length > 0 && delayed.length < 60, `${delayed.length} lines`);
    assert.match(String(delayed[0]?.['why']), /token_revoked: give SLACK_BOT_TOKEN/);
    api.tokens.allow(api.botToken);
    await untilSettled(world);
    holdWhole(world);
  });

  test('a channel that stays archived is given up after a day, and an operator is told', async (t) => {
    const world = await setUp(t);
    world.prow.slack.api.workspace.channels[0]!.isArchived = true;
    await world.untilState('passed');
    const endedAt = world.clock.now();
    await untilSettled(world);
    assert.ok(world.clock.now() - endedAt < 26 * hour);
    const [line] = saidOf(world, 'card could not be written');
    assert.equal(line?.['level'], 'error');
    assert.match(String(line?.['why']), /is_archived/);
    assert.deepEqual(world.prow.slack.api.cards, []);
  });

  test('an app that was not invited says so, and tells all once it is', async (t) => {
    const world = await setUp(t);
    const [channel] = world.prow.slack.api.workspace.channels;
    channel!.isMember = false;
    await world.untilState('passed');
    assert.match(String(saidOf(world, 'card is delayed')[0]?.['why']), /invite the app to the channel/);
    channel!.isMember = true;
    await untilSettled(world);
    holdWhole(world);
  });

  test('a rule whose channel is not there is told of in that of the settings, and keeps nobody waiting', async (t) => {
    const twoRules = `
rules:
  - { name: lost, channel: "#nowhere", match: { job: [periodic-lost] }, retry: { attempts: 1, delay: 30m } }
  - { name: setup, match: { phase: pre }, retry: { attempts: 1, delay: 30m } }
`;
    const world = await setUp(t, { rules: twoRules });
    fail(world, 'periodic-lost');
    await untilCard(world, 'Passed on attempt 1');
    await world.until('both passed', async () =>
      (await world.chains()).every(({ state }) => state === 'passed'),
    );
    await untilSettled(world);
    holdWhole(world);
    const [lost, ...more] = cardsOf(world, 'periodic-lost');
    assert.deepEqual(more, []);
    assert.match(lost!.text, /^Passed on attempt 1/);
    assert.equal(lost!.channel, cardsOf(world)[0]!.channel);
    assert.match(world.prow.slack.api.read(lost!), /names the channel #nowhere/);
    const refused = saidOf(world, 'card is delayed').filter(({ channel }) => channel === '#nowhere');
    assert.equal(refused.length, 1, 'it is not asked for again and again');
    assert.match(String(refused[0]?.['why']), /channel_not_found/);
  });

  test('a card that can be posted only at the end stands in the channel of its rule all the same', async (t) => {
    const rule = `
rules:
  - name: setup
    owner: team-aws
    issue: OCPBUGS-7
    channel: "#team-aws"
    match: { phase: pre }
    retry: { attempts: 1, delay: 30m }
`;
    const world = await setUp(t, { rules: rule });
    const { api } = world.prow.slack;
    const { id } = api.addChannel('team-aws');
    api.tokens.revoke(api.botToken);
    await world.untilState('passed');
    api.tokens.allow(api.botToken);
    await untilSettled(world);
    holdWhole(world);
    const [card] = cardsOf(world);
    assert.equal(card!.channel, id);
    for (const word of ['team-aws', 'OCPBUGS-7']) assert.ok(api.read(card!).includes(word), word);
  });

  test('a lost answer to the first message leads to a second at worst, and that one tells the end', async (t) => {
    const world = await setUp(t);
    const { api } = world.prow.slack;
    api.fail({ method: 'chat.postMessage', status: 'drop-after' });
    await world.untilState('passed');
    await untilSettled(world);
    const [left, told, ...more] = cardsOf(world);
    assert.match(left?.text ?? '', /^Scheduled/);
    assert.match(told?.text ?? '', /^Passed on attempt 1/);
    assert.deepEqual(more, []);
    assert.deepEqual(api.thread(left!.ts), []);
  });

  test('a lost answer to a rewriting or a reply leads to no second message', async (t) => {
    const world = await setUp(t);
    const { api } = world.prow.slack;
    await untilCard(world, 'Scheduled');
    api.fail({ method: 'chat.update', status: 'drop-after', times: 3 });
    api.fail({ method: 'chat.postMessage', status: 'drop-after' });
    await untilSettled(world);
    const [card, ...more] = cardsOf(world);
    assert.match(card?.text ?? '', /^Passed on attempt 1/);
    assert.deepEqual(more, []);
    const thread = api.thread(card!.ts).map(({ text }) => text);
    assert.equal(thread.length, story.length + 1, 'one reply came twice');
  });
});

suite('where the settings change under open chains', () => {
  const hooks = (world: World) => ({ RETRIGGER_SLACK_WEBHOOK_URL: world.prow.slack.hook('own') });

  for (const gone of ['SLACK_BOT_TOKEN', 'RETRIGGER_SLACK_CHANNEL']) {
    test(`without ${gone} the chain settles, and its end goes to the webhook`, async (t) => {
      const world = await setUp(t);
      await untilCard(world, 'Scheduled');
      await world.restart({ [gone]: '', ...hooks(world) });
      await world.untilState('passed');
      await untilSettled(world);
      assert.ok(
        world.messages.some((text) => text.includes('passed on attempt 1')),
        world.messages.join(),
      );
    });
  }

  test('with a bot that is back within a day the card tells the end', async (t) => {
    const world = await setUp(t);
    await untilCard(world, 'Scheduled');
    await world.restart({ SLACK_BOT_TOKEN: '', ...hooks(world) });
    await world.untilState('passed');
    await world.restart();
    await untilCard(world, 'Passed on attempt 1');
    await untilSettled(world);
    assert.equal(world.prow.slack.api.cards.length, 1);
  });

  test('with a bot that comes later the old chain goes on by webhooks, and a new one gets a card', async (t) => {
    const world = await setUp(t, { slackApp: false });
    const { prow } = world;
    const { api } = prow.slack;
    await world.untilState('scheduled');
    api.addChannel('ci-retries');
    await world.restart({
      SLACK_BOT_TOKEN: api.botToken,
      SLACK_SIGNING_SECRET: api.signingSecret,
      RETRIGGER_SLACK_API_URL: `${prow.slackUrl}/api`,
      RETRIGGER_SLACK_CHANNEL: '#ci-retries',
    });
    world.bringsHooks = false;
    fail(world, 'periodic-new');
    await untilCard(world, 'Passed on attempt 1', 'periodic-new');
    await untilSettled(world);
    assert.deepEqual(cardsOf(world), []);
    assert.equal(world.messages.filter((text) => text.includes(job)).length, story.length);
  });
});

suite('a flood of failures within a minute in one channel', () => {
  const names = Array.from({ length: 16 }, (_, at) => `periodic-flood-${String(at).padStart(2, '0')}`);

  async function startFlood(t: TestContext): Promise<World> {
    const world = await World.start(t, { slackApp: true, rules, env: { RETRIGGER_POLL_INTERVAL: '2m' } });
    for (const name of names) {
      fail(world, name);
      world.clock.advance(minute / names.length);
    }
    return world;
  }

  function holdAll(world: World): void {
    const { api } = world.prow.slack;
    const titles = api.cards.map(({ text }) => text);
    assert.equal(titles.length, names.length);
    for (const title of titles) assert.match(title, /^Passed on attempt 1/);
    for (const { ts } of api.cards) assert.equal(api.thread(ts).length, story.length);
  }

  test('are all told to their end within the limits of Slack', async (t) => {
    const world = await startFlood(t);
    await world.until('every card tells the end', () =>
      names.every((name) => cardsOf(world, name)[0]?.text.startsWith('Passed')),
    );
    await untilSettled(world);
    assert.deepEqual(
      world.prow.slack.api.calls.filter(({ answer }) => answer['ok'] !== true).map(({ answer }) => answer),
      [],
    );
    holdAll(world);
  });

  test('are so over restarts in the midst of it, too', async (t) => {
    const world = await startFlood(t);
    for (const many of [3, 8, 16]) {
      await world.until(`${many} cards stand`, () => world.prow.slack.api.cards.length >= many);
      await world.restart();
    }
    await world.until('some have passed', () =>
      world.prow.slack.api.cards.some(({ text }) => text.startsWith('Passed')),
    );
    await world.restart();
    await world.until('every chain has passed', async () =>
      (await world.chains()).every(({ state }) => state === 'passed'),
    );
    await untilSettled(world);
    holdAll(world);
  });
});
