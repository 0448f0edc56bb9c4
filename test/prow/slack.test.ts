import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VirtualClock } from '../time/virtual-clock.ts';
import { Slack } from './slack/slack.ts';

const plain = (length: number) => ({ type: 'plain_text', text: 'x'.repeat(length) });
const mrkdwn = (length: number) => ({ type: 'mrkdwn', text: 'x'.repeat(length) });
const many = (count: number, item: unknown) => Array.from({ length: count }, () => item);
const button = (more: object) => ({ type: 'button', text: plain(1), ...more });
const actions = (...elements: unknown[]) => ({ type: 'actions', elements });
const section = (more: object) => ({ type: 'section', text: mrkdwn(1), ...more });
const divider = { type: 'divider' };

/** Slack without a port, with one channel. An answer is the JSON of the method, or the seconds to wait. */
function slackForTest() {
  const clock = new VirtualClock();
  const slack = new Slack(clock);
  const channel = slack.api.addChannel('ci').id;
  const headers = { authorization: `Bearer ${slack.api.botToken}`, 'content-type': 'application/json' };
  function call(method: string, args: object): { ts: string; error?: string } | number {
    const body = Buffer.from(JSON.stringify({ channel, ...args }));
    const reply = slack.answer({ method: 'POST', path: `/api/${method}`, headers, body });
    if (reply.kind !== 'reply') return assert.fail('the connection was cut');
    return reply.status === 429 ? Number(reply.headers['retry-after']) : JSON.parse(reply.body.toString());
  }
  const errorOf = (method: string, args: object) => {
    const answer = call(method, args);
    return typeof answer === 'number' ? `wait ${answer} s` : answer.error;
  };
  return { clock, slack, call, errorOf };
}

const post = (content: object) => slackForTest().errorOf('chat.postMessage', content);

test('a hook takes a text, and refuses what Slack refuses', () => {
  const { slack } = slackForTest();
  const send = (body: string, path = new URL(slack.hook()).pathname) => {
    const reply = slack.answer({ method: 'POST', path, headers: {}, body: Buffer.from(body) });
    return reply.kind === 'reply' ? [reply.status, reply.body.toString()] : [];
  };
  assert.deepEqual(send('{"text":"hello"}'), [200, 'ok']);
  assert.deepEqual(send('not json'), [400, 'invalid_payload']);
  assert.deepEqual(send('{}'), [400, 'no_text']);
  assert.deepEqual(send('{"text":"x","blocks":[{"type":"section"}]}'), [400, 'invalid_blocks']);
  assert.deepEqual(send('{"text":"x"}', '/services/nowhere'), [404, 'no_service']);
  assert.equal(slack.delivered.length, 1);
});

test('blocks at their limits are taken', () => {
  const limits = [
    section({ text: mrkdwn(3000) }),
    section({ fields: many(10, mrkdwn(200)) }),
    section({ fields: [mrkdwn(2000)] }),
    { type: 'header', text: plain(150) },
    { type: 'context', elements: many(10, mrkdwn(1)) },
    actions(...many(25, button({}))),
    actions(button({ text: plain(75), value: 'x'.repeat(2000), action_id: 'x'.repeat(255) })),
  ];
  for (const block of limits) assert.equal(post({ blocks: [block] }), undefined, JSON.stringify(block));
  assert.equal(post({ blocks: many(50, divider) }), undefined);
  assert.equal(post({ text: 'x'.repeat(40_000) }), undefined);
});

test('blocks over their limits are refused, in a message and in an attachment', () => {
  const over = [
    section({ text: mrkdwn(3001) }),
    section({ text: mrkdwn(0) }),
    section({ fields: many(11, mrkdwn(1)) }),
    section({ fields: [mrkdwn(2001)] }),
    { type: 'header', text: plain(151) },
    { type: 'context', elements: many(11, mrkdwn(1)) },
    actions(...many(26, button({}))),
    actions(button({ text: plain(76) })),
    actions(button({ value: 'x'.repeat(2001) })),
    actions(button({ action_id: 'same' }), button({ action_id: 'same' })),
    { type: 'poem' },
  ];
  for (const block of over) {
    assert.equal(post({ blocks: [block] }), 'invalid_blocks', JSON.stringify(block));
    assert.equal(post({ attachments: [{ blocks: [block] }] }), 'invalid_attachments');
  }
});

test('a message has limits as a whole', () => {
  const errors: [object, string][] = [
    [{ blocks: many(51, divider) }, 'invalid_blocks'],
    [{ blocks: many(5, section({ text: mrkdwn(3000) })) }, 'msg_blocks_too_long'],
    [{ attachments: [{ blocks: many(21, divider) }] }, 'invalid_attachments'],
    [{ text: 'x'.repeat(40_001) }, 'msg_too_long'],
    [{ text: '', blocks: [] }, 'no_text'],
  ];
  for (const [content, error] of errors) assert.equal(post(content), error);
});

test('a second message within a second, and the 51st update within a minute, come too soon', () => {
  const { clock, slack, call, errorOf } = slackForTest();
  call('chat.postMessage', { text: '1' });
  const ts = slack.api.cards[0]?.ts;
  clock.advance(999);
  assert.equal(errorOf('chat.postMessage', { text: '2', thread_ts: ts }), 'wait 1 s');
  clock.advance(1);
  assert.equal(errorOf('chat.postMessage', { text: '2' }), undefined);
  for (let count = 0; count < 50; count += 1) call('chat.update', { ts, text: 'x' });
  clock.advance(20_000);
  assert.equal(errorOf('chat.update', { ts, text: 'x' }), 'wait 40 s');
});

test('a message that a person deleted can be neither changed nor answered', () => {
  const { clock, slack, call, errorOf } = slackForTest();
  call('chat.postMessage', { text: 'x' });
  const ts = slack.api.cards[0]?.ts ?? '';
  slack.api.delete(ts);
  clock.advance(1000);
  assert.equal(errorOf('chat.update', { ts, text: 'y' }), 'message_not_found');
  assert.equal(errorOf('chat.postMessage', { text: 'z', thread_ts: ts }), 'thread_not_found');
});
