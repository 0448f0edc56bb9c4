import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { GangwayClosed } from '../../../src/adapters/gangway/gangway-client.ts';
import { Secret } from '../../../src/secret.ts';
import type { Creation, ExecutionRequest } from '../../../src/trigger/execution-api.ts';
import type { FaultOptions, GangwayFaultKind } from '../../prow/gangway/gangway-fault.ts';
import { holdNoSecret } from '../hold-no-secret.ts';
import { serveTcp } from '../raw-server.ts';
import {
  caller,
  clientFor,
  clientOfProw,
  job,
  marker,
  goAhead,
  refs,
  request,
  untold,
} from './client-for-test.ts';

const styles = ['openshift', 'espv2'] as const;

const postsubmit: ExecutionRequest = { ...request, jobName: 'branch-ci-a', type: 'postsubmit', refs };
const pull = { number: 7, sha: 'c'.repeat(40), author: 'ann' };
const presubmit: ExecutionRequest = {
  ...request,
  jobName: 'pull-ci-a',
  type: 'presubmit',
  refs: { ...refs, pulls: [pull] },
};
const { pulls: _, ...refsWithoutPulls } = refs;
const marks = { labels: request.labels, annotations: request.annotations };

const sent: [string, ExecutionRequest, Record<string, unknown>][] = [
  ['a periodic', request, { job_name: job, job_execution_type: 1, pod_spec_options: marks }],
  [
    'a periodic with envs',
    { ...request, envs: { A: '1' } },
    { job_name: job, job_execution_type: 1, pod_spec_options: { ...marks, envs: { A: '1' } } },
  ],
  [
    'a postsubmit, without empty pulls',
    postsubmit,
    { job_name: 'branch-ci-a', job_execution_type: 2, refs: refsWithoutPulls, pod_spec_options: marks },
  ],
  [
    'a presubmit with its pulls',
    presubmit,
    {
      job_name: 'pull-ci-a',
      job_execution_type: 3,
      refs: { ...refs, pulls: [pull] },
      pod_spec_options: marks,
    },
  ],
];
for (const style of styles) {
  for (const [what, asked, body] of sent) {
    test(`${style}: starts ${what}`, async (t) => {
      const { prow, client } = await clientOfProw(t, { gangwayForm: { style } });
      const creation = await client.create(asked, caller, goAhead);
      const [run] = prow.runs;
      assert.deepEqual(creation, { kind: 'created', prowJobId: run?.prowJobId });
      const [call, ...more] = prow.gangway.calls;
      assert.deepEqual(JSON.parse(call?.body ?? ''), body);
      assert.deepEqual([call?.path, call?.token, more], ['/v1/executions', marker, []]);
      assert.equal(run?.labels['retrigger/attempt'], '1');
      assert.equal(run?.annotations['retrigger/root'], 'run-0');
      assert.deepEqual(run?.envs, asked.envs);
      assert.equal(client.health.faultsInARow, 0);
    });
  }
}

type Outcome = { kind: string; cause?: string; retryAfterMs?: number | null };
const unclear = { kind: 'unclear' };
const faults: [GangwayFaultKind, FaultOptions, Outcome][] = [
  ['403-html', {}, { kind: 'refused', cause: 'token' }],
  ['403-tenant', {}, { kind: 'refused', cause: 'tenant' }],
  ['429', {}, { kind: 'not-created', retryAfterMs: null }],
  ['429', { retryAfter: 7 }, { kind: 'not-created', retryAfterMs: 7_000 }],
  ['500', {}, unclear],
  ['500', { created: true }, unclear],
  ['500-bare', {}, unclear],
  ['502', { created: true }, unclear],
  ['503', { retryAfter: 7 }, unclear],
  ['503-no-upstream', {}, { kind: 'not-created', retryAfterMs: null }],
  ['504', { created: true }, unclear],
  ['drop-before', {}, unclear],
  ['drop-after', {}, unclear],
];
for (const style of styles) {
  for (const [fault, options, expected] of faults) {
    test(`${style}: ${fault} ${JSON.stringify(options)} is ${expected.kind}, after one POST`, async (t) => {
      const { prow, client } = await clientOfProw(t, { gangwayForm: { style } });
      prow.gangway.fail(fault, { ...options, times: 9 });
      holdOutcome(await client.create(request, caller, goAhead), expected);
      assert.equal(prow.gangway.calls.length, 1);
      assert.equal(prow.runs.length, options.created === true || fault === 'drop-after' ? 1 : 0);
      const isFault = expected.kind === 'unclear' || fault === '503-no-upstream';
      assert.equal(client.health.faultsInARow, isFault ? 1 : 0);
    });
  }
  test(`${style}: what Gangway refuses by itself creates nothing`, async (t) => {
    const { client, prow } = await clientOfProw(t, { gangwayForm: { style } });
    const refusals: [Partial<ExecutionRequest>, string, RegExp][] = [
      [{ labels: { a: 'x y' } }, 'request', /invalid label/],
      [{ envs: { A: '' } }, 'request', /environment variable/],
      [{ jobName: 'gone' }, 'unknown-job', /failed to find associated periodic job "gone"/],
      [{ refs }, 'request', /periodic jobs cannot also have gitRefs/],
    ];
    for (const [change, cause, says] of refusals) {
      const creation = await client.create({ ...request, ...change }, caller, goAhead);
      holdOutcome(creation, { kind: 'refused', cause });
      assert.match('says' in creation ? creation.says : '', says);
    }
    assert.equal(prow.runs.length, 0);
  });
}

