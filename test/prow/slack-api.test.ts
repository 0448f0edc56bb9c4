import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { webApi } from '@slack/bolt';

import { prowForTest } from './prow-for-test.ts';

async function apiForTest(t: TestContext) {
  const { prow, clock } = await prowForTest(t);
  const { api } = prow.slack;
  const channel = api.addChannel('ci');
  const client = (token: string) =>
    new webApi.WebClient(token, {
      slackApiUrl: `${prow.slackUrl}/api/`,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      logger: silent,
    });
  return { prow, clock, api, channel, client, web: client(api.botToken) };
}

const nothing = () => undefined;
const silent = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  setName: nothing,
  getLevel: () => 'error' as never,
};

interface WebError {
  code: string;
  data: Record<string, unknown>;
  retryAfter: number;
}

/** How a call fails. */
async function failureOf(call: Promise<unknown>): Promise<WebError> {
  return call.then(
    () => assert.fail('it was taken'),
    (error: unknown) => error as WebError,
  );
}

async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return (await failureOf(call)).data['error'];
}

const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'It *runs*.' } }];
const attachments = [{ color: '#36a64f', blocks: [{ type: 'divider' }] }];

test('a card is posted, rewritten in place, replied to and deleted', async (t) => {
  const { clock, api, channel, web } = await apiForTest(t);
  const posted = await web.chat.postMessage({ channel: '#ci', text: 'scheduled', attachments });
  assert.deepEqual([posted.channel, posted.message?.text], [channel.id, 'scheduled']);
  const ts = posted.ts ?? '';
  assert.equal(Math.floor(Number(ts)), clock.now() / 1000);

  await web.chat.update({ channel: channel.id, ts, text: 'running', blocks });
  const [card] = api.cards;
  assert.deepEqual([card?.text, card?.edits, card?.ts], ['running', 1, ts]);
  assert.deepEqual(card?.attachments, attachments, 'attachments that are left out are kept');
  await web.chat.update({ channel: channel.id, ts, text: 'running', attachments: [] });
  assert.deepEqual([card?.attachments, card?.blocks], [[], []], 'text without blocks replaces them');

  clock.advance(1000);
  const reply = await web.chat.postMessage({ channel: channel.id, text: 'a turn', thread_ts: ts });
  assert.equal(reply.message?.thread_ts, ts);
  assert.deepEqual(
    api.thread(ts).map(({ text }) => text),
    ['a turn'],
  );
  await web.chat.delete({ channel: channel.id, ts });
  assert.deepEqual([api.cards.length, api.channel('ci').length], [0, 2]);
});

test('a message that somebody deleted can be neither rewritten nor replied to', async (t) => {
  const { clock, api, channel, web } = await apiForTest(t);
  const { ts = '' } = await web.chat.postMessage({ channel: 'ci', text: 'x' });
  api.delete(ts);
  clock.advance(1000);
  assert.equal(await errorOf(web.chat.update({ channel: channel.id, ts, text: 'y' })), 'message_not_found');
  const reply = { channel: 'ci', text: 'z', thread_ts: ts };
  assert.equal(await errorOf(web.chat.postMessage(reply)), 'thread_not_found');
  api.unthreadsOrphans = true;
  assert.equal((await web.chat.postMessage(reply)).message?.thread_ts, undefined);
});

test('what Slack says of channels and of what is written by others', async (t) => {
  const { api, channel, web } = await apiForTest(t);
  api.addChannel('foreign', { isMember: false });
  api.addChannel('secret', { isMember: false, isPrivate: true });
  api.addChannel('old', { isArchived: true });
  const errors = {
    nowhere: 'channel_not_found',
    foreign: 'not_in_channel',
    secret: 'channel_not_found',
    old: 'is_archived',
  };
  for (const [name, error] of Object.entries(errors))
    assert.equal(await errorOf(web.chat.postMessage({ channel: name, text: 'x' })), error, name);
  const { ts } = api.say('ci', 'what is this?');
  const change = { channel: channel.id, ts, text: 'mine now' };
  assert.equal(await errorOf(web.chat.update(change)), 'cant_update_message');
  assert.equal(await errorOf(web.chat.update({ ...change, channel: 'ci' })), 'channel_not_found');
  assert.equal(await errorOf(web.chat.postMessage({ channel: 'ci', text: '' })), 'no_text');
});

test('a second message within a second, and the 51st update within a minute, come too soon', async (t) => {
  const { clock, api, channel, web } = await apiForTest(t);
  api.addChannel('other');
  const { ts = '' } = await web.chat.postMessage({ channel: 'ci', text: '1' });
  await web.chat.postMessage({ channel: 'other', text: '1' });
  clock.advance(999);
  const tooSoon = await failureOf(web.chat.postMessage({ channel: channel.id, text: '2', thread_ts: ts }));
  assert.deepEqual([tooSoon.code, tooSoon.retryAfter], ['slack_webapi_rate_limited_error', 1]);
  clock.advance(1);
  await web.chat.postMessage({ channel: 'ci', text: '2' });

  const update = () => web.chat.update({ channel: channel.id, ts, text: 'x' });
  for (let count = 0; count < 50; count += 1) await update();
  clock.advance(20_000);
  assert.equal((await failureOf(update())).retryAfter, 40);
  clock.advance(40_000);
  await update();
});

