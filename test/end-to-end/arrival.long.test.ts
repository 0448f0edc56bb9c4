import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { runReTriggerStep } from '../prow/re-trigger-step.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';

async function withPendingRun(world: World): Promise<ProwRun> {
  world.prow.onReTriggerStep = null;
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  const run = world.prow.startRun(job);
  await world.until('the run is pending', () => run.state === 'pending');
  return run;
}

test('the step’s own request is answered 202 while its run is pending, though nothing can be fetched', async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const nowhere = `http://127.0.0.1:${port}`;
  const world = await World.start(t, { env: { RETRIGGER_GCS_URL: nowhere, RETRIGGER_GANGWAY_URL: nowhere } });
  const sockets: Socket[] = [];
  silent.on('connection', (socket) => sockets.push(socket));
  const run = await withPendingRun(world);
  const answer = await runReTriggerStep(run, {
    serverUrl: `${world.service.url}/openshift-ci-re-trigger`,
    token: world.prow.token,
  });
  const { id, state, href } = JSON.parse(answer) as Record<string, string>;
  assert.equal(state, 'judging');
  assert.equal(href, `/api/v1/chains/${id}`);
  assert.ok(!answer.includes(world.prow.token));
  silent.close();
  sockets.forEach((socket) => socket.destroy());
});

test('the older address takes token for trigger_token', async (t) => {
  const world = await World.start(t);
  const run = await withPendingRun(world);
  const { prowJobId, buildId } = run;
  const body = { job_name: job, build_id: buildId, prow_job_id: prowJobId, token: world.prow.token };
  const response = await world.notify(body, '/openshift_ci_job_trigger');
  assert.equal(response.status, 202);
  await world.untilState('passed');
});

test('twenty notifications of one run at once are one chain and one attempt', async (t) => {
  const world = await World.start(t);
  const run = await withPendingRun(world);
  const responses = await Promise.all(Array.from({ length: 20 }, () => world.notifyOf(run)));
  const statuses = responses.map(({ status }) => status).toSorted((a, b) => a - b);
  assert.deepEqual(statuses, [...Array<number>(19).fill(200), 202]);
  const ids = await Promise.all(
    responses.map(async (response) => ((await response.json()) as { id: string }).id),
  );
  assert.equal(new Set(ids).size, 1);
  await world.untilState('passed');
  assert.equal(world.prow.runs.length, 2);
});

test('a repeat is known by its prow_job_id alone, also after the chain has ended', async (t) => {
  const world = await World.start(t);
  const run = await withPendingRun(world);
  assert.equal((await world.notifyOf(run)).status, 202);
  const again = await world.notifyOf(run, { slack_webhook_url: '', something: 'new' });
  assert.equal(again.status, 200);
  await world.untilState('passed');
  assert.equal((await world.notifyOf(run)).status, 200);
  assert.equal(world.prow.runs.length, 2);
});

test('the retried run’s own notification joins its chain and tells its build id', async (t) => {
  const world = await World.start(t, { prow: { gangwayForm: { version: '2024' } } });
  world.prow.defineJob({
    name: job,
    type: 'periodic',
    plan: [{ outcome: 'fail-pre' }, { outcome: 'fail-test' }],
  });
  world.prow.startRun(job);
  const chain = await world.untilState('skipped');
  assert.equal(chain.decision?.reason, 'no-rule-matched');
  assert.equal(chain.runs.length, 2);
  assert.equal((await world.chains()).length, 1);
  await world.until('all is told', () => world.messages.length === 3);
  assert.match(world.messages.at(-1) ?? '', /failed again on attempt 1/);
});

test('a retried run that notifies a service with an empty store is known as attempt 1 by its labels', async (t) => {
  const world = await World.start(t);
  world.prow.onReTriggerStep = null;
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
  const run = world.prow.startRun(job, {
    labels: { 'retrigger/root': 'some-earlier-run', 'retrigger/attempt': '1' },
  });
  await world.until('the run is pending', () => run.state === 'pending');
  await world.notifyOf(run);
  const chain = await world.untilState('exhausted');
  assert.equal(chain.runs[0]?.attempt, 1);
  assert.equal(chain.decision?.reason, 'attempts-exhausted');
  assert.equal(world.prow.gangway.calls.length, 0);
});

test('ids that do not belong together are not judged by', async (t) => {
  const world = await World.start(t);
  const run = await withPendingRun(world);
  await world.notifyOf(run, { prow_job_id: 'another-run' });
  const chain = await world.untilState('skipped');
  assert.equal(chain.decision?.reason, 'evidence-missing');
});
