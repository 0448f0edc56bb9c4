import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import {
  BodyTooLarge,
  createHttpClient,
  type HttpOutcome,
  type HttpResponse,
} from '../../src/http/http-client.ts';
import { serveHttp, serveTcp } from '../adapters/raw-server.ts';
import { VirtualClock } from '../time/virtual-clock.ts';
import { startLocalServer } from '../prow/local-server.ts';

const timeoutMs = 1_000;

function startClient(t: TestContext) {
  const clock = new VirtualClock();
  const http = createHttpClient(clock);
  t.after(() => http.close());
  return { clock, http };
}

async function get(t: TestContext, answer: RequestListener) {
  const { clock, http } = startClient(t);
  const { url, requests } = await serveHttp(t, answer);
  return { clock, requests, outcome: await http.call({ method: 'GET', url: `${url}/a?b=c`, timeoutMs }) };
}

function answered(outcome: HttpOutcome): HttpResponse {
  assert.ok(outcome.kind === 'answered');
  return outcome;
}

test('a redirect is an answer and is not followed', async (t) => {
  const { outcome, requests } = await get(t, (_, response) => {
    response.writeHead(302, { location: '/elsewhere', 'X-Odd': ['1', '2'] }).end('gone');
  });
  const response = answered(outcome);
  const { status, headers } = response;
  assert.deepEqual(
    [status, headers['location'], headers['x-odd'], await response.text(9)],
    [302, '/elsewhere', '1, 2', 'gone'],
  );
  assert.deepEqual(
    requests.map((request) => request.url),
    ['/a?b=c'],
  );
});

test('a body is unpacked where it is gzip, and read up to its limit', async (t) => {
  const body = 'é'.repeat(1_000_000);
  for (const encoding of ['gzip', 'identity']) {
    const answer: RequestListener = (_, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(encoding === 'gzip' ? gzipSync(body) : body);
    };
    assert.equal(await answered((await get(t, answer)).outcome).text(2_000_000), body);
    await assert.rejects(answered((await get(t, answer)).outcome).text(1_999_999), BodyTooLarge);
  }
});

test('what calls itself gzip and is not, or ends too early, is a fault of reading', async (t) => {
  for (const bytes of [Buffer.from('plain'), gzipSync('x'.repeat(9_999)).subarray(0, 20)]) {
    const { outcome } = await get(t, (_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(bytes);
    });
    await assert.rejects(answered(outcome).text(99_999));
  }
});

test('time runs out before the answer', async (t) => {
  const { clock, http } = startClient(t);
  const arrived = Promise.withResolvers<void>();
  const { url } = await serveHttp(t, () => arrived.resolve());
  const calling = http.call({ method: 'GET', url, timeoutMs });
  await arrived.promise;
  clock.advance(timeoutMs);
  assert.deepEqual(await calling, { kind: 'broken', why: 'no complete answer within 1000 ms' });
});

test('time runs out in the middle of the body', async (t) => {
  for (const encoding of ['identity', 'gzip']) {
    const part = encoding === 'gzip' ? gzipSync('x'.repeat(99)).subarray(0, 12) : 'part';
    const { clock, outcome } = await get(t, (_, response) => {
      response.writeHead(200, { 'content-encoding': encoding }).write(part);
    });
    const reading = answered(outcome).text(99);
    clock.advance(timeoutMs);
    await assert.rejects(reading, /within 1000 ms/);
  }
});

test('no timer is left once the body is read, dropped, or was too large', async (t) => {
  const uses = [
    (response: HttpResponse) => response.text(99),
    async (response: HttpResponse) => response.drop(),
    (response: HttpResponse) => assert.rejects(response.text(1)),
  ];
  for (const use of uses) {
    const { clock, outcome } = await get(t, (_, response) => response.end('body'));
    assert.notEqual(clock.nextDue(), null);
    await use(answered(outcome));
    assert.equal(clock.nextDue(), null);
  }
});

test('a body that breaks while nobody reads it is met by who reads it, and ends no process', async (t) => {
  const broke = Promise.withResolvers<void>();
  const { outcome } = await get(t, ({ socket }, response) => {
    response.writeHead(200, { 'content-length': 99 });
    response.write('part', () => {
      socket.once('close', () => broke.resolve()).resetAndDestroy();
    });
  });
  await broke.promise;
  for (let i = 0; i < 20; i += 1) await turn();
  await assert.rejects(answered(outcome).text(99));
});

