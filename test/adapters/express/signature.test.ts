import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Webhook } from 'standardwebhooks';
import type { HttpConfig } from '../../../src/adapters/express/http-deps.ts';
import { Secret } from '../../../src/secret.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { sendRaw, serve } from './serve-app.ts';
import { body, marker, now, secretsOf } from './start-app.ts';

const path = '/openshift-ci-re-trigger';
const secret = `whsec_${Buffer.alloc(32, 's').toString('base64')}`;
const next = Buffer.alloc(32, 'n').toString('base64');
const json = { 'content-type': 'application/json' };
const sent = JSON.stringify(body);

function sign(by = secret, over = sent, at = now): Record<string, string> {
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(by).sign('msg_1', new Date(at), over),
  };
}

/** The app with a secret, on a clock that stands still. */
async function setUp(
  t: TestContext,
  written = secret,
  gangwayToken: Secret | null = null,
  config: Partial<HttpConfig> = {},
) {
  const clock = new VirtualClock(now);
  const served = await serve(
    t,
    { webhookSecrets: secretsOf(written), gangwayToken, ...config },
    { deps: { clock } },
  );
  async function post(headers: Record<string, string>, text = sent) {
    const response = await fetch(served.url + path, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: text,
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }
  return { ...served, clock, post };
}

async function statusesOf(t: TestContext, written: string, ...tries: Record<string, string>[]) {
  const { post } = await setUp(t, written);
  const statuses: number[] = [];
  for (const headers of tries) statuses.push((await post(headers)).status);
  return statuses;
}

test('takes a signed notification, and whoever sends it again finds the same chain', async (t) => {
  const { post, store } = await setUp(t);
  assert.deepEqual([(await post(sign())).status, (await post(sign())).status], [202, 200]);
  assert.equal((await store.page({ limit: 9 })).chains.length, 1);
});

test('either proof will do', async (t) => {
  const bearer = { authorization: `Bearer ${secret}` };
  const statuses = await statusesOf(
    t,
    secret,
    { ...sign(), authorization: 'Bearer wrong' },
    { ...bearer, ...sign(next) },
    bearer,
    { ...sign(next), authorization: 'Bearer wrong' },
  );
  assert.deepEqual(statuses, [202, 200, 200, 401]);
});

test('several secrets are all taken, to send and to sign with, so that one can follow another', async (t) => {
  const tries = [secret, next].flatMap((each) => [sign(each), { authorization: `Bearer ${each}` }]);
  assert.deepEqual(await statusesOf(t, `${secret},${next}`, ...tries), [202, 200, 200, 200]);
  assert.deepEqual(await statusesOf(t, `${secret} ${next}`, ...tries), [202, 200, 200, 200]);
  assert.deepEqual(await statusesOf(t, next, ...tries), [401, 401, 202, 200]);
  assert.deepEqual(
    await statusesOf(t, `${secret},${next}`, { authorization: `Bearer ${secret},${next}` }),
    [401],
  );
});

test('goes by the service’s clock', async (t) => {
  const { post, clock } = await setUp(t);
  const headers = sign();
  clock.advance(5 * 60_000);
  assert.equal((await post(headers)).status, 202);
  clock.advance(1);
  const stale = await post(headers);
  assert.equal(stale.status, 401);
  assert.match(stale.text, /webhook-timestamp is more than 5 minutes/);
});

for (const [what, headers, text] of [
  ['nothing', {}, sent],
  ['a wrong bearer token', { authorization: `Bearer ${marker}` }, sent],
  ['a signature by another secret', sign(next), sent],
  ['a signature over another body', sign(), sent.replace('interop', 'interob')],
  ['a signature over the same JSON with another blank', sign(), sent.replace(':', ': ')],
  ['a signature that is none', { ...sign(), 'webhook-signature': `v1,${marker}` }, sent],
  ['a signature over broken JSON by another secret', sign(next, '{'), '{'],
  [
    'an unknown version',
    { ...sign(), 'webhook-signature': sign()['webhook-signature']!.replace('v1', 'v2') },
    sent,
  ],
] as const) {
  test(`answers 401 to ${what}, and repeats none of it`, async (t) => {
    const { post, store, lines } = await setUp(t);
    const answer = await post(headers, text);
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
    const seen = [answer.text, JSON.stringify([...answer.headers]), ...lines].join('\n');
    for (const each of [marker, secret, next, 'msg_1', sign()['webhook-signature'] ?? ''])
      assert.ok(!seen.includes(each));
    assert.deepEqual((await store.page({ limit: 9 })).chains, []);
  });
}

test('a signature is over the bytes, whatever they are', async (t) => {
  const { port, post } = await setUp(t);
  const over = `${sent.slice(0, -1)}, "more": "\u00e4\u{1F600}\ud800"}`.toWellFormed();
  assert.equal((await post(sign(secret, over), over)).status, 202);
  const headers = Object.entries({ ...json, ...sign(secret, over) }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const start = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n${headers.join('')}\r\n`;
  const chunks =
    over.match(/[^]{1,7}/gu)?.map((each) => `${Buffer.byteLength(each).toString(16)}\r\n${each}\r\n`) ?? [];
  assert.match(await sendRaw(port, `${start}${chunks.join('')}0\r\n\r\n`), /^HTTP\/1.1 200 /);
});

test('turns away who claims nothing before the body is read', async (t) => {
  const { port } = await setUp(t);
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n`;
  assert.match(await sendRaw(port, head), /^HTTP\/1.1 401 /);
});

test('who signed may leave the token out where the service has its own', async (t) => {
  const { trigger_token: _, ...run } = body;
  const text = JSON.stringify(run);
  const ours = await setUp(t, secret, new Secret('ours'));
  assert.equal((await ours.post(sign(secret, text), text)).status, 202);
  assert.equal((await ours.post({}, text)).status, 401);
  const none = await setUp(t);
  assert.equal((await none.post(sign(secret, text), text)).status, 400);
});

test('a caller with the secret is not limited, and others at the same address do not lock it out', async (t) => {
  const { post } = await setUp(t, secret, null, { notificationRate: { calls: 2, perMs: 60_000 } });
  const bearer = { authorization: `Bearer ${secret}` };
  const proofs = [sign(), bearer, sign(), bearer, sign()];
  for (const proof of proofs) assert.ok([200, 202].includes((await post(proof)).status));
  const guesses = [{}, { authorization: 'Bearer wrong' }, {}, sign(next), { authorization: 'Bearer wrong' }];
  const statuses: number[] = [];
  for (const guess of guesses) statuses.push((await post(guess)).status);
  assert.deepEqual(statuses, [401, 401, 429, 429, 429]);
  for (const proof of proofs) assert.equal((await post(proof)).status, 200);
});

test('wrong signatures count against the limit of their address', async (t) => {
  const { post } = await setUp(t, secret, null, { notificationRate: { calls: 2, perMs: 60_000 } });
  const statuses: number[] = [];
  for (let n = 0; n < 3; n += 1) statuses.push((await post(sign(next))).status);
  assert.deepEqual(statuses, [401, 401, 429]);
});
