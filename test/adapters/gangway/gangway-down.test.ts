import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { GangwayClosed } from '../../../src/adapters/gangway/gangway-client.ts';
import { createLogger } from '../../../src/logging.ts';
import { Secret } from '../../../src/secret.ts';
import type { ProwOptions } from '../../prow/start-prow.ts';
import { holdNoSecret } from '../hold-no-secret.ts';
import { serveHttp, serveTcp } from '../raw-server.ts';
import { caller, clientFor, clientOfProw, job, marker, goAhead, request, untold } from './client-for-test.ts';

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i += 1) await turn();
}

/** A client whose Gangway has just failed five times, and whose breaker is open since. */
async function clientOfBroken(t: TestContext, options: Partial<ProwOptions> = {}) {
  const world = await clientOfProw(t, options);
  world.prow.gangway.fail('503', { times: 5 });
  for (let i = 0; i < 5; i += 1) await world.client.get('run-1', caller);
  assert.equal(world.client.health.breaker, 'open');
  return { ...world, callsBefore: world.prow.gangway.calls.length };
}

const failures: [string, RequestListener][] = [
  ['a reset', ({ socket }) => socket.resetAndDestroy()],
  [
    'an answer that breaks off',
    (_, response) => response.writeHead(200, { 'content-length': 9 }).write('x', () => response.destroy()),
  ],
  ...[500, 502, 503, 504].map((status): [string, RequestListener] => [
    `a bare ${status}`,
    (_, response) => response.writeHead(status).end(),
  ]),
  [
    '500 etcdserver',
    (_, response) => response.writeHead(500, { 'grpc-message': 'etcdserver: time-out' }).end(),
  ],
];
for (const [what, answer] of failures) {
  test(`after five times ${what} Gangway is left alone`, async (t) => {
    const { url, requests } = await serveHttp(t, answer);
    const { client } = clientFor(t, url);
    for (let i = 0; i < 8; i += 1) await client.create(request, caller, goAhead);
    assert.deepEqual([client.health.breaker, requests.length], ['open', 5]);
  });
}

test('after five refused connections, or five time-outs, Gangway is left alone', async (t) => {
  const refused = await clientOfProw(t);
  await refused.prow.gangway.down();
  for (let i = 0; i < 6; i += 1) await refused.client.create(request, caller, goAhead);
  assert.deepEqual(
    [refused.client.health.breaker, refused.client.health.lastFault],
    ['open', 'Gangway could not be reached (ECONNREFUSED)'],
  );
  const slow = await clientOfProw(t);
  slow.prow.gangway.fail('slow', { times: 9 });
  const calls = Array.from({ length: 5 }, () => slow.client.get('run-1', caller));
  await slow.prow.gangway.whenCall(() => slow.prow.gangway.calls.length === 5);
  slow.clock.advance(65_000);
  await Promise.all(calls);
  assert.equal(slow.client.health.breaker, 'open');
});

const answers: [number, Record<string, string>, string][] = [
  [200, {}, '<html>maintenance'],
  [302, { location: '/oauth/start' }, ''],
  [400, { 'grpc-status': '3' }, ''],
  [401, {}, ''],
  [403, {}, '<html>Log In'],
  [403, { 'grpc-status': '7' }, ''],
  [404, {}, ''],
  [409, {}, ''],
  [429, {}, ''],
  [500, { 'grpc-message': 'prowjobs.prow.k8s.io "run-1" not found' }, ''],
  [500, { 'grpc-message': 'failed to find associated periodic job "a"' }, ''],
  [501, { 'grpc-status': '12' }, ''],
];
for (const [status, headers, body] of answers) {
  test(`${status} ${JSON.stringify(headers)} ${body} never opens the breaker`, async (t) => {
    const { url, requests } = await serveHttp(t, (_, response) =>
      response.writeHead(status, headers).end(body),
    );
    const { client } = clientFor(t, url);
    for (let i = 0; i < 12; i += 1) await client.get('run-1', caller);
    assert.deepEqual([client.health.breaker, client.health.faultsInARow, requests.length], ['closed', 0, 12]);
  });
}