/** Answers that no stand-in gives, as they are on the wire: status, headers, body. */
const answers: [number, Record<string, string>, string, Outcome][] = [
  [400, {}, 'invalid value for type TYPE_ENUM', { kind: 'refused', cause: 'request' }],
  [401, { 'grpc-status': '16' }, '', { kind: 'refused', cause: 'token' }],
  [403, {}, '{"code":7,"message":"no"}', { kind: 'refused', cause: 'tenant' }],
  [404, {}, '', { kind: 'refused', cause: 'request' }],
  [404, {}, '{"code":5,"message":"not found"}', { kind: 'refused', cause: 'request' }],
  [405, {}, '', { kind: 'refused', cause: 'request' }],
  [409, { 'grpc-status': '6' }, '', unclear],
  [499, { 'grpc-status': '1' }, '', unclear],
  [500, { 'grpc-message': 'prowjobs.prow.k8s.io "x" not found' }, '', unclear],
  [500, { 'grpc-message': '%zz %E2' }, '', unclear],
  [501, { 'grpc-status': '12' }, '', unclear],
  // Envoy's own words, and nothing that only resembles them, mean that no Gangway was asked.
  [503, {}, 'no healthy upstream\n', { kind: 'not-created', retryAfterMs: null }],
  [503, { 'retry-after': '7' }, 'no healthy upstream', { kind: 'not-created', retryAfterMs: 7_000 }],
  [503, { 'grpc-status': '14' }, 'no healthy upstream', unclear],
  [503, { 'grpc-message': 'no healthy upstream' }, '', unclear],
  [502, {}, 'no healthy upstream', unclear],
  [503, {}, 'no healthy upstream: timed out', unclear],
  [503, {}, 'upstream connect error or disconnect/reset before headers', unclear],
  [503, {}, '', unclear],
  [302, { location: '/oauth/start' }, '', unclear],
  [201, {}, '{"id":"run-1"}', unclear],
  [204, {}, '', unclear],
  [429, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }, '', { kind: 'not-created', retryAfterMs: null }],
  [200, {}, '', unclear],
  [200, {}, '<!doctype html>', unclear],
  [200, {}, '{}', unclear],
  [200, {}, '[]', unclear],
  [200, {}, 'null', unclear],
  [200, {}, '{"id":""}', unclear],
  [200, {}, '{"id":7}', unclear],
  [200, {}, '{"id":"../x"}', unclear],
  [200, {}, `{"id":"${'x'.repeat(254)}"}`, unclear],
  [200, { 'content-length': '99' }, '{"id":"run-1"', unclear],
  [200, {}, '{"id":"chat-bot-2022-05-16-103338.9814"}', { kind: 'created' }],
];
for (const [status, headers, body, expected] of answers) {
  const shown = `${status} ${JSON.stringify(headers)} ${body.slice(0, 40)}`;
  test(`on the wire, ${shown} is ${expected.kind} ${expected.cause ?? ''}`, async (t) => {
    const head = Object.entries({ 'content-length': Buffer.byteLength(body), ...headers }).map(
      ([k, v]) => `${k}: ${v}`,
    );
    const { url, count } = await serveTcp(t, (socket) =>
      socket.end([`HTTP/1.1 ${status} X`, ...head, '', body].join('\r\n')),
    );
    const { client } = clientFor(t, url);
    holdOutcome(await client.create(request, caller, goAhead), expected);
    assert.equal(count('POST'), status === 404 || status === 405 ? 2 : 1);
  });
}

test('a refused connection certainly created nothing', async (t) => {
  const { prow, client } = await clientOfProw(t);
  await prow.gangway.down();
  holdOutcome(await client.create(request, caller, goAhead), { kind: 'not-created', retryAfterMs: null });
});

test('a token that does not fit into a header is refused, and nothing is sent or written', async (t) => {
  const { prow, client } = await clientOfProw(t);
  for (const bad of [`${marker}\n`, `${marker} x`, 'ключ', '']) {
    const creation = await client.create(request, { token: new Secret(bad), isKnown: false }, untold);
    holdOutcome(creation, { kind: 'refused', cause: 'token' });
    holdNoSecret(marker, creation);
  }
  assert.equal(prow.gangway.calls.length, 0);
});

