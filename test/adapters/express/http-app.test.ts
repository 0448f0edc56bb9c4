import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { chainIdOf } from '../../../src/chain/accept.ts';
import { Secret } from '../../../src/secret.ts';
import { body, marker, secretsOf, startApp } from './start-app.ts';

test('says that it is alive', async () => {
  const response = await request(startApp().app).get('/healthcheck');
  assert.deepEqual([response.status, response.text], [200, 'alive']);
  assert.match(response.headers['content-type'] ?? '', /^text\/plain/);
  assert.equal(response.headers['x-powered-by'], undefined);
  assert.equal(response.headers['etag'], undefined);
});

test('tells browsers to guess nothing and frame nothing, whatever the answer', async () => {
  for (const path of ['/healthcheck', '/api/v1/chains', '/elsewhere', '/%E0%A4%A']) {
    const { headers } = await request(startApp().app).get(path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    // A page brings its own policy, and HSTS is for whoever ends TLS.
    assert.equal(headers['content-security-policy'], undefined);
    assert.equal(headers['strict-transport-security'], undefined);
  }
});

test('no answer may be stored by a proxy or browser', async () => {
  const { app } = startApp({ apiToken: new Secret('api') });
  for (const path of [
    '/healthcheck',
    '/readyz',
    '/api/v1/chains',
    '/api/v1/chains/x',
    '/api/v1/silences',
    '/openshift-ci-re-trigger',
    '/slack/events',
    '/nothing',
    '/%',
  ]) {
    for (const method of ['get', 'post'] as const) {
      const { headers } = await request(app)[method](path);
      assert.equal(headers['cache-control'], 'no-store', `${method} ${path}`);
    }
  }
});

test('says whether it is ready, and what each part says', async () => {
  const parts = { store: 'ok', rules: { files: 1 }, gangway: 'open' };
  for (const ready of [true, false]) {
    const { app } = startApp({}, { readiness: async () => ({ ready, ...parts }) });
    const response = await request(app).get('/readyz');
    const expected = { ...parts, service: { isTrusted: false } };
    assert.deepEqual([response.status, response.body], [ready ? 200 : 503, expected]);
  }
});

const well = { ready: true, store: 'ok', gangway: 'closed' };

test('shows more of itself to a caller with the API token', async () => {
  for (const [shown, isTrusted] of [
    ['Bearer api', true],
    ['Bearer other', false],
  ] as const) {
    const readiness = async (trusted: boolean) => ({ ...well, rules: { isTrusted: trusted } });
    const { app } = startApp({ apiToken: new Secret('api') }, { readiness });
    const response = await request(app).get('/readyz').set('authorization', shown);
    const { service, rules } = response.body as { service: unknown; rules: unknown };
    assert.deepEqual([response.status, service, rules], [200, { isTrusted }, { isTrusted }]);
  }
  const { body: open } = await request(startApp().app).get('/readyz').set('authorization', 'Bearer ');
  assert.deepEqual((open as { service: unknown }).service, { isTrusted: false });
});

for (const [path, allow, others] of [
  ['/healthcheck', 'GET, HEAD', ['post', 'delete']],
  ['/readyz', 'GET, HEAD', ['put']],
  ['/openshift-ci-re-trigger', 'POST', ['get', 'put', 'options']],
  ['/openshift_ci_job_trigger', 'POST', ['get', 'patch']],
  ['/api/v1/chains', 'GET, HEAD', ['post', 'options']],
  ['/api/v1/chains/x', 'GET, HEAD', ['delete']],
  ['/api/v1/chains/x/cancel', 'POST', ['get']],
  ['/api/v1/chains/x/retry', 'POST', ['get']],
  ['/api/v1/silences', 'GET, HEAD, POST', ['put', 'delete']],
  ['/api/v1/silences/x', 'DELETE', ['get', 'post']],
] as const) {
  test(`answers 405 and what is allowed at ${path}`, async () => {
    const { app } = startApp();
    for (const method of others) {
      const response = await request(app)[method](path);
      assert.equal(response.status, 405, method);
      assert.equal(response.headers['allow'], allow);
      assert.equal(response.headers['content-type'], 'application/problem+json');
    }
  });
}

test('answers 404 elsewhere and 400 for an address that can not be read', async () => {
  const { app } = startApp();
  for (const [path, status] of [
    ['/', 404],
    ['/api/v1', 404],
    ['/api/v1/chains/x/y', 404],
    ['/api/v1/chains/%E0%A4%A', 400],
  ] as const) {
    const response = await request(app).get(path);
    assert.equal(response.status, status, path);
    assert.equal(response.headers['content-type'], 'application/problem+json');
  }
});

test('answers 500 without a detail for a bug, and logs it', async () => {
  const { app, readLines } = startApp(
    {},
    { accept: async () => Promise.reject(new TypeError('inner workings')) },
  );
  const response = await request(app).post('/openshift-ci-re-trigger').send(body);
  assert.deepEqual(response.body, { type: 'about:blank', title: 'Internal Server Error', status: 500 });
  const line = readLines().find(({ level }) => level === 'error');
  assert.equal(line?.['msg'], 'request failed');
  assert.equal(line?.['request_id'], response.headers['x-request-id']);
  assert.match(JSON.stringify(line), /inner workings/);
});

test('takes a bug that looks like an error of the caller for a bug', async () => {
  for (const status of [200, 500, 502, '400', undefined]) {
    const accept = async () => Promise.reject(Object.assign(new Error('x'), { status }));
    const response = await request(startApp({}, { accept }).app).post('/openshift-ci-re-trigger').send(body);
    assert.equal(response.status, 500);
  }
});

test('logs one line a request', async () => {
  const { app, readLines } = startApp();
  const response = await request(app).post('/openshift-ci-re-trigger?q=1').send(body);
  await request(app).get('/healthcheck');
  const [line, probe, ...more] = readLines();
  const { time, ...rest } = line ?? {};
  assert.deepEqual(rest, {
    level: 'info',
    request_id: response.headers['x-request-id'],
    method: 'POST',
    path: '/openshift-ci-re-trigger',
    status: 202,
    address: '127.0.0.1',
    chain: chainIdOf(body.prow_job_id),
    job: body.job_name,
    known: false,
    ms: 15,
    msg: 'request',
  });
  assert.equal(typeof time, 'string');
  assert.deepEqual([probe?.['level'], probe?.['path']], ['debug', '/healthcheck']);
  assert.deepEqual(more, []);
});

test('logs of a repeat that it was known', async () => {
  const { app, readLines } = startApp();
  for (const known of [false, true]) {
    await request(app).post('/openshift_ci_job_trigger').send(body);
    assert.equal(readLines().at(-1)?.['known'], known);
  }
});

test('logs the route in place of the address, and the chain where there is one', async () => {
  const { app, readLines } = startApp();
  await request(app).post('/openshift-ci-re-trigger').send(body);
  const id = chainIdOf(body.prow_job_id);
  const chain = '/api/v1/chains/:id';
  for (const [path, route, found] of [
    [`/api/v1/chains/${id}`, chain, id],
    [`/api/v1/chains/${marker}`, chain, undefined],
    [`/api/v1/chains?job=${marker}`, '/api/v1/chains', undefined],
    [`/api/v1/chains?${marker}`, '/api/v1/chains', undefined],
    [`/api/v1/silences/${marker}`, '/api/v1/silences/:id', undefined],
    [`/api/v1/chains/${marker}/retry`, `${chain}/retry`, undefined],
    [`/${marker}`, '(no route)', undefined],
    [`/openshift-ci-re-trigger/${marker}`, '(no route)', undefined],
    [`/%E0%A4%A/${marker}`, '(no route)', undefined],
    ['/healthcheck/', '/healthcheck', undefined],
  ] as const) {
    await request(app).get(path);
    const line = readLines().at(-1);
    assert.deepEqual([line?.['path'], line?.['chain']], [route, found], path);
  }
  assert.doesNotMatch(JSON.stringify(readLines()), /MARKER/);
});

test('logs which fields were bad, never what was in them', async () => {
  const { app, readLines } = startApp();
  await request(app)
    .post('/openshift-ci-re-trigger')
    .send({ ...body, job_name: marker });
  const [line] = readLines();
  assert.match(JSON.stringify(line?.['problem']), /"field":"job_name"/);
});

const json = { 'Content-Type': 'application/json' };
const shown = { ...json, Authorization: 'Bearer hunter2' };

for (const [status, what, headers, sent] of [
  [400, 'broken JSON', shown, `{"trigger_token": "${marker}"`],
  [400, 'broken JSON that begins with the token', shown, `${marker} {}`],
  [400, 'a string', shown, `"${marker}"`],
  [400, 'an array', shown, `["${marker}"]`],
  [400, 'missing fields', shown, JSON.stringify({ trigger_token: marker })],
  [400, 'a token of a wrong form', shown, JSON.stringify({ ...body, trigger_token: `${marker} ${marker}` })],
  [401, 'no secret', json, JSON.stringify(body)],
  [401, 'a wrong secret', { ...json, Authorization: `Bearer ${marker}` }, JSON.stringify(body)],
  [413, 'a large body', shown, JSON.stringify({ ...body, more: marker.repeat(5_000) })],
  [415, 'another type', { ...shown, 'Content-Type': `text/${marker}` }, JSON.stringify(body)],
  [
    415,
    'another charset',
    { ...shown, 'Content-Type': `application/json; charset=${marker}` },
    JSON.stringify(body),
  ],
  [415, 'a compressed body', { ...shown, 'Content-Encoding': marker }, JSON.stringify(body)],
  [422, 'an impossible id', shown, JSON.stringify({ ...body, prow_job_id: marker })],
  [
    422,
    'a foreign Slack address',
    shown,
    JSON.stringify({ ...body, slack_webhook_url: `https://x/${marker}` }),
  ],
  [503, 'a store that takes nothing', shown, JSON.stringify(body)],
] as const) {
  test(`repeats no token in the answer or the log of a ${status} for ${what}`, async () => {
    for (const path of ['/openshift-ci-re-trigger', '/openshift_ci_job_trigger']) {
      const { app, store, lines } = startApp({ webhookSecrets: secretsOf('hunter2') });
      store.unavailable = status === 503;
      const response = await request(app).post(path).set(headers).send(sent);
      assert.equal(response.status, status, response.text);
      const seen = [JSON.stringify(response.headers), response.text, ...lines].join('\n');
      assert.doesNotMatch(seen, /MARKER|hunter2/i);
      assert.match(seen, /"request"/);
    }
  });
}

for (const [status, method, path] of [
  [405, 'put', '/openshift-ci-re-trigger'],
  [404, 'post', '/elsewhere'],
  [403, 'post', '/api/v1/chains/x/cancel'],
  [403, 'post', '/api/v1/silences'],
  [202, 'post', '/openshift-ci-re-trigger'],
] as const) {
  test(`repeats no token in the answer or the log of a ${status}`, async () => {
    const { app, lines } = startApp();
    const response = await request(app)[method](path).set('Authorization', `Bearer ${marker}`).send(body);
    assert.equal(response.status, status);
    assert.doesNotMatch([JSON.stringify(response.headers), response.text, ...lines].join('\n'), /MARKER/i);
  });
}