test('while the breaker is open nothing is sent and no intent is written', async (t) => {
  const { prow, clock, client, callsBefore } = await clientOfBroken(t);
  clock.advance(12_000);
  const says = 'Gangway is not called for now, after 5 faults in a row (Gangway answered 503)';
  const shut = { says, retryAfterMs: 18_000 };
  assert.deepEqual(await client.create(request, caller, untold), { kind: 'held-back', ...shut });
  assert.deepEqual(await client.get('run-1', caller), { kind: 'held-back', ...shut });
  assert.deepEqual(await client.list(job, caller), { kind: 'held-back', ...shut });
  assert.equal(prow.gangway.calls.length, callsBefore);
  assert.equal(client.health.retryAt, clock.now() + 18_000);
});

test('one call goes through as the probe; the others wait for what comes of it, and go on', async (t) => {
  const { prow, clock, client, callsBefore } = await clientOfBroken(t);
  clock.advance(30_000);
  prow.gangway.fail('slow');
  const calls = [
    client.get('run-1', caller),
    client.create(request, caller, goAhead),
    client.list(job, caller),
  ];
  await prow.gangway.whenCall(() => prow.gangway.calls.length > callsBefore);
  await settle();
  assert.deepEqual([prow.gangway.calls.length, client.health.breaker], [callsBefore + 1, 'half-open']);
  prow.gangway.release();
  const kinds = (await Promise.all(calls)).map(({ kind }) => kind);
  assert.deepEqual([kinds, client.health.breaker], [['gone', 'created', 'found'], 'closed']);
});

test('where the probe fails, those that waited for it are told, and have sent nothing', async (t) => {
  const { prow, clock, client, callsBefore } = await clientOfBroken(t);
  clock.advance(30_000);
  prow.gangway.fail('502', { times: 9 });
  const [probe, ...others] = await Promise.all([
    client.create(request, caller, goAhead),
    client.create(request, caller, untold),
    client.get('run-1', caller),
  ]);
  assert.equal(probe.kind, 'unclear');
  assert.deepEqual(
    others.map(({ kind, ...rest }) => [kind, 'retryAfterMs' in rest ? rest.retryAfterMs : null]),
    [
      ['held-back', 60_000],
      ['held-back', 60_000],
    ],
  );
  assert.equal(prow.gangway.calls.length, callsBefore + 1);
});

test('who waits for the rate limit when the breaker opens is told at once', async (t) => {
  const { prow, client } = await clientOfProw(t, {}, { calls: 1, perMs: 60_000, burst: 5 });
  prow.gangway.fail('503', { times: 9 });
  const failing = Array.from({ length: 5 }, () => client.list(job, caller));
  const waiting = [client.create(request, caller, untold), client.get('run-1', caller)];
  await Promise.all(failing);
  assert.deepEqual(
    (await Promise.all(waiting)).map((each) => ('retryAfterMs' in each ? each.retryAfterMs : null)),
    [30_000, 30_000],
  );
  assert.equal(prow.gangway.calls.length, 5);
});

test('a probe that is called off before it is sent, or can not be, leaves it to the next call', async (t) => {
  const { prow, clock, client, callsBefore } = await clientOfBroken(t);
  clock.advance(30_000);
  const calledOff = client.create(request, caller, untold);
  const unfit = client.get('run-1', { token: new Secret('two words'), isKnown: false });
  const next = client.create(request, caller, goAhead);
  await assert.rejects(calledOff, /an intent was written/);
  assert.deepEqual([(await unfit).kind, (await next).kind], ['refused', 'created']);
  assert.deepEqual([prow.gangway.calls.length, client.health.breaker], [callsBefore + 1, 'closed']);
});

