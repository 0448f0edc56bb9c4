import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { renderCard } from '../../../../src/adapters/slack/render/render-card.ts';
import { renderMessage } from '../../../../src/adapters/slack/render/render-message.ts';
import type { Card } from '../../../../src/report/message.ts';
import { refuseMessage } from '../../../prow/slack/check-message.ts';

const nasty = fc.constantFrom(
  '<!channel>',
  '&',
  '<',
  '>',
  '|',
  '*',
  '\n',
  ' ',
  '🙂',
  '\ud83d',
  '…',
  '`',
  '\0',
);
const piece = fc.oneof(nasty, fc.string({ unit: 'binary' }));
const text = fc.oneof(
  { weight: 4, arbitrary: fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')) },
  {
    weight: 1,
    arbitrary: fc.tuple(piece, fc.nat(7_000)).map(([part, times]) => part.repeat(times)),
  },
);
const url = fc.oneof(
  text,
  text.map((rest) => `https://prow/${rest}`),
);
const link = fc.record({ text, url });
const many = { maxLength: 60 };
const card: fc.Arbitrary<Card> = fc.record({
  tone: fc.constantFrom('waiting', 'running', 'good', 'bad', 'person', 'quiet'),
  title: text,
  facts: fc.array(fc.record({ name: text, text }), many),
  lines: fc.array(text, many),
  links: fc.array(link, many),
  actions: fc.option(
    fc.record({
      chainId: text,
      of: fc.array(fc.constantFrom('retry', 'cancel', 'silence'), { maxLength: 5 }),
    }),
  ),
});

/** Every text of Slack's markup in a payload. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  const { type, text: own } = value as Record<string, unknown>;
  if (type === 'mrkdwn' && typeof own === 'string') yield own;
  else for (const part of Object.values(value)) yield* textsIn(part);
}

function holdMarkup(markup: string): void {
  assert.ok(markup.isWellFormed());
  for (const [sequence] of markup.matchAll(/<[^>]*>?/g))
    assert.match(sequence, /^<https:\/\/prow\/[^<>|\s]*(?:\|[^<>\n]*)?>$/);
  assert.doesNotMatch(markup.replaceAll(/&(?:amp|lt|gt);/g, '').replaceAll(/<[^>]*>/g, ''), /[&<>]/);
}

test('every card is within the limits of Slack, and makes no mention', () => {
  fc.assert(
    fc.property(card, fc.boolean(), (any, canAct) => {
      const rendered = renderCard(any, canAct);
      assert.equal(refuseMessage({ ...rendered }, 4_000), null);
      for (const markup of [rendered.text, ...textsIn(rendered)]) holdMarkup(markup);
      const visible = [...textsIn(rendered)].reduce((sum, each) => sum + each.length, 0);
      assert.ok(visible <= 10_000, `${visible} characters`);
    }),
    { numRuns: 400 },
  );
});

test('every message is within the limits of Slack, and makes no mention', () => {
  const message = fc.record({
    audience: fc.constantFrom('people' as const, 'errors' as const),
    title: text,
    lines: fc.array(text, many),
    links: fc.array(link, many),
  });
  fc.assert(
    fc.property(message, (any) => {
      const markup = renderMessage(any);
      assert.ok(markup.length <= 4_000, String(markup.length));
      holdMarkup(markup);
    }),
    { numRuns: 400 },
  );
});
