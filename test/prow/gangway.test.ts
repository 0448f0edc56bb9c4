import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import {
  askGangway,
  createExecution,
  hour,
  minute,
  prowForTest,
  readExecution,
  readExecutions,
} from './prow-for-test.ts';
import type { ProwOptions } from './start-prow.ts';

const job = 'periodic-ci-acme-shop-main-e2e-aws';
const longJob = 'periodic-ci-acme-shop-release-4.20-nightly-e2e-aws-ovn-single-node-upgrade';
const body = { job_name: job, job_execution_type: 'PERIODIC' };

async function withJobs(t: TestContext, options: Partial<ProwOptions> = {}) {
  const world = await prowForTest(t, options);
  for (const name of [job, longJob])
    world.prow.defineJob({ name, type: 'periodic', plan: [{ outcome: 'pass' }] });
  return world;
}

test('Create answers TRIGGERED, echoes the options and fills no times', async (t) => {
  const { prow } = await withJobs(t);
  const pod_spec_options = {
    envs: { A: '1' },
    labels: { 'retrigger/attempt': '1' },
    annotations: { note: 'x y' },
  };
  const response = await createExecution(prow, { ...body, pod_spec_options });
  const text = await response.text();
  assert.ok(text.startsWith('{\n "id": "'), 'Envoy prints whitespace');
  const { id, ...rest } = JSON.parse(text);
  assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.deepEqual(rest, {
    job_name: job,
    job_type: 'PERIODIC',
    job_status: 'TRIGGERED',
    pod_spec_options: { ...pod_spec_options, annotations: { note: 'x y', executor: 'gangway' } },
    gcs_path: '',
    job_url: '',
  });
  assert.deepEqual([prow.runs[0]?.state, prow.runs[0]?.createdBy], ['scheduling', 'gangway']);
});

test('labels, annotations and envs come back in prowjob.json only', async (t) => {
  const { prow, clock } = await withJobs(t);
  const podSpecOptions = {
    envs: { A: '1' },
    labels: { 'retrigger/attempt': '1' },
    annotations: { note: 'x y' },
  };
  const request = { jobName: job, jobExecutionType: '1', podSpecOptions };
  const { id } = await readExecution(await createExecution(prow, request));
  clock.advance(minute);
  const got = await readExecution(await askGangway(prow, `/v1/executions/${id}`));
  assert.equal(got.pod_spec_options, undefined);
  const stored = prow.bucket.object(`${prow.runs[0]?.folder}/prowjob.json`)?.bytes.toString() ?? '';
  assert.ok(stored.startsWith('{\n\t"kind": "ProwJob"'));
  const { metadata, spec } = JSON.parse(stored);
  assert.equal(metadata.labels['retrigger/attempt'], '1');
  assert.deepEqual([metadata.annotations.note, metadata.annotations.executor], ['x y', 'gangway']);
  const [own, ...appended] = spec.pod_spec.containers[0].env;
  assert.equal(own.name, 'UNRESOLVED_CONFIG');
  assert.deepEqual(appended, [{ name: 'A', value: '1' }]);
});

test('Get gives the address once the run is pending and the completion at its end', async (t) => {
  const { prow, clock } = await withJobs(t);
  const run = prow.startRun(job);
  const get = async () => readExecution(await askGangway(prow, `/v1/executions/${run.prowJobId}`));
  assert.deepEqual(await get(), {
    id: run.prowJobId,
    job_name: job,
    job_type: 'PERIODIC',
    job_status: 'SCHEDULING',
    gcs_path: '',
    job_url: '',
    create_time: '2026-06-01T10:00:00Z',
  });
  clock.advance(minute);
  const pending = await get();
  assert.equal(
    pending.job_url,
    `https://prow.ci.openshift.org/view/gs/test-platform-results-public/logs/${job}/${run.buildId}`,
  );
  clock.advance(5 * hour);
  const ended = await get();
  assert.deepEqual([ended.job_status, typeof ended.completion_time], ['SUCCESS', 'string']);
});

test('an unknown or collected id is a 500 that says not found', async (t) => {
  const { prow, clock } = await withJobs(t);
  const [old, newest] = [prow.startRun(job), prow.startRun(job)];
  clock.advance(25 * hour);
  assert.deepEqual(prow.collect(), [old]);
  assert.equal((await askGangway(prow, `/v1/executions/${newest.prowJobId}`)).status, 200);
  const response = await askGangway(prow, `/v1/executions/${old.prowJobId}`);
  assert.equal(response.status, 500);
  assert.equal(response.headers.get('grpc-status'), '2');
  assert.equal(response.headers.get('grpc-message'), `prowjobs.prow.k8s.io "${old.prowJobId}" not found`);
  assert.equal(await response.text(), '');
});

