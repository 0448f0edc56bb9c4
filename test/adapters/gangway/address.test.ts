import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { serveHttp } from '../raw-server.ts';
import { caller, clientFor, job, goAhead, request } from './client-for-test.ts';

/** Names that would be another address, were they not encoded, and how the server sees them in a path. */
const odd: [string, string][] = [
  ['../../admin', '..%2F..%2Fadmin'],
  ['a/b', 'a%2Fb'],
  ['..%2f', '..%252f'],
  ['a?job_name=b', 'a%3Fjob_name%3Db'],
  ['a#b', 'a%23b'],
  ['a\\..\\b', 'a%5C..%5Cb'],
  ['a\r\nX: b', 'a%0D%0AX%3A%20b'],
  ['ü 😀', '%C3%BC%20%F0%9F%98%80'],
  ['half \ud83d', 'half%20%EF%BF%BD'],
  ['@evil.test:80', '%40evil.test%3A80'],
];

test('an id or a name never leads elsewhere: every call shows it encoded', async (t) => {
  for (const [name, encoded] of odd) {
    const { url, requests } = await serveHttp(t, ({ method }, response) =>
      response.writeHead(method === 'POST' ? 404 : 200).end('{}'),
    );
    const { client } = clientFor(t, url);
    await client.get(name, caller);
    await client.list(name, caller);
    await client.create({ ...request, jobName: name }, caller, goAhead);
    const [got, listed, ...created] = requests.map((each) => each.url ?? '');
    assert.equal(got, `/v1/executions/${encoded}`);
    const { pathname, searchParams } = new URL(listed ?? '', url);
    assert.equal(pathname, '/v1/executions');
    assert.deepEqual([...searchParams], [['job_name', name.replace(/[^A-Za-z0-9]+$/, '')]]);
    assert.deepEqual(created, ['/v1/executions', `/v1/executions/${encoded}`]);
  }
});

test('dots alone are no address: such a run is unknown, such a job is never asked for by its path', async (t) => {
  const { url, requests } = await serveHttp(t, (_, response) => response.writeHead(404).end());
  const { client } = clientFor(t, url);
  for (const name of ['.', '..']) {
    assert.deepEqual(await client.get(name, caller), { kind: 'gone' });
    const creation = await client.create({ ...request, jobName: name }, caller, goAhead);
    assert.equal(creation.kind, 'refused');
  }
  assert.ok(requests.every((each) => each.url === '/v1/executions'));
});

test('a redirect is not followed, and the token goes nowhere else', async (t) => {
  const elsewhere = await serveHttp(t, (_, response) => response.end('{"id":"run-1"}'));
  for (const status of [301, 302, 303, 307, 308]) {
    const { url, requests } = await serveHttp(t, (_, response) =>
      response.writeHead(status, { location: `${elsewhere.url}/v1/executions` }).end(),
    );
    const { client } = clientFor(t, url);
    const answers = [
      await client.create(request, caller, goAhead),
      await client.get('run-1', caller),
      await client.list(job, caller),
    ];
    assert.deepEqual(
      answers.map(({ kind }) => kind),
      ['unclear', 'unavailable', 'unavailable'],
    );
    assert.equal(requests.length, 3);
  }
  assert.equal(elsewhere.requests.length, 0);
});

test('an answer that unpacks to more than 4 MiB is none', async (t) => {
  const body = gzipSync(JSON.stringify({ id: 'run-1', filler: 'x'.repeat(5_000_000) }));
  const { url } = await serveHttp(t, (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(body),
  );
  const { client } = clientFor(t, url);
  const says = "Gangway's answer broke off";
  assert.deepEqual(await client.create(request, caller, goAhead), { kind: 'unclear', says });
  assert.deepEqual(await client.list(job, caller), { kind: 'unavailable', says, retryAfterMs: null });
});
