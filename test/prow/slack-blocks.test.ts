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

/** Calls without a port, as JSON. */
function call(method: string, args: object, slack = new Slack(new VirtualClock())) {
  slack.api.addChannel('ci');
  const reply = slack.answer({
    method: 'POST',
    path: `/api/${method}`,
    headers: { authorization: `Bearer ${slack.api.botToken}`, 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(args)),
  });
  assert.equal(reply.kind, 'reply');
  return JSON.parse(reply.kind === 'reply' ? reply.body.toString() : '') as {
    ok: boolean;
    error?: string;
    response_metadata?: { messages: string[] };
  };
}

const post = (content: object) => call('chat.postMessage', { channel: 'ci', ...content });

test('blocks at their limits are taken', () => {
  const limits = [
    section({ text: mrkdwn(3000) }),
    section({ fields: many(10, mrkdwn(200)) }),
    section({ fields: [mrkdwn(2000)] }),
    { type: 'header', text: plain(150) },
    { type: 'context', elements: many(10, mrkdwn(1)) },
    actions(...many(25, button({}))),
    actions(
      button({ text: plain(75), value: 'x'.repeat(2000), url: 'x'.repeat(3000), action_id: 'x'.repeat(255) }),
    ),
    { ...divider, block_id: 'x'.repeat(255) },
  ];
  for (const block of limits)
    assert.equal(post({ blocks: [block] }).error, undefined, JSON.stringify(block).slice(0, 99));
  assert.equal(post({ blocks: many(50, divider) }).ok, true);
  assert.equal(post({ text: 'x'.repeat(40_000) }).ok, true);
});

test('blocks over their limits are refused', () => {
  const over = [
    section({ text: mrkdwn(3001) }),
    section({ text: mrkdwn(0) }),
    { type: 'section' },
    section({ fields: many(11, mrkdwn(1)) }),
    section({ fields: [mrkdwn(2001)] }),
    { type: 'header', text: plain(151) },
    { type: 'header', text: mrkdwn(1) },
    { type: 'context', elements: many(11, mrkdwn(1)) },
    { type: 'context', elements: [] },
    { type: 'context', elements: [button({})] },
    actions(...many(26, button({}))),
    actions(button({ text: plain(76) })),
    actions(button({ text: mrkdwn(1) })),
    actions(button({ value: 'x'.repeat(2001) })),
    actions(button({ url: 'x'.repeat(3001) })),
    actions(button({ action_id: 'x'.repeat(256) })),
    actions(button({ style: 'warning' })),
    actions(button({ action_id: 'same' }), button({ action_id: 'same' })),
    { ...divider, block_id: 'x'.repeat(256) },
    { ...divider, text: plain(1) },
    { type: 'poem' },
  ];
  for (const block of over) {
    assert.equal(post({ blocks: [block] }).error, 'invalid_blocks', JSON.stringify(block).slice(0, 99));
    assert.equal(post({ attachments: [{ blocks: [block] }] }).error, 'invalid_attachments');
  }
});

test('a message has limits as a whole', () => {
  const named = { ...divider, block_id: 'same' };
  const errors: [object, string][] = [
    [{ blocks: many(51, divider) }, 'invalid_blocks'],
    [{ blocks: many(40, divider), attachments: [{ blocks: many(11, divider) }] }, 'invalid_blocks'],
    [{ blocks: [named], attachments: [{ blocks: [named] }] }, 'invalid_blocks'],
    [{ blocks: many(5, section({ text: mrkdwn(3000) })) }, 'msg_blocks_too_long'],
    [{ attachments: [{ blocks: many(21, divider) }] }, 'invalid_attachments'],
    [{ attachments: [{ text: 'of old', blocks: [divider] }] }, 'invalid_attachments'],
    [{ attachments: many(101, { text: 'x' }) }, 'too_many_attachments'],
    [{ text: 'x'.repeat(40_001) }, 'msg_too_long'],
    [{ text: '', blocks: [] }, 'no_text'],
    [{ blocks: '[{' }, 'invalid_blocks_format'],
  ];
  for (const [content, error] of errors) assert.equal(post(content).error, error);
});

