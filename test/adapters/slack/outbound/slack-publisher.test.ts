import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PublicationDraft, WriteResult } from '../../../../src/report/reporter.ts';
import type { ApiFault } from '../../../prow/slack/api-fault.ts';
import { holdNoSecret } from '../../hold-no-secret.ts';
import { aCard, boardInMind, boardOnPort, pass } from './publisher-for-test.ts';

function placeOf(written: WriteResult): { channel: string; ts: string } {
  assert.equal(written.kind, 'written', JSON.stringify(written));
  return written.kind === 'written' ? written.place : { channel: '', ts: '' };
}

test('posts a card, rewrites it in place and replies below it', async (t) => {
  const { api, clock, post, rewrite, reply, ci } = await boardOnPort(t);
  const place = placeOf(await post());
  assert.equal(place.channel, ci.id);
  assert.equal(
    api.read(api.cards[0]!),
    '*Scheduled: a-job failed in pre*\n*Phase*\npre\nWhy &lt;b&gt; &amp; how.\n<https://prow/1|failed run>\n[Cancel]',
  );
  const rewritten = rewrite(place.channel, place.ts, {
    ...aCard,
    title: 'Passed',
    facts: [],
    lines: [],
    actions: null,
  });
  await pass(clock, 1_000);
  assert.deepEqual(placeOf(await rewritten), place);
  assert.deepEqual([api.read(api.cards[0]!), api.cards.length], ['*Passed*\n<https://prow/1|failed run>', 1]);
  const replied = reply(place.channel, place.ts);
  await pass(clock, 1_000);
  assert.notEqual(placeOf(await replied).ts, place.ts);
  assert.deepEqual(
    api.thread(place.ts).map(({ text }) => text),
    ['*a turn*\nIt passed.'],
  );
});

test('a card that loses all but its title keeps nothing below', async () => {
  const { api, clock, post, rewrite } = boardInMind();
  const { channel, ts } = placeOf(await post());
  void rewrite(channel, ts, { ...aCard, facts: [], lines: [], links: [], actions: null });
  await pass(clock, 1_000);
  assert.deepEqual(api.cards[0]!.attachments, []);
});

test('asks for nothing to be unfurled, and for no text to be read as anything else', async () => {
  const { api, clock, post, rewrite, reply } = boardInMind();
  const { channel, ts } = placeOf(await post());
  void rewrite(channel, ts);
  void reply(channel, ts);
  await pass(clock, 2_000);
  assert.deepEqual(
    api.calls.map(({ method, args }) => [method, args['unfurl_links'], args['unfurl_media'], args['parse']]),
    [
      ['chat.postMessage', 'false', 'false', undefined],
      ['chat.update', undefined, undefined, 'none'],
      ['chat.postMessage', 'false', 'false', 'none'],
    ],
  );
});

