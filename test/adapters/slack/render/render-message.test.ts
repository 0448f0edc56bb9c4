import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeText } from '../../../../src/adapters/slack/render/escape-text.ts';
import { renderMessage } from '../../../../src/adapters/slack/render/render-message.ts';
import type { Message } from '../../../../src/report/message.ts';

function render(parts: Partial<Message>): string {
  return renderMessage({ audience: 'people', title: 'a title', lines: [], links: [], ...parts });
}

for (const [text, escaped] of [
  ['<!channel> <@U1> <#C1>', '&lt;!channel&gt; &lt;@U1&gt; &lt;#C1&gt;'],
  ['<http://x|y>', '&lt;http://x|y&gt;'],
  ['a & b &amp; c', 'a &amp; b &amp;amp; c'],
] as const) {
  test(`${text} is text wherever it stands`, () => {
    assert.equal(escapeText(text), escaped);
    const link = { text, url: 'https://prow/1' };
    assert.equal(
      render({ title: text, lines: [text], links: [link] }),
      `*${escaped}*\n${escaped}\n<https://prow/1|${escaped}>`,
    );
  });
}

test('an address can not leave its link', () => {
  const url = 'https://x/?a=1&b=<!here>|y z\n';
  assert.equal(
    render({ links: [{ text: 'run', url }] }),
    '*a title*\n<https://x/?a=1&amp;b=%3C!here%3E%7Cy%20z%0A|run>',
  );
});

test('what is too long is cut, and keeps its links, whole entities and whole characters', () => {
  const links = [{ text: 'the failed run', url: `https://prow/${'x'.repeat(400)}` }];
  for (const sign of ['&', '<', 'ü', '🙂', 'abc🙂&>']) {
    for (let shift = 0; shift < 6; shift += 1) {
      const text = render({ lines: [`${'x'.repeat(shift)}${sign.repeat(4_000)}`], links });
      assert.ok(text.length > 3_400 && text.length <= 3_510, String(text.length));
      assert.match(text, /…\n<https:\/\/prow\/x{400}\|the failed run>$/);
      assert.doesNotMatch(text.replaceAll(/&(?:amp|lt|gt);/g, ''), /&/);
      assert.ok(text.isWellFormed());
    }
  }
});

test('an address without end does not push the message out', () => {
  const text = render({ lines: ['why'], links: [{ text: 'run', url: `https://prow/${'x'.repeat(9_000)}` }] });
  assert.equal(text, '*a title*\nwhy');
});