test('tokens and scopes', async (t) => {
  const { api, client, web } = await apiForTest(t);
  api.addGroup('S0OPS', ['U1', 'U2']);
  api.socketUrl = 'wss://127.0.0.1/link';
  assert.equal((await web.auth.test()).bot_id, 'B00000000');
  assert.deepEqual((await web.usergroups.users.list({ usergroup: 'S0OPS' })).users, ['U1', 'U2']);
  assert.equal(await errorOf(web.usergroups.users.list({ usergroup: 'S0' })), 'no_such_subteam');
  assert.equal(await errorOf(client('xoxb-other').auth.test()), 'invalid_auth');
  assert.equal(
    await errorOf(
      new webApi.WebClient(undefined, {
        slackApiUrl: `${api.responseUrls.origin()}/api/`,
        logger: silent,
      }).auth.test(),
    ),
    'not_authed',
  );
  assert.equal(await errorOf(web.apps.connections.open()), 'not_allowed_token_type');
  assert.equal((await client(api.appToken).apps.connections.open()).url, 'wss://127.0.0.1/link');
  api.tokens.allow(api.botToken, { scopes: ['commands'] });
  const { data } = await failureOf(web.chat.postMessage({ channel: 'ci', text: 'x' }));
  assert.deepEqual(
    [data['error'], data['needed'], data['provided']],
    ['missing_scope', 'chat:write', 'commands'],
  );
  assert.equal(await errorOf(web.apiCall('chat.shout')), 'unknown_method');
  api.tokens.revoke(api.botToken);
  assert.equal(await errorOf(web.auth.test()), 'token_revoked');
});

test('a trigger opens one modal within three seconds', async (t) => {
  const { clock, api, web } = await apiForTest(t);
  const view: webApi.ViewsOpenArguments['view'] = {
    type: 'modal',
    title: { type: 'plain_text', text: 'Silence' },
    blocks: [],
  };
  const trigger = () => api.triggers.issue('U1', clock.now());
  const first = trigger();
  const opened = await web.views.open({ trigger_id: first, view });
  assert.deepEqual([api.views[0]?.id, api.views[0]?.user], [opened.view?.id, 'U1']);
  assert.equal(await errorOf(web.views.open({ trigger_id: first, view })), 'exchanged_trigger_id');
  assert.equal(await errorOf(web.views.open({ trigger_id: '1.2.3', view })), 'invalid_trigger_id');
  const late = trigger();
  clock.advance(3001);
  assert.equal(await errorOf(web.views.open({ trigger_id: late, view })), 'expired_trigger_id');
});

test('faults are met by their method, and hooks have no part in it', async (t) => {
  const { prow, clock, api, web } = await apiForTest(t);
  api.fail({ method: 'chat.postMessage', status: 'drop-after' });
  api.fail({ method: 'chat.postMessage', status: 'drop-before' });
  api.fail({ method: 'chat.postMessage', status: 429, retryAfter: 7 });
  api.fail({ method: 'chat.postMessage', error: 'team_access_not_granted' });
  prow.slack.fail({ status: 500 });
  const post = () => failureOf(web.chat.postMessage({ channel: 'ci', text: 'x' }));
  assert.equal((await post()).code, 'slack_webapi_request_error');
  assert.equal(api.cards.length, 1, 'it was carried out');
  clock.advance(1000);
  assert.equal((await post()).code, 'slack_webapi_request_error');
  assert.equal((await post()).retryAfter, 7);
  assert.equal((await post()).data['error'], 'team_access_not_granted');
  await web.chat.postMessage({ channel: 'ci', text: 'x' });
  assert.deepEqual([api.cards.length, prow.slack.messages.length, api.calls.length], [2, 0, 5]);
  assert.deepEqual(
    api.calls.map(({ status }) => status),
    [null, null, 429, 200, 200],
  );
});

test('what a person sees of a message', async (t) => {
  const { api, web } = await apiForTest(t);
  const button = {
    type: 'button',
    action_id: 'retry',
    text: { type: 'plain_text', text: 'Retry now' },
  } as const;
  await web.chat.postMessage({
    channel: 'ci',
    text: 'only in the notification',
    attachments: [{ color: '#000', blocks: [...blocks, { type: 'actions', elements: [button] }] }],
  });
  const [card] = api.cards;
  assert.equal(card && api.read({ ...card, text: '' }), 'It *runs*.\n[Retry now]');
});

test('only the person it is for sees an ephemeral message', async (t) => {
  const { api, web } = await apiForTest(t);
  await web.chat.postEphemeral({ channel: 'ci', user: 'U1', text: 'You may not.' });
  assert.equal(api.ephemerals('U1')[0]?.text, 'You may not.');
  assert.deepEqual([api.cards, api.channel('ci'), api.ephemerals('U2')], [[], [], []]);
});
