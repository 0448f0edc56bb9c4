import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { escapeText, restoreFormat, stripInvisible } from '../../../src/adapters/slack/render/escape-text.ts';
import { renderAnswer, renderSentence } from '../../../src/adapters/slack/render/render-answer.ts';
import { renderCard } from '../../../src/adapters/slack/render/render-card.ts';
import { renderMessage } from '../../../src/adapters/slack/render/render-message.ts';
import { renderSilenceForm } from '../../../src/adapters/slack/inbound/silence-form.ts';
import { unescapeSlackText } from '../../../src/adapters/slack/inbound/commands.ts';

/** What a failure, a step, a job or a comment may bring, and what people are to read. */
const hostile: readonly (readonly [what: string, text: string, shown: string])[] = [
  ['bold', 'a *bold* word', 'a ∗bold∗ word'],
  ['bold at the edges', '*bold*', '∗bold∗'],
  ['a single asterisk', 'periodic-ci-*', 'periodic-ci-∗'],
  ['italics', 'an _italic_ word', 'an ˍitalicˍ word'],
  ['italics next to signs', '(_italic_), __init__', '(ˍitalicˍ), ˍˍinitˍˍ'],
  ['a strike', 'a ~struck~ word', 'a ∼struck∼ word'],
  ['code', 'some `code`', "some 'code'"],
  ['a block of code', '```code```', "'''code'''"],
  ['a mention of all', '<!channel> <!here> <!everyone>', '&lt;!channel&gt; &lt;!here&gt; &lt;!everyone&gt;'],
  ['a mention of one', '<@U012ABC>', '&lt;@U012ABC&gt;'],
  ['a group', '<!subteam^S012ABC|@admins>', '&lt;!subteam^S012ABC|@admins&gt;'],
  ['a channel', '<#C012ABC|general>', '&lt;#C012ABC|general&gt;'],
  ['a link', '<https://evil.example|Prow>', '&lt;https://evil.example|Prow&gt;'],
  ['a date', '<!date^0^{date}|x>', '&lt;!date^0^{date}|x&gt;'],
  ['entities that are written out', '&lt;!channel&gt; &amp;', '&amp;lt;!channel&amp;gt; &amp;amp;'],
  ['a quotation', '> quoted', '› quoted'],
  ['a wide quotation', '＞ quoted', '› quoted'],
  ['an override of direction', 'a \u202Egnp.exe\u202C b', 'a gnp.exe b'],
  ['an isolate', '\u2066a\u2067b\u2068c\u2069', 'abc'],
  ['marks of direction', 'a\u200Eb\u200Fc\u061Cd', 'abcd'],
  ['signs of no width', 'a\u200Bb\u200Cc\u200Dd\u2060e\uFEFFf\u00ADg', 'abcdefg'],
  ['tags and fillers', 'a\u{E0041}b\u3164c\uFE0Fd', 'abcd'],
  ['control characters', 'a\u0000b\u0007c\u001B[31md\u009Be', 'abc[31mde'],
  ['a format behind what nobody sees', '\u200B*\u2060bold\u200B*', '∗bold∗'],
  ['a mention in pieces', '<\u200B!channel\u202E>', '&lt;!channel&gt;'],
  ['half a character', 'a\uD800b', 'a\uFFFDb'],
  [
    'names as they are',
    'junit_operator executing_multi_stage_test a_1',
    'junit_operator executing_multi_stage_test a_1',
  ],
];

/** Signs of Slack's markup, the ones of our own frame among them, and all that nobody sees. */
function listMarkup(text: string): string[] {
  const quotes = text.match(/^\s*(?:&gt;|＞)/gm) ?? [];
  const signs = text.match(/[*`~<>]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|[\p{Cf}\p{Cs}]|[^\P{Cc}\n]/gu) ?? [];
  return [...quotes, ...signs];
}

/** Every text in a payload that Slack reads as markup, or shows to people as it is. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null)
    for (const [key, part] of Object.entries(value)) if (key !== 'value') yield* textsIn(part);
}

const url = 'https://prow.example/view/1';

/** Each way in which a text of others gets into Slack, with that text in each of its places. */
const renderers: Record<string, (text: string) => unknown> = {
  'a message of an incoming webhook, or in a thread': (text) =>
    renderMessage({ audience: 'errors', title: text, lines: [text, text], links: [{ text, url }] }),
  'a card': (text) =>
    renderCard(
      {
        tone: 'bad',
        title: text,
        facts: [
          { name: text, text },
          { name: 'Failure', text: `${text}\n${text}` },
        ],
        lines: [text, text],
        links: [{ text, url }],
        actions: { chainId: 'id', of: ['retry', 'cancel'] },
      },
      true,
    ),
  'an answer': (text) =>
    renderAnswer({ title: text, entries: [{ text, links: [{ text, url }] }], hint: text }),
  'a sentence': (text) => renderSentence(text),
};

suite('texts from outside are plain text in Slack', () => {
  for (const [what, text, shown] of hostile) {
    test(what, () => {
      assert.equal(escapeText(text), shown);
      for (const [where, render] of Object.entries(renderers)) {
        const found = [...textsIn(render(text))].map(listMarkup);
        // The frame is the one that a harmless word gets.
        assert.deepEqual(found, [...textsIn(render('word'))].map(listMarkup), where);
      }
    });
  }

  test('in a table nothing ends the monospaced text', () => {
    for (const [, text] of hostile) {
      const { blocks = [] } = renderAnswer({
        title: 'word',
        entries: [{ text: `${text}\`\`\`${text}`, links: [] }],
        hint: null,
        isTable: true,
      });
      const table = [...textsIn(blocks)].find((each) => each.startsWith('```')) ?? '';
      assert.match(table, /^```[^`]*```$/);
      assert.doesNotMatch(table, /[<>\p{Cf}]/u);
    }
  });

  test('in a form nothing reverses the text', () => {
    for (const [, text] of hostile) {
      const silence = { id: '1', job: 'a', until: 1, author: text, comment: text };
      const form = renderSilenceForm({ id: '1', jobName: text }, silence, 0);
      for (const each of textsIn(form)) assert.doesNotMatch(each, /[\p{Cf}\p{Cs}]|[^\P{Cc}\n]/u);
    }
  });

  test('a text without a visible character is not sent as an empty one, which Slack refuses', () => {
    const blank = ' \u200B\u202E ';
    const { text, blocks, attachments } = renderCard(
      {
        tone: 'bad',
        title: blank,
        facts: [{ name: 'a', text: blank }],
        lines: [blank],
        links: [],
        actions: null,
      },
      false,
    );
    assert.equal(text, '…');
    assert.deepEqual([...textsIn(blocks)].includes(''), false);
    assert.deepEqual(attachments, []);
  });

  test('a command accepts text that was copied from a message', () => {
    const glob = 'periodic-*-_x_~1';
    assert.notEqual(escapeText(glob), glob);
    assert.equal(restoreFormat(escapeText(glob)), glob);
    assert.equal(unescapeSlackText(escapeText(glob)), glob);
    assert.equal(stripInvisible(glob), glob);
  });
});
