import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { defaultTimeouts, listen } from '../../../src/adapters/express/server.ts';
import { openChain } from '../../../src/chain/accept.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';
import { local, sendRaw, serve } from './serve-app.ts';
import { body, marker, now, secretsOf, startApp } from './start-app.ts';

const run = promisify(execFile);

/** The step's own lines (PROW.md, 4): the shell puts the JSON together, with a blank after some colons. */
const step = `curl -s -X POST "$SERVER_URL" -d "{\\"job_name\\":\\"$JOB_NAME\\", \\"build_id\\": \\"$BUILD_ID\\", \\"prow_job_id\\":\\"$PROW_JOB_ID\\", \\"trigger_token\\": \\"$TOKEN\\", \\"slack_webhook_url\\":\\"https://hooks.slack.com/services/T/B/x\\"}" -H "Content-Type: application/json"`;

test('takes the request exactly as the step sends it', async (t) => {
  const { url, store } = await serve(t);
  const env = {
    ...process.env,
    SERVER_URL: `${url}/openshift-ci-re-trigger`,
    JOB_NAME: body.job_name,
    BUILD_ID: body.build_id,
    PROW_JOB_ID: body.prow_job_id,
    TOKEN: marker,
  };
  const { stdout } = await run('bash', ['-c', step], { env });
  const { id, state } = JSON.parse(stdout) as { id: string; state: string };
  assert.equal(state, 'judging');
  const chain = await store.get(id);
  assert.equal(chain?.runs[0]?.buildId, body.build_id);
  const [address] = chain.credentials.addresses;
  assert.equal(address?.kind === 'address' && address.slack, btoa('https://hooks.slack.com/services/T/B/x'));
});

for (const [status, what, head, sent] of [
  [
    413,
    'a length that is too much',
    `Content-Type: application/json\r\nContent-Length: 70000`,
    'x'.repeat(70_000),
  ],
  [
    413,
    'chunks that are too much',
    'Content-Type: application/json\r\nTransfer-Encoding: chunked',
    `${'8000\r\n'.padEnd(0x8006, 'x')}\r\n`.repeat(3) + '0\r\n\r\n',
  ],
  [415, 'no type', 'Content-Length: 2', '{}'],
  [415, 'no body and no type', 'Accept: */*', ''],
  [400, 'no body', 'Content-Type: application/json', ''],
  [400, 'broken JSON', 'Content-Type: application/json\r\nContent-Length: 9', '{"a":"MAR'],
  [400, 'bytes that are no HTTP', 'no header', ''],
] as const) {
  test(`answers ${status} for ${what} on the wire`, async (t) => {
    const { port } = await serve(t);
    const start = 'POST /openshift-ci-re-trigger HTTP/1.1\r\nHost: x\r\nConnection: close';
    const answer = await sendRaw(port, `${start}\r\n${head}\r\n\r\n${sent}`);
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
    assert.doesNotMatch(answer, /MAR/);
  });
}

test('says in its own way that an address is broken, which no router reads', async (t) => {
  const { port } = await serve(t);
  const answer = await sendRaw(port, `POST http://[MARKER/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  assert.match(answer, /^HTTP\/1.1 400 [^]*application\/problem\+json[^]*The address is broken/);
  assert.doesNotMatch(answer, /MARKER/);
});

test('compares a secret by its bytes, so it may hold any letter', async (t) => {
  const { port } = await serve(t, { webhookSecrets: secretsOf('gehäuse') });
  const head =
    'POST /openshift-ci-re-trigger HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json';
  const post = (secret: string) => sendRaw(port, `${head}\r\nAuthorization: Bearer ${secret}\r\n\r\n`);
  assert.match(await post('gehäuse'), /^HTTP\/1.1 400 /);
  assert.match(await post('gehause'), /^HTTP\/1.1 401 /);
});

test('rejects where the port is taken', async (t) => {
  const { port } = await serve(t);
  await assert.rejects(listen(startApp().app, { ...local, port }), { code: 'EADDRINUSE' });
});

test('closing waits for the request in hand and keeps no connection', async () => {
  const reached = Promise.withResolvers<void>();
  const stored = Promise.withResolvers<void>();
  const { app } = startApp(
    {},
    {
      accept: async ({ jobName, prowJobId, buildId }) => {
        reached.resolve();
        await stored.promise;
        const credentials = { token: null, slack: null, slackErrors: null };
        return {
          chain: openChain({ jobName, prowJobId, buildId }, credentials, now),
          known: false,
          displaced: [],
        };
      },
    },
  );
  const clock = new VirtualClock(now);
  const served = await listen(app, { ...local, clock });
  const agent = new http.Agent({ keepAlive: true });
  const headers = { 'Content-Type': 'application/json' };
  const sending = http.request(`${served.url}/openshift-ci-re-trigger`, { method: 'POST', agent, headers });
  sending.end(JSON.stringify(body));
  await reached.promise;
  const closed = served.close();
  await assert.rejects(fetch(`${served.url}/healthcheck`));
  stored.resolve();
  const [response] = (await once(sending, 'response')) as [http.IncomingMessage];
  assert.equal(response.statusCode, 202);
  assert.match(await text(response), /judging/);
  await closed;
  agent.destroy();
});

test('closing does not wait for ever for a caller that never ends its request', async () => {
  const served = await listen(startApp().app, { ...local, graceMs: 10 });
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /openshift-ci-re-trigger HTTP/1.1\r\nHost: x\r\n');
  socket.on('error', () => {});
  await served.close();
});

/** Short enough for a test; the order of the two is what counts. */
const timeouts = {
  headersTimeout: 60,
  requestTimeout: 120,
  connectionsCheckingInterval: 5,
  keepAliveTimeout: 5_000,
};
const head = 'POST /openshift-ci-re-trigger HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';

for (const [what, begin, drip] of [
  ['whose headers drip', 'POST / HTTP/1.1\r\nHost: x\r\nX-Drip: ', 'x'],
  ['whose body drips', `${head}Content-Length: 1000\r\n\r\n`, ' '],
  ['whose chunks drip', `${head}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
  ['who says nothing', '', ''],
] as const) {
  test(`a caller ${what} is cut off, and never answered 5xx`, async (t) => {
    const { port, readLines } = await serve(t, {}, { place: { timeouts } });
    const socket = connect(port, '127.0.0.1');
    const answer = text(socket);
    socket.write(begin);
    const dripping = setInterval(() => socket.write(drip), 2);
    t.after(() => clearInterval(dripping));
    socket.once('close', () => clearInterval(dripping));
    assert.match(await answer.catch(() => ''), /^(?:HTTP\/1\.1 408 |$)/);
    assert.ok(readLines().every(({ level, status }) => level === 'info' && Number(status) < 500));
  });
}

test('a kept connection is closed when nothing comes on it', async (t) => {
  // Only what is measured is short: a machine that is slow to send the request must not be cut off for that.
  const { port } = await serve(t, {}, { place: { timeouts: { ...defaultTimeouts, keepAliveTimeout: 40 } } });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await text(socket), /alive$/);
});

test('slow callers get 10 s for headers and 15 s in all; a kept connection outlives the balancer’s 60 s', async (t) => {
  const { connectionsCheckingInterval, ...rest } = defaultTimeouts;
  assert.deepEqual(rest, { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 65_000 });
  assert.ok(connectionsCheckingInterval <= 1_000);
  const { url } = await serve(t);
  const { headers } = await fetch(`${url}/healthcheck`);
  assert.equal(headers.get('keep-alive'), 'timeout=65');
});
