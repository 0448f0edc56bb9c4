import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../prow/prow-for-test.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const passing: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];

test('Slack being down delays the messages, never the trigger, and their order stays', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: passing });
  world.prow.startRun(job);
  await world.prow.slack.down();
  const chain = await world.untilState('following');
  assert.equal(world.clock.now() - Date.parse(chain.created_at) < 32 * minute, true);
  await world.untilState('passed');
  assert.deepEqual(world.messages, []);
  await world.prow.slack.up();
  await world.until('all is told', () => world.messages.length === 3);
  const topics = world.messages.map((text) => /will be tried again|was triggered|passed on/.exec(text)?.[0]);
  assert.deepEqual(topics, ['will be tried again', 'was triggered', 'passed on']);
});

test('a message whose answer was lost is sent again: at least once', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: passing });
  world.prow.slack.fail({ status: 'drop-after' });
  world.prow.startRun(job);
  await world.untilState('passed');
  await world.until('all is told', () => world.messages.length === 4);
  assert.equal(world.messages[0], world.messages[1]);
});

test('Slack’s 429 is heeded', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: passing });
  world.prow.slack.fail({ status: 429, retryAfter: 120 });
  world.prow.startRun(job);
  await world.untilState('scheduled');
  const refusedAt = world.clock.now();
  await world.until('it is told', () => world.messages.length === 1);
  assert.ok(world.clock.now() - refusedAt >= 2 * minute);
});

test('an address that Slack no longer knows loses its message and stops nothing', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: passing });
  world.prow.slack.fail({ status: 404, body: 'no_service', times: 9 });
  world.prow.startRun(job);
  await world.untilState('passed');
  assert.deepEqual(world.messages, []);
});

test('without addresses of its own a notification uses those of the settings, or stays silent', async (t) => {
  const world = await World.start(t);
  world.prow.onReTriggerStep = (run) =>
    world.notifyOf(run, { slack_webhook_url: '', slack_errors_webhook_url: '' });
  world.prow.defineJob({ name: job, type: 'periodic', plan: passing });
  world.prow.startRun(job);
  await world.untilState('passed');
  assert.deepEqual(world.prow.slack.messages, []);
  await world.restart({ RETRIGGER_SLACK_WEBHOOK_URL: world.prow.slack.hook('own') });
  world.prow.defineJob({ name: `${job}-again`, type: 'periodic', plan: passing });
  world.prow.startRun(`${job}-again`);
  await world.until('it is told', () => world.messages.length === 1);
  assert.match(world.prow.slack.delivered[0]?.path ?? '', /own/);
});

test('text from outside is text: no mention, no link, no colour codes', async (t) => {
  const world = await World.start(t);
  const step = 'install-<!channel>-&-<http://evil.example|here>';
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre', step }] });
  world.prow.startRun(job);
  await world.untilState('scheduled');
  await world.until('it is told', () => world.messages.length === 1);
  const [message = ''] = world.messages;
  assert.doesNotMatch(message, /<!|<http:\/\/evil/);
  assert.ok(!message.includes('\u001b'));
});

test('no token and no Slack address is in a log line, an answer or a file', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
  world.prow.gangway.fail('502', { on: 'create' });
  world.prow.slack.fail({ status: 500, times: 2 });
  world.prow.startRun(job);
  await world.untilState('following');
  const secrets = [world.prow.token, world.prow.slack.hook(), world.prow.slack.hook('errors')];
  const files = await world.readFiles();
  const shown = [...world.logs, ...world.messages, JSON.stringify(await world.chains()), ...files];
  for (const secret of secrets) {
    assert.ok(!shown.some((text) => text.includes(secret)), `${secret} leaked`);
  }
  assert.ok(files.some((text) => text.includes(job)));
});