const later = (why: string, retryAfterMs: number | null = null): Extract<WriteResult, { kind: 'later' }> => ({
  kind: 'later',
  why,
  retryAfterMs,
});
const newToken = 'give SLACK_BOT_TOKEN the token of the installed app';
const faults: [ApiFault, WriteResult][] = [
  [{ error: 'message_not_found' }, { kind: 'gone' }],
  [{ error: 'cant_update_message' }, { kind: 'gone' }],
  [{ error: 'edit_window_closed' }, { kind: 'gone' }],
  [{ error: 'thread_not_found' }, { kind: 'gone' }],
  [{ error: 'cannot_reply_to_message' }, { kind: 'gone' }],
  [{ error: 'invalid_blocks' }, { kind: 'never', why: 'Slack answered invalid_blocks' }],
  [{ error: 'msg_blocks_too_long' }, { kind: 'never', why: 'Slack answered msg_blocks_too_long' }],
  [{ error: 'no_text' }, { kind: 'never', why: 'Slack answered no_text' }],
  [
    { error: 'not_in_channel' },
    { ...later('Slack answered not_in_channel: invite the app to the channel'), isClosed: true },
  ],
  [{ error: 'invalid_auth' }, later(`Slack answered invalid_auth: ${newToken}`)],
  [
    { error: 'missing_scope' },
    later('Slack answered missing_scope: give the app the scope chat:write and install it again'),
  ],
  [{ error: 'fatal_error' }, later('Slack answered fatal_error')],
  [{ error: 'constructor' }, later('Slack answered constructor')],
  [{ error: 'xoxb-marked-0123456789 <html>' }, later('Slack answered something else than JSON')],
  [{ error: 'ratelimited', retryAfter: 3 }, later('Slack answered ratelimited', 3_000)],
  [{ status: 429, retryAfter: 30 }, later('Slack answered 429 ratelimited', 30_000)],
  [{ status: 429, retryAfter: 86_400 }, later('Slack answered 429 ratelimited', 900_000)],
  [{ status: 500 }, later('Slack answered 500')],
  [{ status: 503, retryAfter: 9 }, later('Slack answered 503', 9_000)],
  [{ status: 302 }, later('Slack answered 302')],
];
for (const [fault, expected] of faults) {
  test(`${JSON.stringify(fault)} is ${expected.kind}, after one call, and no token shows`, async (t) => {
    const token = 'xoxb-marked-0123456789';
    const { api, post, logged } = await boardOnPort(t, token);
    api.fail({ ...fault, times: 9 });
    const written = await post();
    assert.deepEqual(written, expected);
    assert.equal(api.calls.length, 1);
    for (const value of [written, logged]) holdNoSecret(token, value);
  });
}

test('what a person can mend names the scope that is lacking', async () => {
  const { api, post } = boardInMind();
  api.tokens.allow(api.botToken, { scopes: ['commands'] });
  assert.deepEqual(
    await post(),
    later('Slack answered missing_scope: give the app the scope chat:write and install it again'),
  );
});

test('a connection that breaks, or is not there, delays a message, and no token shows', async (t) => {
  const token = 'xoxb-marked-0123456789';
  const { api, slack, clock, post, logged } = await boardOnPort(t, token);
  const outcomes: WriteResult[] = [];
  for (const status of ['drop-before', 'drop-after'] as const) {
    api.fail({ status });
    const posted = post();
    await api.whenCall(({ at }) => at === clock.now());
    outcomes.push(await posted);
    clock.advance(1_000);
  }
  await slack.down();
  outcomes.push(await post());
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['later', 'later', 'later'],
  );
  assert.match(JSON.stringify(outcomes), /the answer of Slack was lost: .*Slack was not reached: /);
  for (const value of [outcomes, logged]) holdNoSecret(token, value);
  assert.equal(api.cards.length, 1, 'the second was posted');
});

test('a message that somebody deleted is gone, to rewrite and to reply to', async () => {
  const { api, clock, post, rewrite, reply } = boardInMind();
  const { channel, ts } = placeOf(await post());
  api.delete(ts);
  const outcomes = Promise.all([rewrite(channel, ts), reply(channel, ts)]);
  await pass(clock, 3_000);
  assert.deepEqual(await outcomes, [{ kind: 'gone' }, { kind: 'gone' }]);
});

test('what is to be written is asked when the turn comes', async () => {
  const { api, clock, publisher, post } = boardInMind();
  let title = 'as it was';
  void post();
  const second = publisher.write('#ci', () =>
    Promise.resolve({ kind: 'card', card: { ...aCard, title }, ts: null }),
  );
  const nothing = publisher.write('#ci', () => Promise.resolve(null));
  await pass(clock, 900);
  title = 'as it is';
  await pass(clock, 1_200);
  placeOf(await second);
  assert.equal(api.cards[1]!.text, 'as it is');
  assert.deepEqual(await nothing, { kind: 'nothing' });
  assert.equal(api.calls.length, 2);
});