test('an answer that is too slow is unclear, and the run may exist', async (t) => {
  const { prow, clock, client } = await clientOfProw(t);
  prow.gangway.fail('slow');
  const creating = client.create(request, caller, goAhead);
  await prow.gangway.whenCall(() => true);
  // Envoy's own 504 comes after 60 s, and is worth hearing.
  let isOver = false;
  void creating.then(() => (isOver = true));
  clock.advance(64_999);
  await new Promise(setImmediate);
  assert.equal(isOver, false);
  clock.advance(1);
  holdOutcome(await creating, unclear);
  assert.equal(prow.runs.length, 1);
});

for (const bodyForm of [404, 405] as const) {
  test(`where the body form is a ${bodyForm}, the path form is used, and remembered`, async (t) => {
    const { prow, client } = await clientOfProw(t, { gangwayForm: { bodyForm } });
    for (let i = 0; i < 2; i += 1)
      assert.equal((await client.create(request, caller, goAhead)).kind, 'created');
    const path = `/v1/executions/${job}`;
    assert.deepEqual(
      prow.gangway.calls.map((call) => call.path),
      ['/v1/executions', path, path],
    );
    assert.equal(prow.runs.length, 2);
  });
}

test('where neither form is served, the body form stays the first', async (t) => {
  const paths: (string | undefined)[] = [];
  const { url } = await serveTcp(t, (socket, text) => {
    paths.push(text.split(' ')[1]);
    socket.end('HTTP/1.1 404 X\r\n\r\n');
  });
  const { client } = clientFor(t, url);
  for (let i = 0; i < 2; i += 1) await client.create({ ...request, jobName: 'a/b' }, caller, goAhead);
  assert.deepEqual(paths, [
    '/v1/executions',
    '/v1/executions/a%2Fb',
    '/v1/executions',
    '/v1/executions/a%2Fb',
  ]);
});

for (const [second, firstOfNext] of [
  ['HTTP/1.1 504 X\r\n\r\n', '/v1/executions'],
  ['HTTP/1.1 403 X\r\n\r\n<html>Log In', '/v1/executions'],
  ['', '/v1/executions'],
  ['HTTP/1.1 403 X\r\ngrpc-status: 7\r\n\r\n', '/v1/executions/a'],
  ['HTTP/1.1 200 X\r\n\r\n{"id":"run-1"}', '/v1/executions/a'],
] as const) {
  test(`where the path form is answered ${JSON.stringify(second)}, the next first goes to ${firstOfNext}`, async (t) => {
    const paths: (string | undefined)[] = [];
    const { url } = await serveTcp(t, (socket, text) => {
      paths.push(text.split(' ')[1]);
      socket.end(paths.at(-1) === '/v1/executions' ? 'HTTP/1.1 404 X\r\n\r\n' : second);
    });
    const { client } = clientFor(t, url);
    for (let i = 0; i < 2; i += 1) await client.create({ ...request, jobName: 'a' }, caller, goAhead);
    assert.equal(paths[2], firstOfNext);
  });
}

test('who waits for the rate limit when the client closes sends nothing', async (t) => {
  const { prow, client } = await clientOfProw(t, {}, { calls: 1, perMs: 60_000, burst: 1 });
  await client.create(request, caller, goAhead);
  const waiting = [client.create(request, caller, untold), client.get('run-1', caller)];
  client.close();
  waiting.push(client.create(request, caller, untold));
  for (const each of waiting) await assert.rejects(each, GangwayClosed);
  assert.equal(prow.gangway.calls.length, 1);
});

test('who waits to send the other form when the client closes has created nothing, and says so', async (t) => {
  const { prow, client, clock } = await clientOfProw(
    t,
    { gangwayForm: { bodyForm: 404 } },
    { calls: 1, perMs: 60_000, burst: 1 },
  );
  const creating = client.create(request, caller, goAhead);
  await prow.gangway.whenCall(() => true);
  // The time-out of a call is later than the next turn.
  while (clock.nextDue() !== clock.now() + 60_000) await setTimeout(1);
  client.close();
  holdOutcome(await creating, { kind: 'not-created', retryAfterMs: null });
  assert.deepEqual([prow.gangway.calls.length, prow.runs.length], [1, 0]);
});

test('the last word before sending comes after the turn, and can still stop it', async (t) => {
  const { prow, clock, client } = await clientOfProw(t, {}, { calls: 1, perMs: 60_000, burst: 1 });
  await client.create(request, caller, goAhead);
  const asked = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<boolean>();
  const creating = client.create(request, caller, () => {
    asked.resolve();
    return leave.promise;
  });
  let hasAsked = false;
  void asked.promise.then(() => (hasAsked = true));
  clock.advance(59_999);
  await new Promise(setImmediate);
  assert.equal(hasAsked, false);
  clock.advance(1);
  await asked.promise;
  assert.equal(prow.gangway.calls.length, 1);
  leave.reject(new Error('a person was faster'));
  await assert.rejects(creating, /a person was faster/);
  assert.equal(prow.gangway.calls.length, 1);
});

function holdOutcome(creation: Creation, expected: Outcome): void {
  assert.deepEqual({ ...creation, ...expected }, { ...creation }, JSON.stringify(creation));
  if ('says' in creation) assert.notEqual(creation.says, '');
  holdNoSecret(marker, creation);
}
