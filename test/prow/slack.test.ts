import assert from 'node:assert/strict';
import { test } from 'node:test';

import { prowForTest } from './prow-for-test.ts';

async function post(url: string, body: string) {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  return {
    status: response.status,
    text: await response.text(),
    retryAfter: response.headers.get('retry-after'),
  };
}

test('a message is taken with ok and kept', async (t) => {
  const { prow } = await prowForTest(t);
  assert.deepEqual(await post(prow.slack.hook(), '{"text":"hello"}'), {
    status: 200,
    text: 'ok',
    retryAfter: null,
  });
  assert.deepEqual(prow.slack.delivered[0]?.payload, { text: 'hello' });
});

test('what Slack refuses', async (t) => {
  const { prow } = await prowForTest(t);
  const refusals = {
    'not json': 'invalid_payload',
    '{}': 'no_text',
    '{"text":"x","blocks":[{"type":"section"}]}': 'invalid_blocks',
    [JSON.stringify({ text: 'x', blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) })]:
      'invalid_blocks',
    [JSON.stringify({ blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }] })]:
      'invalid_blocks',
  };
  for (const [body, text] of Object.entries(refusals)) {
    assert.deepEqual(await post(prow.slack.hook(), body), { status: 400, text, retryAfter: null });
  }
  assert.equal((await post(`${prow.slackUrl}/services/nowhere`, '{"text":"x"}')).text, 'no_service');
  assert.deepEqual([prow.slack.messages.length, prow.slack.delivered.length], [6, 0]);
});

test('faults are met in order and only by their hook', async (t) => {
  const { prow } = await prowForTest(t);
  prow.slack.fail({ status: 429, retryAfter: 30, path: 'errors' });
  prow.slack.fail({ status: 'drop-after', path: 'team' });
  assert.deepEqual(await post(prow.slack.hook('errors'), '{"text":"x"}'), {
    status: 429,
    text: 'rate_limited',
    retryAfter: '30',
  });
  await assert.rejects(post(prow.slack.hook(), '{"text":"x"}'));
  assert.equal(prow.slack.delivered.length, 1);
  assert.equal((await post(prow.slack.hook(), '{"text":"x"}')).status, 200);
});

test('while it is down connections are refused', async (t) => {
  const { prow } = await prowForTest(t);
  await prow.slack.down();
  await assert.rejects(post(prow.slack.hook(), '{"text":"x"}'));
  await prow.slack.up();
  assert.equal((await post(prow.slack.hook(), '{"text":"x"}')).status, 200);
});