test('what waited for its method is asked again', async () => {
  const { api, clock, publisher, post, rewrite } = boardInMind();
  const other = api.addChannel('other');
  const [first, second] = [placeOf(await post()), placeOf(await post('#other'))];
  await pass(clock, 2_000);
  const asked: string[] = [];
  void rewrite(first.channel, first.ts);
  const waiting = publisher.write(other.id, () => {
    asked.push(`at ${clock.now()}`);
    return Promise.resolve<PublicationDraft | null>(
      asked.length === 1 ? { kind: 'card', card: aCard, ts: second.ts } : null,
    );
  });
  const from = clock.now();
  await pass(clock, 2_000);
  assert.deepEqual(await waiting, { kind: 'nothing' });
  assert.deepEqual(asked, [`at ${from}`, `at ${from + 1_250}`]);
});

test('what asking throws comes through, and the next has its turn', async () => {
  const { publisher, post } = boardInMind();
  const fault = new Error('a fault of the store');
  await assert.rejects(
    publisher.write('#ci', () => Promise.reject(fault)),
    fault,
  );
  placeOf(await post());
});

test('a 429 holds the method, for all who wait and for as long as Slack asked', async () => {
  const { api, clock, post, rewrite } = boardInMind();
  const { channel, ts } = placeOf(await post());
  api.addChannel('other');
  await pass(clock, 2_000);
  api.fail({ method: 'chat.postMessage', status: 429, retryAfter: 60 });
  const from = clock.now();
  assert.equal((await post()).kind, 'later');
  const held = post('#other');
  void rewrite(channel, ts);
  await pass(clock, 59_000);
  const kinds = () => api.calls.filter(({ at }) => at > from).map(({ method }) => method);
  assert.deepEqual(kinds(), ['chat.update']);
  await pass(clock, 1_000);
  placeOf(await held);
  assert.deepEqual(kinds(), ['chat.update', 'chat.postMessage']);
});

test('a flood over several channels meets no limit of Slack, and loses nothing', async () => {
  const { api, clock, post, rewrite, reply } = boardInMind();
  const names = ['#ci', '#aws', '#gcp', '#azure'];
  for (const name of names.slice(1)) api.addChannel(name.slice(1));
  const live = async (name: string): Promise<WriteResult[]> => {
    const { channel, ts } = placeOf(await post(name));
    const turns = Array.from({ length: 3 }, () => [rewrite(channel, ts), reply(channel, ts)]);
    return Promise.all(turns.flat());
  };
  const cards = Promise.all(names.flatMap((name) => Array.from({ length: 10 }, () => live(name))));
  await pass(clock, 5 * 60_000);
  assert.deepEqual(new Set(api.calls.map(({ status }) => status)), new Set([200]));
  const done = (await cards).flat();
  assert.equal(done.length, 240);
  for (const written of done) placeOf(written);
  assert.deepEqual([api.cards.length, new Set(api.cards.map(({ edits }) => edits))], [40, new Set([3])]);
});

test('closing sends away who waits for a turn or for a method', async () => {
  const { api, clock, publisher, post, rewrite } = boardInMind();
  api.addChannel('other');
  const [first, second] = [placeOf(await post()), placeOf(await post('#other'))];
  await pass(clock, 2_000);
  const waiting = [rewrite(first.channel, first.ts), rewrite(second.channel, second.ts), post()];
  await pass(clock, 100);
  publisher.close();
  const stopping: WriteResult = { kind: 'stopped' };
  assert.deepEqual((await Promise.all(waiting)).slice(1), [stopping, stopping]);
  assert.deepEqual(await post(), stopping);
});

test('the check says who the bot is, or why its token is not taken', async (t) => {
  const { api, publisher, slack } = await boardOnPort(t);
  const known = await publisher.check();
  assert.equal(known.ok, true);
  assert.match(known.says, /^the bot \S+ of the workspace \S/);
  api.tokens.revoke(api.botToken);
  assert.deepEqual(await publisher.check(), { ok: false, says: `Slack answered token_revoked: ${newToken}` });
  await slack.down();
  const down = await publisher.check();
  assert.equal(down.ok, false);
  assert.match(down.says, /^Slack was not reached: /);
});

test('a publisher whose presses reach nobody shows no button', async () => {
  for (const canAct of [true, false]) {
    const { api, post } = boardInMind(canAct);
    placeOf(await post());
    assert.equal(api.read(api.cards[0]!).includes('[Cancel]'), canAct);
  }
});