test('List has id, name, type and status; a name over 63 characters finds nothing, the cut one does', async (t) => {
  const { prow } = await withJobs(t);
  const run = prow.startRun(longJob);
  const list = async (query: string) => readExecutions(await askGangway(prow, `/v1/executions?${query}`));
  assert.deepEqual(await list(`job_name=${longJob}`), []);
  const cut = longJob.slice(0, 63).replace(/[.-]+$/, '');
  const [found] = await list(`job_name=${cut}`);
  assert.deepEqual(
    [found?.id, found?.job_name, found?.job_url, found?.create_time],
    [run.prowJobId, longJob, '', undefined],
  );
  assert.equal((await list(`job_name=${cut}&status=SUCCESS`)).length, 0);
  assert.equal((await list(`job_name=${cut}&status=7`)).length, 1);
});

test("the path form puts its job name over the body's; the body form can be gone", async (t) => {
  const { prow } = await withJobs(t);
  const viaPath = await createExecution(prow, { ...body, job_name: 'other' }, `/v1/executions/${job}`);
  assert.equal((await readExecution(viaPath)).job_name, job);
  prow.gangway.form.bodyForm = 405;
  assert.equal((await createExecution(prow, body)).status, 405);
  assert.equal((await createExecution(prow, { job_execution_type: 1 }, `/v1/executions/${job}`)).status, 200);
});

test('a bad token gets the log-in page, a token of another team a tenant refusal', async (t) => {
  const { prow } = await withJobs(t);
  const expired = { authorization: 'Bearer sha256~expired' };
  const bad = await askGangway(prow, '/v1/executions', { headers: expired });
  assert.deepEqual([bad.status, bad.headers.get('grpc-status')], [403, null]);
  assert.match(await bad.text(), /<title>Log In<\/title>/);
  prow.gangway.allow('sha256~other', (name) => name.startsWith('branch-'));
  const headers = { authorization: 'Bearer sha256~other' };
  const refused = await askGangway(prow, '/v1/executions', {
    method: 'POST',
    body: JSON.stringify(body),
    headers,
  });
  assert.deepEqual([refused.status, refused.headers.get('grpc-status')], [403, '7']);
  assert.equal(prow.runs.length, 0);
});

test('the rate limit is one for all calls and lets a burst through', async (t) => {
  const { prow, clock } = await withJobs(t, { gangwayRate: { perMinute: 20, burst: 10, retryAfter: 7 } });
  const statuses = [];
  for (let i = 0; i < 12; i++) statuses.push((await askGangway(prow, '/v1/executions')).status);
  assert.deepEqual(statuses, [...Array(11).fill(200), 429]);
  const refused = await createExecution(prow, body);
  assert.deepEqual([refused.status, refused.headers.get('retry-after'), prow.runs.length], [429, '7', 0]);
  clock.advance(3_000);
  assert.equal((await createExecution(prow, body)).status, 200);
  assert.equal((await createExecution(prow, body)).status, 429);
});

test('an ESPv2 front prints camel case, omits defaults and makes JSON of errors', async (t) => {
  const { prow } = await withJobs(t, { gangwayForm: { style: 'espv2' } });
  const created = await readExecution(
    await createExecution(prow, { ...body, pod_spec_options: { labels: { snake_case: 'x' } } }),
  );
  const { id, ...rest } = created;
  assert.deepEqual(rest, {
    jobName: job,
    jobType: 'PERIODIC',
    jobStatus: 'TRIGGERED',
    podSpecOptions: { labels: { snake_case: 'x' } },
  });
  assert.equal('jobUrl' in (await readExecution(await askGangway(prow, `/v1/executions/${id}`))), false);
  const unknown = await askGangway(prow, '/v1/executions/none');
  assert.deepEqual(await unknown.json(), { code: 2, message: 'prowjobs.prow.k8s.io "none" not found' });
});

test('the Gangway of 2024 knows no List, no scheduling and tells little', async (t) => {
  const { prow } = await withJobs(t, { gangwayForm: { version: '2024' } });
  const { id, ...rest } = await readExecution(await createExecution(prow, body));
  assert.equal('job_url' in rest, false);
  assert.deepEqual(await readExecution(await askGangway(prow, `/v1/executions/${id}`)), {
    id,
    job_name: '',
    job_type: 'JOB_EXECUTION_TYPE_UNSPECIFIED',
    job_status: 'JOB_EXECUTION_STATUS_UNSPECIFIED',
    gcs_path: '',
  });
  const list = await askGangway(prow, `/v1/executions?job_name=${job}`);
  assert.deepEqual([list.status, list.headers.get('grpc-status')], [501, '12']);
});