test('a refusal says what is wrong where', () => {
  const { response_metadata } = post({ blocks: [divider, section({ text: mrkdwn(3001) })] });
  assert.deepEqual(response_metadata?.messages, [
    '[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]',
  ]);
});

test('what a modal may be', () => {
  const open = (view: object) => {
    const slack = new Slack(new VirtualClock());
    const trigger_id = slack.api.triggers.issue('U1', slack.api.workspace.now());
    const modal = {
      type: 'modal',
      title: plain(24),
      submit: plain(24),
      close: plain(24),
      blocks: [],
      ...view,
    };
    return call('views.open', { trigger_id, view: modal }, slack).error;
  };
  const input = (element: object, more = {}) => ({
    blocks: [{ type: 'input', label: plain(1), element, ...more }],
  });
  const text = { type: 'plain_text_input' };
  const time = { type: 'datetimepicker' };
  for (const view of [
    { private_metadata: 'x'.repeat(3000), callback_id: 'x'.repeat(255), blocks: many(100, divider) },
    input({ ...text, max_length: 3000, placeholder: plain(150) }),
    input({ ...time, initial_date_time: 1_780_000_000 }),
  ])
    assert.equal(open(view), undefined);
  for (const view of [
    { title: plain(25) },
    { submit: plain(25) },
    { close: plain(25) },
    { title: undefined },
    { private_metadata: 'x'.repeat(3001) },
    { callback_id: 'x'.repeat(256) },
    { blocks: many(101, divider) },
    { ...input(text), submit: undefined },
    input(text, { label: undefined }),
    input(text, { label: plain(2001) }),
    input({ ...text, max_length: 3001 }),
    input({ ...text, max_length: 0 }),
    input({ ...text, placeholder: plain(151) }),
    input({ ...time, initial_date_time: 1_780_000_000_000 }),
    input(button({})),
  ])
    assert.equal(open(view), 'invalid_arguments', JSON.stringify(view).slice(0, 99));
});

test('an incoming webhook checks blocks in the same way', () => {
  const slack = new Slack(new VirtualClock());
  const send = (payload: object) =>
    slack.answer({
      method: 'POST',
      path: new URL(slack.hook()).pathname,
      headers: {},
      body: Buffer.from(JSON.stringify(payload)),
    });
  const reply = send({ blocks: [actions(button({ text: plain(76) }))] });
  assert.equal(reply.kind === 'reply' && reply.body.toString(), 'invalid_blocks');
  assert.deepEqual([slack.messages.length, slack.api.calls.length], [1, 0]);
});

test('how the arguments may come', () => {
  const slack = new Slack(new VirtualClock());
  slack.api.addChannel('ci');
  const send = (type: string, body: string, headers = {}) => {
    const reply = slack.answer({
      method: 'POST',
      path: '/api/chat.postMessage',
      headers: { 'content-type': type, ...headers },
      body: Buffer.from(body),
    });
    return reply.kind === 'reply' ? (JSON.parse(reply.body.toString()) as { error?: string }).error : 'reset';
  };
  const known = { authorization: `Bearer ${slack.api.botToken}` };
  const form = 'application/x-www-form-urlencoded';
  const json = 'application/json; charset=utf-8';
  assert.equal(send(form, `token=${slack.api.botToken}&channel=ci&text=x`), undefined);
  assert.equal(slack.api.calls[0]?.args['token'], undefined);
  assert.equal(
    send(json, JSON.stringify({ token: slack.api.botToken, channel: 'ci', text: 'x' })),
    'not_authed',
  );
  assert.equal(send(json, '{', known), 'invalid_json');
  assert.equal(send(json, '[]', known), 'json_not_object');
  assert.equal(send('text/plain', 'x', known), 'invalid_post_type');
  assert.equal(send(form, 'text=x', known), 'invalid_arguments');
});
