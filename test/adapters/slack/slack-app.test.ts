import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { Secret } from '../../../src/secret.ts';
import { dana, holdSecrets, startSlackWorld } from './slack-app-world.ts';

const form = 'application/x-www-form-urlencoded';
const minute = 60_000;

async function knock(world: Awaited<ReturnType<typeof startSlackWorld>>, forgery = {}) {
  return world.people.command('help', dana, '', forgery);
}

test('takes what Slack signed, and asks nothing of Slack for it', async (t) => {
  const world = await startSlackWorld(t);
  const answer = await knock(world);
  assert.deepEqual([answer.status, answer.problem], [200, null]);
  assert.match(answer.body, /What retrigger can be asked/);
  assert.deepEqual(world.api.calls, []);
  for (const ageMs of [4.9 * minute, -4.9 * minute])
    assert.equal((await knock(world, { ageMs })).status, 200);
  assert.equal((await knock(world, { contentType: `${form}; charset=UTF-8` })).status, 200);
  assert.equal((await world.people.urlVerification()).problem, null);
  assert.equal((await world.people.send('ssl_check=1&token=x', form)).status, 200);
  holdSecrets(world, answer.body);
});

test('turns away what is old, early, unsigned or signed by somebody else', async (t) => {
  const world = await startSlackWorld(t);
  const forgeries = {
    replayed: { ageMs: 5 * minute + 1_000 },
    'from the future': { ageMs: -5 * minute - 1_000 },
    'of another secret': { secret: 'another' },
    'of another body': { body: 'command=%2Fretrigger&text=trigger' },
    unsigned: { signature: null },
    nonsense: { signature: 'nonsense' },
    empty: { signature: '' },
    'of another version': { signature: 'v1=00' },
    'without a time': { headers: { 'x-slack-request-timestamp': '' } },
    'with a time of no number': { headers: { 'x-slack-request-timestamp': '1e9' } },
  };
  for (const [name, forgery] of Object.entries(forgeries)) {
    const answer = await knock(world, forgery);
    assert.equal(answer.status, 401, name);
    assert.equal(answer.headers['content-type'], 'application/problem+json', name);
    holdSecrets(world, answer.body);
  }
  assert.deepEqual(world.done, []);
});

test('looks at the signature before anything is made of the body', async (t) => {
  const { people } = await startSlackWorld(t);
  assert.equal((await people.send('{', 'application/json', { secret: 'another' })).status, 401);
});

test('turns away other types, long bodies and what can not be read', async (t) => {
  const { people } = await startSlackWorld(t);
  const cases = [
    ['<a/>', 'text/xml', 415],
    ['payload={}', 'multipart/form-data', 415],
    ['{', 'application/json', 400],
    ['', 'application/json', 400],
    ['payload=%7B', form, 400],
    [`text=${'x'.repeat(64 * 1024)}`, form, 413],
  ] as const;
  for (const [body, type, status] of cases) {
    const answer = await people.send(body, type);
    assert.equal(answer.status, status, `${type} ${body.slice(0, 20)}`);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
  }
  const gzip = await people.send('payload={}', form, { headers: { 'content-encoding': 'gzip' } });
  assert.equal(gzip.status, 415);
});

test('takes in peace what asks nothing of us', async (t) => {
  const world = await startSlackWorld(t);
  const bodies = [
    {},
    null,
    [],
    7,
    'text',
    { type: 'something_new', user: { id: dana } },
    { type: 'block_actions' },
    { type: 'block_actions', user: { id: dana }, actions: [] },
    { type: 'block_actions', user: null, actions: [{ action_id: 'retry', value: 'x' }] },
    { type: 'block_actions', user: { id: dana }, actions: [{ action_id: 'a-link' }], response_url: 'x' },
    { type: 'view_submission', user: { id: dana }, view: { callback_id: 'silence' } },
    { type: 'view_closed', user: { id: dana }, view: { callback_id: 'silence' } },
    { type: 'shortcut', callback_id: 'x', user: { id: dana } },
    { type: 'event_callback', event: { type: 'message', text: 'hello' } },
    { event: null },
    { __proto__: null, actions: {}, command: 1 },
  ];
  for (const body of bodies) {
    const payload = new URLSearchParams({ payload: JSON.stringify(body) }).toString();
    for (const [sent, type] of [
      [payload, form],
      [JSON.stringify(body), 'application/json'],
    ] as const) {
      const answer = await world.people.send(sent, type);
      assert.deepEqual([answer.status, answer.body], [200, ''], sent);
    }
  }
  assert.equal((await world.people.send('a=1&a=2&payload=%7B%7D&payload=%7B%7D', form)).status, 200);
  assert.deepEqual(world.readLines(), []);
});

test('outlives a caller that breaks off', async (t) => {
  const { url, people } = await startSlackWorld(t);
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const stamp = Math.floor(Date.parse('2026-06-12T10:01:00Z') / 1000);
  socket.write(
    `POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Type: ${form}\r\nContent-Length: 99\r\n` +
      `X-Slack-Signature: v0=00\r\nX-Slack-Request-Timestamp: ${stamp}\r\n\r\npay`,
  );
  socket.end();
  await text(socket);
  assert.equal((await people.command('help')).status, 200);
});

test('takes no requests if Slack speaks over the connection of the service', async (t) => {
  const world = await startSlackWorld(t, { inbound: { kind: 'socket', appToken: new Secret('xapp') } });
  assert.equal((await knock(world)).status, 404);
});