test('a fault before anything was written is told apart', async (t) => {
  const { http, clock } = startClient(t);
  const { url } = await serveTcp(t, (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
  const closed = await startLocalServer(() => {});
  await closed.close();
  const cases = [
    { url: closed.origin },
    { url: 'http://nowhere.invalid/' },
    { url: url.replace('http:', 'https:') },
    { url: 'not an address' },
    { url, headers: { authorization: 'Bearer a\nb' } },
  ];
  for (const method of ['GET', 'POST'] as const) {
    for (const each of cases) {
      assert.equal((await http.call({ method, timeoutMs, ...each })).kind, 'not-sent', each.url);
      assert.equal(clock.nextDue(), null);
    }
  }
});

const breaks: [string, (socket: Socket) => void][] = [
  ['a reset', (socket) => void socket.resetAndDestroy()],
  ['an end without an answer', (socket) => void socket.end()],
  ['half of the headers', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-')],
  ['what is no HTTP', (socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
];
for (const [what, fail] of breaks) {
  test(`a request that meets ${what} is broken, and is never sent twice`, async (t) => {
    const { http } = startClient(t);
    const { url, count } = await serveTcp(t, fail);
    for (const method of ['POST', 'GET'] as const) {
      const { kind } = await http.call({ method, url, timeoutMs, ...(method === 'POST' && { body: 'x' }) });
      assert.deepEqual([kind, count(method)], ['broken', 1]);
    }
  });
}

test('a POST goes over a connection of its own, so a kept one that closes can not lose it', async (t) => {
  const { http } = startClient(t);
  const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=60\r\n\r\nok';
  const { url, seen, count } = await serveTcp(t, (socket, text) => {
    // The second request on a connection meets its end.
    if (text.split(' HTTP/1.1').length === 2) socket.write(ok);
    else socket.resetAndDestroy();
  });
  for (const method of ['GET', 'POST', 'POST', 'POST'] as const) {
    assert.equal(await answered(await http.call({ method, url, timeoutMs })).text(9), 'ok');
  }
  assert.deepEqual([seen.length, count('GET'), count('POST')], [4, 1, 3]);
  assert.match(seen[1] ?? '', /connection: close/i);
});

test('a burst of POSTs waits its turn: each arrives once, 128 at a time at most', async (t) => {
  const { http } = startClient(t);
  let [open, most] = [0, 0];
  const { url, requests } = await serveHttp(t, (request, response) => {
    most = Math.max(most, (open += 1));
    request.resume().on('end', () => {
      open -= 1;
      response.end(request.url);
    });
  });
  const paths = Array.from({ length: 300 }, (_, i) => `/${i}`);
  const calls = paths.map((path) => http.call({ method: 'POST', url: url + path, body: 'x', timeoutMs }));
  const texts = await Promise.all(calls.map(async (call) => answered(await call).text(9)));
  assert.deepEqual(texts, paths);
  assert.ok(requests.length === 300 && most <= 128, `${requests.length} arrived, ${most} at once`);
});

test('the time of a call that waits behind others begins when it is written', async (t) => {
  const { clock, http } = startClient(t);
  const { url, requests } = await serveHttp(t, (_, response) => {
    if (requests.length === 128) full.resolve();
    if (requests.length > 128) response.end('ok');
  });
  const full = Promise.withResolvers<void>();
  const calls = Array.from({ length: 129 }, () => http.call({ method: 'GET', url, timeoutMs }));
  await full.promise;
  clock.advance(timeoutMs);
  const outcomes = await Promise.all(calls);
  assert.equal(outcomes.filter(({ kind }) => kind === 'broken').length, 128);
  assert.equal(await answered(outcomes.at(-1) ?? assert.fail()).text(9), 'ok');
});

test('a call that waits behind others when the client closes was not sent', async (t) => {
  const { http } = startClient(t);
  const { url, requests } = await serveHttp(t, () => requests.length === 128 && full.resolve());
  const full = Promise.withResolvers<void>();
  const calls = Array.from({ length: 129 }, () => http.call({ method: 'POST', url, timeoutMs }));
  await full.promise;
  await http.close();
  const kinds = (await Promise.all(calls)).map(({ kind }) => kind);
  assert.deepEqual([kinds.filter((kind) => kind === 'broken').length, kinds.at(-1)], [128, 'not-sent']);
});

test('a body that is here as a whole may be read late', async (t) => {
  const { clock, http } = startClient(t);
  const { url } = await serveHttp(t, (_, response) => response.end('all of it'));
  const response = answered(await http.call({ method: 'GET', url, timeoutMs: 60_000 }));
  for (let i = 0; i < 20; i += 1) await turn();
  clock.advance(59_999);
  assert.equal(await response.text(99), 'all of it');
});

test('forty bodies that do not end hold up no other call, and end with their time', async (t) => {
  const { clock, http } = startClient(t);
  const { url } = await serveHttp(t, ({ url: path }, response) => {
    if (path === '/well') response.end('ok');
    else response.writeHead(200).write('drop');
  });
  const drops = Array.from({ length: 40 }, () => http.call({ method: 'GET', url, timeoutMs: 60_000 }));
  const bodies = (await Promise.all(drops)).map((outcome) =>
    assert.rejects(answered(outcome).text(99), /within 60000 ms/),
  );
  assert.equal(
    await answered(await http.call({ method: 'GET', url: `${url}/well`, timeoutMs })).text(9),
    'ok',
  );
  clock.advance(60_000);
  await Promise.all(bodies);
});

for (const [header, ms] of [
  [undefined, null],
  ['0', 0],
  ['7', 7_000],
  ['900', 900_000],
  ['901', 900_000],
  ['604800', 900_000],
  ['99999999999999999999', 900_000],
  ['-5', null],
  ['1.5', null],
  ['soon', null],
  ['Wed, 21 Oct 2026 07:28:00 GMT', null],
] as const) {
  test(`Retry-After ${header} asks to wait for ${ms} ms`, async (t) => {
    const { outcome } = await get(t, (_, response) => {
      response.writeHead(429, header === undefined ? {} : { 'retry-after': header }).end();
    });
    assert.equal(answered(outcome).retryAfterMs, ms);
    answered(outcome).drop();
  });
}
