import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '../../time/virtual-clock.ts';
import type { HttpConfig } from '../../../src/adapters/express/http-deps.ts';
import { serve } from './serve-app.ts';
import { body, now, secretsOf } from './start-app.ts';

const most = 1_200;
const secret = 'a-secret-that-nobody-guesses';
const notify = 'POST /openshift-ci-re-trigger';

/** As behind the load balancer, unless the settings say otherwise. */
async function setUp(t: TestContext, config: Partial<HttpConfig> = {}) {
  const clock = new VirtualClock(now);
  const served = await serve(t, { trustProxy: 1, ...config }, { deps: { clock } });
  /** Asks so many times on one connection, and counts the answers by status. */
  async function ask(
    count: number,
    address: string | ((n: number) => string) | null,
    line = 'POST /elsewhere',
  ) {
    const requests = Array.from({ length: count }, (_, n) => {
      const from = typeof address === 'function' ? address(n) : address;
      const forwarded = from === null ? '' : `X-Forwarded-For: ${from}\r\n`;
      return `${line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n${forwarded}${n === count - 1 ? 'Connection: close\r\n' : ''}\r\n`;
    });
    const socket = connect(served.port, '127.0.0.1');
    socket.write(requests.join(''));
    const answers = await text(socket);
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));
    return Object.fromEntries(
      [...Map.groupBy(statuses, (each) => each)].map(([key, { length }]) => [key, length]),
    );
  }
  return { ...served, clock, ask };
}

test('an address that comes more often than 1,200 times a minute is told when to come again', async (t) => {
  const { url, clock, ask, readLines } = await setUp(t);
  const alone = { 'x-forwarded-for': '203.0.113.7' };
  const post = () =>
    fetch(`${url}/openshift-ci-re-trigger`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...alone },
      body: JSON.stringify(body),
    });
  assert.equal((await post()).status, 202);
  clock.advance(17_500);
  // A broken notification is one, too.
  assert.deepEqual(await ask(most, '203.0.113.7', notify), { 415: most - 1, 429: 1 });
  const refused = await post();
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('content-type'), 'application/problem+json');
  assert.equal(refused.headers.get('retry-after'), '43');
  const { status, detail } = (await refused.json()) as Record<string, unknown>;
  assert.deepEqual(
    [status, detail],
    [429, 'This address sent more than 1200 requests of this kind within 1m.'],
  );
  assert.equal(readLines().at(-1)?.['address'], '203.0.113.7');
  assert.deepEqual(await ask(1, '203.0.113.8', notify), { 415: 1 });
  clock.advance(42_500);
  assert.equal((await post()).status, 200);
});

test('the health check has no limit and does not count', async (t) => {
  const { ask } = await setUp(t);
  assert.deepEqual(await ask(most + 1, null, 'GET /healthcheck'), { 200: most + 1 });
  assert.deepEqual(await ask(1, null), { 404: 1 });
});

test('reading has a limit of its own, ten times as high', async (t) => {
  const { ask } = await setUp(t);
  const read = 'GET /api/v1/chains?limit=1';
  assert.deepEqual(await ask(most, null), { 404: most });
  assert.deepEqual(await ask(10 * most + 2, null, read), { 200: 10 * most, 429: 2 });
  assert.deepEqual(await ask(1, null, 'GET /readyz'), { 429: 1 });
});

test('what is not there, and a guessed secret, count too', async (t) => {
  const { ask } = await setUp(t, { webhookSecrets: secretsOf(secret) });
  assert.deepEqual(await ask(most + 1, null), { 404: most, 429: 1 });
  assert.deepEqual(await ask(most + 1, null, notify), { 401: most, 429: 1 });
  const older = 'POST /openshift_ci_job_trigger';
  assert.deepEqual(await ask(1, null, older), { 429: 1 }, 'both addresses count together');
});

test('a caller behind the load balancer gets no other address by hops that it makes up', async (t) => {
  const { ask } = await setUp(t);
  const forged = (n: number) => `198.51.100.${n % 256}, 10.0.${n % 256}.1, 203.0.113.7`;
  assert.deepEqual(await ask(most + 5, forged), { 404: most, 429: 5 });
  assert.deepEqual(await ask(1, '203.0.113.8, 203.0.113.7'), { 429: 1 });
  assert.deepEqual(await ask(1, '203.0.113.7, 203.0.113.8'), { 404: 1 });
});

test('an IPv6 caller is its /64', async (t) => {
  const { ask } = await setUp(t);
  const within = (n: number) => `2001:db8:0:1:${n.toString(16)}::1`;
  assert.deepEqual(await ask(most + 1, within), { 404: most, 429: 1 });
  assert.deepEqual(await ask(1, '2001:DB8:0:1::9'), { 429: 1 });
  assert.deepEqual(await ask(1, '2001:db8:0:2::1'), { 404: 1 });
});

test('what is no address counts for the connection’s own', async (t) => {
  const { ask } = await setUp(t);
  assert.deepEqual(await ask(most, (n) => `word-${n}`), { 404: most });
  assert.deepEqual(await ask(1, null), { 429: 1 });
});

test('an outage’s burst from one address is taken', async (t) => {
  const { url, store } = await serve(t, {}, { deps: { clock: new VirtualClock(now) } });
  const statuses = await Promise.all(
    Array.from({ length: 500 }, async (_, n) => {
      const response = await fetch(`${url}/openshift-ci-re-trigger`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, prow_job_id: `run-${n}` }),
      });
      return response.status;
    }),
  );
  assert.ok(statuses.every((status) => status === 202));
  assert.equal((await store.page({ limit: 1000 })).chains.length, 500);
});

test('without a proxy in front, a forged X-Forwarded-For locks no one out and changes no address', async (t) => {
  const { ask, readLines, port } = await setUp(t, { trustProxy: 0 });
  const victim = '127.0.0.2';
  assert.deepEqual(await ask(most + 5, victim, notify), { 415: most, 429: 5 });
  assert.equal(readLines().at(-1)?.['address'], '127.0.0.1');
  const socket = connect({ port, host: '127.0.0.1', localAddress: victim });
  socket.write(`${notify} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  assert.match(await text(socket), /^HTTP\/1\.1 415 /);
  assert.equal(readLines().at(-1)?.['address'], victim);
});

test('behind two proxies the caller is the last address but one', async (t) => {
  const { ask } = await setUp(t, { trustProxy: 2 });
  assert.deepEqual(await ask(most + 1, '198.51.100.1, 203.0.113.7, 10.0.0.1'), { 404: most, 429: 1 });
  assert.deepEqual(await ask(1, '203.0.113.7, 203.0.113.8, 10.0.0.1'), { 404: 1 });
});

test('the limit of notifications is a setting, and can be off', async (t) => {
  const few = await setUp(t, { notificationRate: { calls: 3, perMs: 10_000 } });
  assert.deepEqual(await few.ask(5, null, notify), { 415: 3, 429: 2 });
  assert.deepEqual(await few.ask(5, null), { 404: 5 }, 'other requests have a limit of their own');
  few.clock.advance(10_000);
  assert.deepEqual(await few.ask(1, null, notify), { 415: 1 });
  const none = await setUp(t, { notificationRate: null });
  assert.deepEqual(await none.ask(most + 1, null, notify), { 415: most + 1 });
});
