import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { App, ExpressReceiver, LogLevel, type webApi } from '@slack/bolt';
import { SystemClock } from '../../src/adapters/system/system-clock.ts';
import { VirtualClock } from '../time/virtual-clock.ts';
import { minute } from './prow-for-test.ts';
import type { Delivery } from './slack/deliver.ts';
import { SlackPeople } from './slack/slack-people.ts';
import { Slack } from './slack/slack.ts';

const until = { type: 'datetimepicker', action_id: 'until', initial_date_time: 1_780_000_000 } as const;
const comment = { type: 'plain_text_input', action_id: 'comment', max_length: 20 } as const;
const view: webApi.ViewsOpenArguments['view'] = {
  type: 'modal',
  callback_id: 'silence',
  private_metadata: 'chain-1',
  title: { type: 'plain_text', text: 'Silence' },
  submit: { type: 'plain_text', text: 'Silence' },
  blocks: [
    { type: 'input', block_id: 'until', label: { type: 'plain_text', text: 'Until' }, element: until },
    { type: 'input', block_id: 'comment', label: { type: 'plain_text', text: 'Why' }, element: comment },
  ],
};
const button = {
  type: 'button',
  action_id: 'silence',
  value: 'chain-1',
  text: { type: 'plain_text', text: 'Silence' },
} as const;

/** A real Bolt app beside the stand-in: what it makes out of payloads is what it would of Slack's. */
async function boltForTest(t: TestContext) {
  const slack = new Slack(new SystemClock());
  const server = await slack.listen();
  t.after(() => server.close());
  const { api } = slack;
  api.limits.off();
  const receiver = new ExpressReceiver({
    signingSecret: api.signingSecret,
    endpoints: '/slack/events',
    logLevel: LogLevel.ERROR,
  });
  const app = new App({
    token: api.botToken,
    receiver,
    logLevel: LogLevel.ERROR,
    clientOptions: { slackApiUrl: `${slack.origin}/api/`, retryConfig: { retries: 0 } },
  });
  const listening = await receiver.start({ port: 0, host: '127.0.0.1' });
  t.after(() => receiver.stop());
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const people = new SlackPeople(api, { url: `http://127.0.0.1:${port}/slack/events` });
  const channel = api.addChannel('ci');
  return { slack, api, app, people, channel };
}

test('a press opens a modal, and what is filled in reaches the app', async (t) => {
  const { api, app, people } = await boltForTest(t);
  const seen: unknown[] = [];
  app.action({ type: 'block_actions', action_id: 'silence' }, async ({ ack, body, action, client }) => {
    await ack();
    seen.push(
      action.type === 'button' && action.value,
      body.user.id,
      body.message?.['text'],
      body.channel?.name,
    );
    await client.views.open({ trigger_id: body.trigger_id, view });
  });
  app.view('silence', async ({ ack, body, view: submitted }) => {
    const { values } = submitted.state;
    seen.push(submitted.private_metadata, body.user.id, values['until']?.['until']?.selected_date_time);
    if (values['comment']?.['comment']?.value === 'no') {
      await ack({ response_action: 'errors', errors: { comment: 'Say more.' } });
    } else await ack();
  });
  await app.client.chat.postMessage({
    channel: 'ci',
    text: 'failed',
    attachments: [{ blocks: [{ type: 'actions', elements: [button] }] }],
  });
  const card = api.cards[0] ?? assert.fail('no card');
  const pressed = await people.press(card, 'silence', 'U1');
  assert.deepEqual([pressed.status, pressed.problem], [200, null]);
  await api.whenCall(({ method }) => method === 'views.open');
  const open = api.views[0] ?? assert.fail('no modal');
  const refused = await people.submit(open, { comment: 'no' });
  assert.deepEqual(JSON.parse(refused.body), { response_action: 'errors', errors: { comment: 'Say more.' } });
  assert.equal(refused.problem, null);
  const submitted = await people.submit(open, { until: 1_790_000_000, comment: 'known' });
  assert.deepEqual([submitted.status, submitted.body], [200, '']);
  assert.deepEqual(seen, [
    'chain-1',
    'U1',
    'failed',
    'ci',
    'chain-1',
    'U1',
    1_780_000_000,
    'chain-1',
    'U1',
    1_790_000_000,
  ]);
  await assert.rejects(people.press(card, 'cancel'), /does not show/);
  await assert.rejects(people.submit(open, {}), /must be filled in/);
  await assert.rejects(people.submit(open, { comment: 'x'.repeat(21) }), /20 characters/);
  await assert.rejects(people.submit(open, { other: 'x' }), /asks for no other/);
});

