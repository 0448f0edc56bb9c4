import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hour, minute } from '../../prow/prow-for-test.ts';
import { holdNoSecret } from '../hold-no-secret.ts';
import { serveHttp } from '../raw-server.ts';
import { caller, clientFor, clientOfProw, job, marker, goAhead, request } from './client-for-test.ts';

const forms = [
  { style: 'openshift', version: 'current' },
  { style: 'espv2', version: 'current' },
  { style: 'openshift', version: '2024' },
  { style: 'espv2', version: '2024' },
] as const;

for (const form of forms) {
  test(`${form.style}, ${form.version}: a run is found from its creation until it is collected`, async (t) => {
    const { prow, clock, client } = await clientOfProw(t, { gangwayForm: form });
    const run = prow.startRun(job);
    const isOld = form.version === '2024';
    const jobName = isOld ? null : job;
    const look = () => client.get(run.prowJobId, caller);
    const status = isOld ? 'UNKNOWN' : 'SCHEDULING';
    assert.deepEqual(await look(), { kind: 'found', status, jobUrl: null, jobName });
    clock.advance(minute);
    assert.deepEqual(await look(), {
      kind: 'found',
      status: 'PENDING',
      jobUrl: isOld ? null : run.url,
      jobName,
    });
    clock.advance(5 * hour);
    assert.deepEqual(await look(), {
      kind: 'found',
      status: 'SUCCESS',
      jobUrl: isOld ? null : run.url,
      jobName,
    });
    prow.collect({ keepNewest: false, olderThan: 0 });
    assert.deepEqual(await look(), { kind: 'gone' });
    assert.equal(client.health.faultsInARow, 0);
  });
}

/** Status, headers and body of an answer; what Get and List make of it. */
const answers: [number, Record<string, string>, string, string, string][] = [
  [404, { 'grpc-status': '5' }, '', 'gone', 'unavailable'],
  [404, {}, '{"code":5,"message":"prowjobs \\"x\\" not found"}', 'gone', 'unavailable'],
  [404, {}, '', 'unavailable', 'unavailable'],
  [405, {}, '', 'unavailable', 'unavailable'],
  [500, { 'grpc-status': '2' }, '', 'unavailable', 'unavailable'],
  [500, { 'grpc-message': 'etcdserver: request timed out' }, '', 'unavailable', 'unavailable'],
  [500, { 'grpc-message': 'configmaps "x" not found' }, '', 'unavailable', 'unavailable'],
  [501, { 'grpc-status': '12' }, '', 'unavailable', 'unavailable'],
  [400, { 'grpc-status': '3' }, '', 'refused', 'refused'],
  [401, {}, '', 'refused', 'refused'],
  [403, {}, '<html>Log In</html>', 'refused', 'refused'],
  [200, {}, '<html>', 'unavailable', 'unavailable'],
  [200, {}, '[]', 'unavailable', 'unavailable'],
  [200, {}, '{}', 'found', 'found'],
  [200, {}, '{"job_status":9,"job_execution":{}}', 'found', 'found'],
  [200, {}, '{"job_status":"NEWER","jobExecution":[null,7,{}]}', 'found', 'found'],
];
for (const [status, headers, body, got, listed] of answers) {
  test(`${status} ${JSON.stringify(headers)} ${body}: get says ${got}, list says ${listed}`, async (t) => {
    const { url } = await serveHttp(t, (_, response) => response.writeHead(status, headers).end(body));
    const { client } = clientFor(t, url);
    const [one, all] = [await client.get('run-1', caller), await client.list(job, caller)];
    assert.deepEqual([one.kind, all.kind], [got, listed]);
    if (one.kind === 'found') assert.equal(one.status, 'UNKNOWN');
    if (all.kind === 'found') assert.deepEqual(all.executions, []);
  });
}

test('a name that a label can not hold whole is listed by what the label holds, and told from its siblings', async (t) => {
  const { prow, client } = await clientOfProw(t);
  // The 63rd character is a dash, which a label does not end in.
  const stem = 'periodic-ci-'.padEnd(62, 'x');
  for (const name of [`${stem}-one`, `${stem}-two`]) prow.defineJob({ name, type: 'periodic', plan: [] });
  const [one] = [prow.startRun(`${stem}-one`), prow.startRun(`${stem}-two`)];
  const listing = await client.list(`${stem}-one`, caller);
  const executions = [{ prowJobId: one.prowJobId, status: 'SCHEDULING' }];
  assert.deepEqual(listing, { kind: 'found', executions });
  assert.deepEqual(await client.list('never-ran', caller), { kind: 'found', executions: [] });
});

test('a list by ESPv2 reads the same; a Gangway without List is unavailable', async (t) => {
  const { prow, client } = await clientOfProw(t, { gangwayForm: { style: 'espv2' } });
  const { prowJobId } = prow.startRun(job);
  const listing = await client.list(job, caller);
  assert.deepEqual(listing, { kind: 'found', executions: [{ prowJobId, status: 'SCHEDULING' }] });
  prow.gangway.form.version = '2024';
  assert.equal((await client.list(job, caller)).kind, 'unavailable');
});

test('faults in a row are counted until Gangway serves again', async (t) => {
  const { prow, client } = await clientOfProw(t);
  prow.gangway.fail('503', { times: 2 });
  await client.get('run-1', caller);
  await client.list(job, caller);
  const closed = { breaker: 'closed', retryAt: null };
  assert.deepEqual(client.health, { ...closed, faultsInARow: 2, lastFault: 'Gangway answered 503' });
  await client.get('run-1', caller);
  assert.deepEqual(client.health, { ...closed, faultsInARow: 0, lastFault: null });
});

test('what Gangway asks to wait holds every call back', async (t) => {
  const { prow, clock, client } = await clientOfProw(t);
  prow.gangway.fail('429', { retryAfter: 7 });
  await client.get('run-1', caller);
  const later = Promise.all([client.list(job, caller), client.create(request, caller, goAhead)]);
  clock.advance(6_999);
  await new Promise(setImmediate);
  assert.equal(prow.gangway.calls.length, 1);
  clock.advance(1);
  await later;
  assert.equal(prow.gangway.calls.length, 3);
});

test('what Gangway asks to wait is a quarter of an hour at most', async (t) => {
  const { prow, clock, client } = await clientOfProw(t);
  prow.gangway.fail('429', { retryAfter: 604_800 });
  assert.deepEqual(await client.get('run-1', caller), {
    kind: 'unavailable',
    says: 'Gangway answered 429',
    retryAfterMs: 900_000,
  });
  const later = client.get('run-1', caller);
  clock.advance(900_000);
  assert.equal((await later).kind, 'gone');
});

test('the token is in nothing that comes back, even where the answer repeats it', async (t) => {
  const statuses = [200, 302, 400, 401, 403, 404, 429, 500, 503];
  for (const where of ['header', 'json', 'text', 'break'] as const) {
    for (const status of statuses) {
      const { url } = await serveHttp(t, ({ headers: { authorization = '' } }, response) => {
        // Long enough in front for the cut to fall into the token.
        const message = `${'x'.repeat(270)} ${authorization} ${authorization}`;
        if (where === 'break') return void response.destroy();
        if (where === 'header') response.setHeader('grpc-message', message);
        response.writeHead(status).end(where === 'json' ? JSON.stringify({ message, id: message }) : message);
      });
      const { client } = clientFor(t, url);
      const results = [
        await client.create(request, caller, goAhead),
        await client.get('run-1', caller),
        await client.list(job, caller),
        client.health,
        client,
      ];
      for (const result of results) holdNoSecret(marker.slice(0, 20), result);
    }
  }
});
