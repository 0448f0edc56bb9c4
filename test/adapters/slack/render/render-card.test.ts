import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderCard } from '../../../../src/adapters/slack/render/render-card.ts';
import type { Card } from '../../../../src/report/message.ts';
import { refuseMessage } from '../../../prow/slack/check-message.ts';

const chainId = '0f6f1d3c-91a7-4a53-8a2e-5f3b0a4f1c11';

function card(parts: Partial<Card> = {}): Card {
  return { tone: 'bad', title: 'a title', facts: [], lines: [], links: [], actions: null, ...parts };
}

const scheduled = card({
  tone: 'waiting',
  title: 'Scheduled for 14:30 UTC: periodic-ci-rhpit-interop-aws failed in pre',
  facts: [
    { name: 'Phase', text: 'pre' },
    { name: 'Step', text: 'ipi-install-install' },
    { name: 'Rule', text: 'setup-failure (interop-qe)' },
    {
      name: 'Failure',
      text: 'level=error msg="Error: creating EC2 Instance: <InsufficientInstanceCapacity> & no zone is left that has any"',
    },
    { name: 'Attempt', text: '1 of 1' },
  ],
  lines: ['The cluster never came up; the tests did not run.', 'Nothing to do: the outcome follows here.'],
  links: [
    { text: 'failed run', url: 'https://prow.ci.openshift.org/view/gs/bucket/logs/job/1?a=1&b=2' },
    { text: 'issue', url: 'https://issues.example.com/browse/QE-1' },
  ],
  actions: { chainId, of: ['retry', 'cancel', 'silence'] },
});

test('a card with all there is', (t) => {
  t.assert.snapshot(renderCard(scheduled, true));
});

test('a card of which only the title is known', (t) => {
  t.assert.snapshot(renderCard(card({ tone: 'good', title: 'Passed on attempt 1: a-job, a flake' }), true));
});

test('no button where a press can not reach us, or nothing can be done', () => {
  const kinds = ({ attachments }: ReturnType<typeof renderCard>) =>
    attachments.flatMap(({ blocks = [] }) => blocks.map(({ type }) => type));
  assert.deepEqual(kinds(renderCard(scheduled, false)), [
    'section',
    'section',
    'section',
    'section',
    'context',
  ]);
  const none = { chainId, of: [] };
  for (const actions of [
    null,
    none,
    { chainId: '', of: ['retry' as const] },
    { ...none, chainId: 'x'.repeat(2_001) },
  ])
    assert.deepEqual(renderCard(card({ actions }), true).attachments, []);
});

test('the same action is one button', () => {
  const rendered = renderCard(card({ actions: { chainId, of: ['retry', 'retry'] } }), true);
  assert.equal(JSON.stringify(rendered).split('"action_id"').length, 2);
  assert.equal(refuseMessage({ ...rendered }), null);
});

for (const text of ['<!channel> <@U1> <#C1>', '<http://x|y>', 'a & b &amp; c']) {
  test(`${text} is text wherever it stands`, () => {
    const url = 'https://prow/1';
    const rendered = renderCard(
      card({ title: text, facts: [{ name: text, text }], lines: [text], links: [{ text, url }] }),
      true,
    );
    const shown = JSON.stringify(rendered).replaceAll(`<${url}|`, '');
    assert.doesNotMatch(shown, /<[^>]|&(?!amp;|lt;|gt;)/);
    assert.doesNotMatch(JSON.stringify(rendered.blocks), /"verbatim":false/);
  });
}

test('nothing that looks like an address or a channel becomes a link', () => {
  const rendered = renderCard(
    card({ lines: ['see https://evil.example #general @here'], facts: [{ name: 'a', text: 'http://b.c' }] }),
    true,
  );
  for (const text of JSON.stringify(rendered).matchAll(/\{"type":"mrkdwn"[^}]*\}/g))
    assert.match(text[0], /"verbatim":true/);
});

test('what is no address of the web makes no link, and so no mention', () => {
  const links = ['!channel', '@U1', '#C1', 'javascript:alert(1)', 'mailto:a@b.c', ''].map((url) => ({
    text: 'x',
    url,
  }));
  assert.deepEqual(renderCard(card({ links }), true).attachments, []);
});

test('many facts, or long ones, are listed where columns would take too many blocks', () => {
  const facts = Array.from({ length: 24 }, (_, index) => ({
    name: `fact ${index}`,
    text: index % 2 === 0 ? 'short' : 'long '.repeat(21),
  }));
  const blocks = renderCard(card({ facts }), true).attachments[0]?.blocks ?? [];
  assert.ok(blocks.length < 3, String(blocks.length));
  for (const { name } of facts) assert.ok(JSON.stringify(blocks).includes(`*${name}*`), name);
});

test('what is too long is cut, and the first of it, the links and the buttons stay', () => {
  const long = '🙂&'.repeat(9_000);
  const rendered = renderCard(
    card({ ...scheduled, title: long, facts: [{ name: 'Failure', text: long }], lines: [long, 'lost'] }),
    true,
  );
  assert.equal(refuseMessage({ ...rendered }), null);
  const blocks = rendered.attachments[0]?.blocks ?? [];
  assert.deepEqual(
    blocks.map(({ type }) => type),
    ['section', 'section', 'context', 'actions'],
  );
  assert.equal(JSON.stringify(blocks).match(/…/g)?.length, 3, 'two cuts, and the label of a button');
  assert.ok(rendered.text.length <= 300);
  assert.match(rendered.text, /^(?:🙂&amp;)+(?:🙂)?…$/u);
});

test('short facts stand ten to a section, and lines in as few as hold them', () => {
  const facts = Array.from({ length: 24 }, (_, index) => ({ name: `fact ${index}`, text: 'short' }));
  const lines = ['a'.repeat(1_400), 'b'.repeat(1_400), 'c'.repeat(1_000)];
  const rendered = renderCard(card({ facts, lines }), true);
  assert.equal(refuseMessage({ ...rendered }), null);
  const shown = (rendered.attachments[0]?.blocks ?? []).map((block) => {
    const { fields, text } = block as { fields?: unknown[]; text?: { text: string } };
    return fields?.length ?? text?.text;
  });
  assert.deepEqual(shown, [10, 10, 4, lines.slice(0, 2).join('\n'), lines[2]]);
});

test('a title is one line, and there is one', () => {
  assert.equal(renderCard(card({ title: ' two\n lines ' }), true).text, 'two lines');
  assert.equal(renderCard(card({ title: ' \n' }), true).text, '…');
});
