import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { type Silence, viewSilence, type SilenceView } from '../../../src/rules/decide/silence.ts';
import { Secret } from '../../../src/secret.ts';
import { marker, now, startApp } from './start-app.ts';

const path = '/api/v1/silences';
const hour = 60 * 60 * 1000;
const key = `Bearer ${marker}`;
const body = { job: 'periodic-ci-*-aws', until: '24h', author: 'ada', comment: 'us-east-1 is out of quota' };

/** An app that takes changes from those who show the marker. */
function startOpen() {
  return startApp({ apiToken: new Secret(marker) });
}

function makeSilence(id: string, until: number): Silence {
  return { id, job: '*', until, author: 'ada', comment: 'no quota' };
}

test('lists those that are not over, the soonest to end first, without a token', async () => {
  const { app, silences } = startApp();
  const [late, soon] = [makeSilence('a', now + 2 * hour), makeSilence('b', now + hour)];
  for (const silence of [late, soon, makeSilence('over', now)]) await silences.add(silence);
  const response = await request(app).get(path);
  assert.equal(response.status, 200);
  assert.deepEqual(response.body, { silences: [soon, late].map(viewSilence) });
  assert.equal(response.body.silences[0]?.until, '2026-06-12T14:00:00.000Z');
});

test('adds a silence, says where it is, and ends it', async () => {
  const { app, silences } = startOpen();
  const added = await request(app).post(path).set('Authorization', key).send(body);
  assert.equal(added.status, 201, added.text);
  const { id, until, ...rest } = added.body as SilenceView;
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.match(until, /^2026-06-13T13:00:00\.0\d\dZ$/);
  assert.deepEqual({ ...rest, until: '24h' }, body);
  assert.equal(added.headers['location'], `${path}/${id}`);
  assert.deepEqual((await silences.list(now)).map(viewSilence), [added.body]);

  const other = await request(app).post(path).set('Authorization', key).send(body);
  assert.notEqual((other.body as SilenceView).id, id);

  const ended = await request(app).delete(`${path}/${id}`).set('Authorization', key);
  assert.deepEqual([ended.status, ended.text], [204, '']);
  assert.deepEqual((await silences.list(now)).map(viewSilence), [other.body]);
  for (const absent of [id, 'nothing', '__proto__', '..%2f..']) {
    const missing = await request(app).delete(`${path}/${absent}`).set('Authorization', key);
    assert.equal(missing.status, 404);
    assert.equal(missing.headers['content-type'], 'application/problem+json');
  }
});

test('names every bad field', async () => {
  const { app, silences } = startOpen();
  const sent = { job: 'a b', until: '2020-01-01T00:00:00Z', author: '' };
  const response = await request(app).post(path).set('Authorization', key).send(sent);
  assert.equal(response.status, 400);
  assert.equal(response.headers['content-type'], 'application/problem+json');
  const { errors } = response.body as { errors: { field: string }[] };
  assert.deepEqual(
    errors.map(({ field }) => field),
    ['job', 'until', 'author', 'comment'],
  );
  assert.deepEqual(await silences.list(now), []);
});

for (const [status, type, sent] of [
  [400, 'application/json', '[]'],
  [400, 'application/json', '{'],
  [413, 'application/json', JSON.stringify({ ...body, more: 'x'.repeat(70_000) })],
  [415, 'text/plain', JSON.stringify(body)],
] as const) {
  test(`answers ${status} for ${type} that holds ${sent.slice(0, 10)}`, async () => {
    const { app } = startOpen();
    const posting = request(app).post(path).set('Authorization', key).set('Content-Type', type);
    const response = await posting.send(sent);
    assert.equal(response.status, status);
    assert.equal(response.headers['content-type'], 'application/problem+json');
  });
}

for (const [what, method, address] of [
  ['adding', 'post', path],
  ['ending', 'delete', `${path}/a`],
] as const) {
  test(`${what} is off without an API token`, async () => {
    const { app, silences, lines } = startApp();
    await silences.add(makeSilence('a', now + hour));
    const response = await request(app)[method](address).set('Authorization', key).send(body);
    assert.equal(response.status, 403);
    assert.deepEqual(await silences.list(now), [makeSilence('a', now + hour)]);
    assert.doesNotMatch([response.text, ...lines].join('\n'), /MARKER/);
  });

  test(`${what} wants the API token`, async () => {
    const { app, silences, lines } = startOpen();
    await silences.add(makeSilence('a', now + hour));
    for (const wrong of ['', 'Bearer no', marker, `${key}x`]) {
      const response = await request(app)[method](address).set('Authorization', wrong).send(body);
      assert.equal(response.status, 401);
      assert.match(response.headers['www-authenticate'] ?? '', /^Bearer/);
    }
    assert.deepEqual(await silences.list(now), [makeSilence('a', now + hour)]);
    assert.doesNotMatch(lines.join('\n'), /MARKER/);
  });

  test(`${what} answers 503 and when to come again while the store takes nothing`, async () => {
    const { app, silences } = startOpen();
    silences.unavailable = true;
    const response = await request(app)[method](address).set('Authorization', key).send(body);
    assert.equal(response.status, 503);
    assert.equal(response.headers['retry-after'], '30');
    assert.equal(response.headers['content-type'], 'application/problem+json');
  });
}
