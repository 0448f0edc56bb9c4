import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import { reTriggerBody, runReTriggerStep } from './re-trigger-step.ts';

const run = {
  jobName: 'periodic-ci-a',
  buildId: '2061477302934372352',
  prowJobId: '89b090c9-7a46-11ed-9cbb-0a580a812bf4',
};

test('the body has the blanks that the shell leaves', () => {
  assert.equal(
    reTriggerBody(run, { token: 'sha256~x', slackWebhookUrl: 'https://hooks.slack.com/services/T/B/x' }),
    '{"job_name":"periodic-ci-a", "build_id": "2061477302934372352", ' +
      '"prow_job_id":"89b090c9-7a46-11ed-9cbb-0a580a812bf4", "trigger_token": "sha256~x", ' +
      '"slack_webhook_url": "https://hooks.slack.com/services/T/B/x"}',
  );
});

test('curl posts it, gives the answer whatever the status, and fails only where curl fails', async (t) => {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part));
    request.on('end', () => {
      response.writeHead(422);
      response.end(`${request.method} ${request.url} ${request.headers['content-type']} ${body.length}`);
    });
  });
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/openshift-ci-re-trigger`;
  const settings = { serverUrl, token: 'sha256~x' };
  const length = reTriggerBody(run, settings).length;
  assert.equal(
    await runReTriggerStep(run, settings),
    `POST /openshift-ci-re-trigger application/json ${length}`,
  );
  await assert.rejects(
    runReTriggerStep(run, { ...settings, serverUrl: 'http://127.0.0.1:1/' }),
    (error: Error) => {
      assert.match(error.message, /^curl exited with 7/);
      assert.doesNotMatch(error.message, /sha256~x/);
      return true;
    },
  );
});