for (const serves of [true, false]) {
  test(`a probe that takes long to get ready makes way for the next, which is ${serves ? 'served' : 'not'}`, async (t) => {
    const { prow, clock, client, callsBefore } = await clientOfBroken(t);
    clock.advance(30_000);
    const { promise: ready, resolve: getReady } = Promise.withResolvers<boolean>();
    const slow = client.create(request, caller, () => ready);
    const next = client.get('run-1', caller);
    await settle();
    clock.advance(4_000);
    await settle();
    assert.equal(prow.gangway.calls.length, callsBefore, 'it is waited for');
    if (!serves) prow.gangway.fail('503');
    clock.advance(1_000);
    assert.equal((await next).kind, serves ? 'gone' : 'unavailable');
    assert.equal(prow.runs.length, 0);
    getReady(true);
    // What it looked at is old by now, so it is not sent.
    assert.equal((await slow).kind, 'not-created');
    assert.deepEqual([prow.runs.length, prow.gangway.calls.length], [0, callsBefore + 1]);
    assert.equal(client.health.breaker, serves ? 'closed' : 'open');
  });
}

test('a probe that takes long and is called off then harms nobody', async (t) => {
  const { clock, client } = await clientOfBroken(t);
  clock.advance(30_000);
  const { promise: ready, reject: cancel } = Promise.withResolvers<boolean>();
  const slow = client.create(request, caller, () => ready);
  await settle();
  clock.advance(5_000);
  const next = client.create(request, caller, goAhead);
  cancel(new Error('called off'));
  await assert.rejects(slow, /called off/);
  assert.deepEqual([(await next).kind, client.health.breaker], ['created', 'closed']);
});

test('a probe that Gangway serves in the other form only is served', async (t) => {
  const { clock, client } = await clientOfBroken(t, { gangwayForm: { bodyForm: 404 } });
  clock.advance(30_000);
  const creations = [client.create(request, caller, goAhead), client.create(request, caller, goAhead)];
  assert.deepEqual(
    (await Promise.all(creations)).map(({ kind }) => kind),
    ['created', 'created'],
  );
});

test('who waits for the probe when the client closes sends nothing', async (t) => {
  const { prow, clock, client, callsBefore } = await clientOfBroken(t);
  clock.advance(30_000);
  prow.gangway.fail('slow');
  const probe = client.get('run-1', caller);
  const waiting = client.create(request, caller, untold);
  client.close();
  await assert.rejects(waiting, GangwayClosed);
  await prow.gangway.whenCall(() => prow.gangway.calls.length > callsBefore);
  prow.gangway.release();
  assert.equal((await probe).kind, 'gone');
});

test('the log says when Gangway is left alone and when it serves again, in constant words', async (t) => {
  const { prow, clock, client } = await clientOfProw(t);
  const lines: string[] = [];
  client.logTo(createLogger('info', { write: (line) => void lines.push(line) }));
  prow.gangway.fail('503', { times: 6 });
  for (let i = 0; i < 5; i += 1) await client.get('run-1', caller);
  for (const ms of [30_000, 60_000]) {
    clock.advance(ms);
    await client.get('run-1', caller);
  }
  const shown = lines.map((line) => {
    const { level, msg, faults, until } = JSON.parse(line) as Record<string, unknown>;
    return [level, msg, faults, until];
  });
  assert.deepEqual(shown, [
    ['warn', 'Gangway is left alone', 5, '2026-06-01T10:00:30.000Z'],
    ['warn', 'Gangway is left alone', 6, '2026-06-01T10:01:30.000Z'],
    ['info', 'Gangway serves again', undefined, undefined],
  ]);
  holdNoSecret(marker, lines);
});

test('the last fault holds no word of the other side', async (t) => {
  const message = `${marker} webhook at https://10.0.0.1:8443/mutate is down`;
  const { url } = await serveTcp(t, (socket) =>
    socket.end(`HTTP/1.1 500 X\r\ngrpc-message: ${message}\r\n\r\n${message}`),
  );
  const { client } = clientFor(t, url);
  const answer = await client.get('run-1', caller);
  assert.match('says' in answer ? answer.says : '', /webhook at/);
  assert.equal(client.health.lastFault, 'Gangway answered 500');
  const down = clientFor(t, url.replace('127.0.0.1', 'gangway.invalid')).client;
  await down.get('run-1', caller);
  assert.match(down.health.lastFault ?? '', /^Gangway could not be reached \((?:ENOTFOUND|EAI_AGAIN)\)$/);
});
