import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { hour, minute } from '../prow/prow-for-test.ts';
import { SlackPeople } from '../prow/slack/slack-people.ts';
import { World } from './start-world.ts';

const rules = 'rules: [{ name: of-no-use, match: { phase: pre }, retry: { attempts: 1, delay: 30m } }]';
/** Time in this world begins on a Monday. */
const nextMonday = Date.parse('2026-06-08T08:00:00Z');

/** Twenty jobs that fail, and again as they are tried again; all is told before the first day is over. */
async function liveThroughWeek(t: TestContext): Promise<World> {
  const env = { RETRIGGER_POLL_INTERVAL: '2m' };
  const world = await World.start(t, { slackApp: true, rules, env });
  for (let nth = 0; nth < 20; nth += 1) {
    const name = `periodic-job-${nth}`;
    world.prow.defineJob({ name, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
    world.prow.startRun(name);
  }
  await world.until('all is told', async () => {
    const chains = await world.chains();
    const unsettled = await world.service.store.listUnsettled();
    return chains.length === 20 && unsettled.length === 0;
  });
  return world;
}

function digestsOf({ prow }: World) {
  return prow.slack.api.cards.filter(({ text }) => text.startsWith('Digest of'));
}

async function untilDigest(world: World): Promise<void> {
  await untilCounted(world);
  await world.until('the digest stands', () => digestsOf(world).length > 0);
}

/** The week is over, and what came of it is on disk; its chains are counted beside all work in hand. */
async function untilCounted({ clock, service }: World): Promise<void> {
  if (clock.now() < nextMonday) clock.advanceTo(nextMonday);
  while ((await service.store.notices.list()).length === 0) await setTimeout(1);
}

/** The next process has looked once it waits for the next week. */
async function restartLater(world: World): Promise<void> {
  await world.restartAfter(12 * hour);
  while (world.clock.nextDue() !== nextMonday + 7 * 24 * hour) await setTimeout(1);
  await world.until('nothing is in hand', () => true);
}

test('the account of the week comes on Monday at 08:00 UTC, once, and names the rule that helps nobody', async (t) => {
  const world = await liveThroughWeek(t);
  await untilDigest(world);
  const [digest, ...more] = digestsOf(world);
  assert.equal(digest!.at, nextMonday);
  assert.deepEqual(more, []);
  assert.match(digest!.text, /^Digest of 2026-06-01 to 2026-06-07: 0 of 20 retried failures rescued/);
  const face = world.prow.slack.api.read(digest!);
  assert.match(face, /Rule of-no-use has not rescued a run in its last 20 tries/);
  for (let nth = 0; nth < 8; nth += 1) await restartLater(world);
  assert.equal(digestsOf(world).length, 1);
});

test('a Monday on which nobody was up is made good at the next start, once', async (t) => {
  const world = await liveThroughWeek(t);
  world.clock.advanceTo(nextMonday - minute);
  await world.restartAfter(26 * hour);
  await untilDigest(world);
  assert.ok(digestsOf(world)[0]!.at > nextMonday + 24 * hour);
  await restartLater(world);
  assert.equal(digestsOf(world).length, 1);
});

test('a digest that Slack would not take on Monday comes once it does', async (t) => {
  const world = await liveThroughWeek(t);
  const { api } = world.prow.slack;
  api.tokens.revoke(api.botToken);
  await untilCounted(world);
  await world.until('it was tried for hours', () => world.clock.now() > nextMonday + 3 * hour);
  await world.restart();
  api.tokens.allow(api.botToken);
  await untilDigest(world);
  assert.equal(digestsOf(world).length, 1);
});

test('whoever asks gets the account of the last seven days at once, alone', async (t) => {
  const world = await liveThroughWeek(t);
  const { api } = world.prow.slack;
  const people = new SlackPeople(api, { url: `${world.service.url}/slack/events` });
  const { problem } = await people.command('digest', 'U0EVE');
  assert.equal(problem, null);
  const response = await api.whenResponse(() => true);
  assert.deepEqual([response.user, response.error], ['U0EVE', null]);
  const told = api.read(api.ephemerals('U0EVE').at(-1)!);
  assert.match(told, /Digest of .*0 of 20 retried failures rescued/);
  assert.match(told, /of-no-use/);
  assert.deepEqual(digestsOf(world), []);
});
