import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { createExecution, hour, minute, prowForTest, readExecution, readObject } from './prow-for-test.ts';
import { runReTriggerStep } from './re-trigger-step.ts';

const job = 'periodic-ci-acme-shop-main-e2e-aws';

test('a failed run calls by curl, and what the receiver triggers passes', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  const notified: { prow_job_id: string; trigger_token: string }[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      notified.push(JSON.parse(body));
      response.writeHead(202).end('{"state":"judging"}');
    });
  });
  t.after(() => receiver.close());
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  const serverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/openshift-ci-re-trigger`;
  prow.onReTriggerStep = (run) =>
    runReTriggerStep(run, { serverUrl, token: prow.token, slackWebhookUrl: prow.slack.hook() });

  const run = prow.startRun(job);
  clock.advance(3 * hour);
  await prow.settled();
  clock.advance(minute);
  assert.equal(run.state, 'failure');
  assert.equal(notified[0]?.prow_job_id, run.prowJobId);
  const log = await readObject(prow, `${run.folder}/artifacts/e2e-aws/job-re-trigger/build-log.txt`);
  assert.equal(log, '{"state":"judging"}');

  const { id } = await readExecution(await createExecution(prow, { job_name: job, job_execution_type: 1 }));
  clock.advance(3 * hour);
  assert.deepEqual([prow.runs[1]?.prowJobId, prow.runs[1]?.state], [id, 'success']);
});

test('a step whose curl fails fails its phase', async (t) => {
  const { prow, clock } = await prowForTest(t);
  prow.onReTriggerStep = () => Promise.reject(new Error('curl exited with 7'));
  prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-test' }] });
  const run = prow.startRun(job);
  clock.advance(3 * hour);
  await prow.settled();
  clock.advance(minute);
  const xml = String(await readObject(prow, `${run.folder}/artifacts/junit_operator.xml`));
  assert.match(xml, /pod &#34;e2e-aws-job-re-trigger&#34; failed/);
});

test('the same seed gives the same ids', async (t) => {
  const names: string[][] = [];
  for (let i = 0; i < 2; i++) {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
    prow.startRun(job);
    clock.advance(3 * hour);
    names.push([prow.runs[0]?.prowJobId ?? '', ...prow.bucket.names()]);
  }
  assert.deepEqual(names[0], names[1]);
});
