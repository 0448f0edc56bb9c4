import assert from 'node:assert/strict';
import { test } from 'node:test';

import { reTriggerBody } from './re-trigger-step.ts';

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