test('a command is answered at once and later at its response URL', async (t) => {
  const { api, app, people, channel } = await boltForTest(t);
  app.command('/retrigger', async ({ ack, respond, command }) => {
    await ack(`looking at ${command.text}`);
    await respond({ text: `${command.user_id} in ${command.channel_name}`, response_type: 'in_channel' });
  });
  const answered = await people.command('status some-job', 'U1', 'ci');
  assert.deepEqual(
    [answered.status, answered.body, answered.problem],
    [200, 'looking at status some-job', null],
  );
  const { payload, error, kind } = await api.whenResponse(({ user }) => user === 'U1');
  assert.deepEqual([payload?.['text'], error, kind], ['U1 in ci', null, 'commands']);
  assert.equal(api.channel(channel.id)[0]?.text, 'U1 in ci');
});

test('forged and stale requests are refused, the challenge is answered', async (t) => {
  const { people } = await boltForTest(t);
  assert.equal((await people.urlVerification()).problem, null);
  for (const forgery of [
    { signature: `v0=${'0'.repeat(64)}` },
    { signature: null },
    { secret: 'other' },
    { ageMs: 6 * minute },
    { body: 'command=%2Fother' },
  ])
    assert.equal((await people.command('x', 'U1', 'ci', forgery)).status, 401, JSON.stringify(forgery));
  assert.equal(
    (await people.command('x', 'U1', 'ci', { contentType: 'text/plain' })).problem,
    'http_error 400',
  );
});

test('a response URL works five times within thirty minutes', async () => {
  const clock = new VirtualClock();
  const slack = new Slack(clock);
  const { api } = slack;
  const channel = api.addChannel('ci');
  const card = api.workspace.write({ channel: channel.id, text: 'old', userId: 'U0' });
  const issue = () =>
    api.responseUrls.issue({ kind: 'actions', channel: channel.id, user: 'U1', message: card });
  const send = (url: string, payload: object) => {
    const body = Buffer.from(JSON.stringify(payload));
    const reply = slack.answer({ method: 'POST', path: new URL(url).pathname, headers: {}, body });
    return reply.kind === 'reply' ? reply.status : 0;
  };
  const first = issue();
  assert.equal(send(first, { text: 'you see this' }), 200);
  assert.equal(send(first, { replace_original: true, text: 'new' }), 200);
  assert.deepEqual([api.ephemerals('U1').length, card.text], [1, 'new']);
  assert.equal(send(first, { text: '' }), 400, 'one that is refused does not count');
  assert.equal(send(first, { text: 'x', response_type: 'loud' }), 400);
  assert.equal(send(first, { text: 'x', replace_original: 'yes' }), 400);
  for (let count = 2; count < 5; count += 1) assert.equal(send(first, { text: 'x' }), 200);
  assert.equal(send(first, { text: 'x' }), 404);
  const second = issue();
  clock.advance(30 * minute);
  assert.equal(send(second, { delete_original: true }), 200);
  assert.deepEqual(api.cards, []);
  clock.advance(1);
  assert.equal(send(second, { text: 'x' }), 404);
  assert.equal(api.responses.at(-1)?.error, 'expired_url');
});

test('a button on a message of old, or seen by one alone, is pressed too', async () => {
  const { api } = new Slack(new VirtualClock());
  const { id } = api.addChannel('ci');
  const sent: Delivery[] = [];
  const people = new SlackPeople(api, {
    url: 'https://retrigger.example/slack/events',
    deliver: (delivery) => {
      sent.push(delivery);
      return Promise.resolve({ status: 500, headers: {}, body: '' });
    },
  });
  const blocks = [{ type: 'actions', elements: [button] }];
  const card = api.workspace.write({ channel: id, text: 'x', userId: 'U0', visibleTo: 'U1', blocks });
  const before = structuredClone(card);
  card.blocks = [];
  assert.equal((await people.press(before, 'silence', 'U1')).problem, 'http_error 500');
  const payload = JSON.parse(new URLSearchParams(sent[0]?.body).get('payload') ?? '') as Record<
    string,
    unknown
  >;
  assert.equal('message' in payload, false);
  assert.deepEqual(payload['container'], {
    type: 'message',
    message_ts: card.ts,
    channel_id: id,
    is_ephemeral: true,
  });
});
