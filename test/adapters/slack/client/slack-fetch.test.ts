import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { slackFetch } from '../../../../src/adapters/slack/client/client.ts';
import { createHttpClient } from '../../../../src/http/http-client.ts';
import { VirtualClock } from '../../../time/virtual-clock.ts';
import { holdNoSecret } from '../../hold-no-secret.ts';
import { serveHttp } from '../../raw-server.ts';

const token = 'xoxb-marked-0123456789';
const init = {
  method: 'POST',
  headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/x-www-form-urlencoded' },
  body: `text=a&token=${token}`,
};

function httpForTest(t: TestContext) {
  const clock = new VirtualClock();
  const asked: boolean[] = [];
  const real = createHttpClient(clock, (_name, _options, done) =>
    setImmediate(done, null, [{ address: '127.0.0.1', family: 4 }]),
  );
  t.after(() => real.close());
  const call: typeof real.call = (request) => {
    asked.push(request.isForeign === true);
    return real.call(request);
  };
  return { clock, http: { ...real, call }, asked };
}

test('posts what it is given, and gives what came', async (t) => {
  const { http } = httpForTest(t);
  const bodies: string[] = [];
  const { url, requests } = await serveHttp(t, (request, response) => {
    request.on('data', (chunk) => bodies.push(String(chunk)));
    request.on('end', () =>
      response.writeHead(429, { 'retry-after': '7', 'x-oauth-scopes': 'chat:write' }).end('{}'),
    );
  });
  const response = await slackFetch(http, `${url}/api`)(`${url}/api/chat.postMessage`, init);
  const { method, headers } = requests[0]!;
  assert.deepEqual(
    [method, headers.authorization, headers['content-type'], bodies.join('')],
    ['POST', `Bearer ${token}`, 'application/x-www-form-urlencoded', init.body],
  );
  assert.deepEqual(
    [response.status, response.headers.get('retry-after'), response.headers.get('x-oauth-scopes')],
    [429, '7', 'chat:write'],
  );
  assert.equal(await response.text(), '{}');
});

test('Retry-After is 15 minutes at the most', async (t) => {
  const { http } = httpForTest(t);
  const { url } = await serveHttp(t, (_, response) =>
    response.writeHead(503, { 'retry-after': '86400' }).end(),
  );
  const response = await slackFetch(http, url)(`${url}/auth.test`, init);
  assert.equal(response.headers.get('retry-after'), '900');
});

test('an answer without a body, or one that may have none, is an answer', async (t) => {
  const { http } = httpForTest(t);
  for (const status of [200, 204, 304]) {
    const { url } = await serveHttp(t, (_, response) => response.writeHead(status).end());
    assert.equal((await slackFetch(http, url)(`${url}/auth.test`, init)).status, status);
  }
});

test('what is not under the address of the API is foreign, and gets no token', async (t) => {
  const { http, asked } = httpForTest(t);
  const { url, requests } = await serveHttp(t, (_, response) => response.end('ok'));
  const send = slackFetch(http, `${url}/api`);
  for (const path of ['/api/chat.update', '/apis', '/api/../actions/1', '/actions/1'])
    await send(url + path, init);
  assert.deepEqual(asked, [false, true, true, true]);
  assert.deepEqual(
    requests.map(({ headers }) => headers.authorization !== undefined),
    [true, false, false, false],
  );
});

test('a foreign name that leads inside is not called', async (t) => {
  const { http } = httpForTest(t);
  const { url, requests } = await serveHttp(t, (_, response) => response.end('ok'));
  const address = url.replace('127.0.0.1', 'hooks.slack.test');
  await assert.rejects(slackFetch(http, 'https://slack.com/api')(address, init), /not public/);
  assert.equal(requests.length, 0);
});

test('a fault says what broke, and neither token nor address', async (t) => {
  const { http, clock } = httpForTest(t);
  const arrived = Promise.withResolvers<void>();
  const hanging = await serveHttp(t, () => arrived.resolve());
  const cut = await serveHttp(t, ({ socket }, response) => {
    response.writeHead(200, { 'content-length': 9 });
    response.write('x', () => void socket.destroy());
  });
  const broken = await serveHttp(t, ({ socket }) => void socket.destroy());
  const endless = await serveHttp(t, (_, response) => response.end('x'.repeat(300 * 1024)));
  const secret = 'marked-path-0123456789';
  const faults: [string, RegExp][] = [
    [hanging.url, /^the answer of Slack was lost: no complete answer within 15000 ms$/],
    [cut.url, /^the answer of Slack was lost: /],
    [broken.url, /^the answer of Slack was lost: /],
    [endless.url, /^the answer of Slack was lost: more than 262144 bytes$/],
    ['http://127.0.0.1:1', /^Slack was not reached: ECONNREFUSED$/],
  ];
  for (const [url, says] of faults) {
    const fault: Promise<unknown> = slackFetch(http, url)(`${url}/${secret}`, init).then(
      () => null,
      (error: unknown) => error,
    );
    if (url === hanging.url) {
      await arrived.promise;
      clock.advance(15_000);
    }
    const error = await fault;
    assert.match((error as Error).message, says);
    holdNoSecret(token, error);
    holdNoSecret(secret, error);
  }
});

test('only text is sent', async (t) => {
  const { http } = httpForTest(t);
  await assert.rejects(
    slackFetch(http, 'http://127.0.0.1:1')('http://127.0.0.1:1/x', { body: new FormData() }),
    /only text/,
  );
});
