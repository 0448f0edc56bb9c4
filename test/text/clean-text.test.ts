import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanText, shorten } from '../../src/text/clean-text.ts';

const cases: [string, string, string][] = [
  ['a colour', '\u001B[31mERROR\u001B[0m it broke', 'ERROR it broke'],
  ['a colour whose escape became U+FFFD', '\uFFFD[1;31mERROR\uFFFD[0m', 'ERROR'],
  ['a colour in one character', '\u009B31mred\u009B0m', 'red'],
  ['a cursor movement', '\u001B[2K\u001B[1Gdone', 'done'],
  ['a hyperlink', '\u001B]8;;https://example.com\u0007here\u001B]8;;\u0007', 'here'],
  ['a character set', '\u001B(Bplain', 'plain'],
  ['a numeric entity that XML forbids', '&#x1b;[31mERROR&#27;[0m', 'ERROR'],
  ['an entity of a character', '&#34;a&#x41;&#x2603;', '"aA☃'],
  ['an entity beyond Unicode', 'a&#x110000;b', 'ab'],
  ['control characters', 'a\u0000b\u0008c\u007Fd\u0085e', 'abcde'],
  ['marks that turn the direction of text', 'a\u202Eb\u2066c\u200Fd', 'abcd'],
  ['newline and tab', 'a\n\tb', 'a\n\tb'],
  ['other line ends', 'a\r\nb\rc', 'a\nb\nc'],
  ['what could not be decoded', 'caf\uFFFD', 'caf'],
  ['half of a surrogate pair', 'a\uD800b', 'ab'],
  ['brackets that are no colour', 'list[0m] [INFO]', 'list[0m] [INFO]'],
];

for (const [name, text, expected] of cases) {
  test(`cleaning: ${name}`, () => assert.equal(cleanText(text), expected));
}

test('a long text loses its middle', () => {
  const short = shorten(`start${'x'.repeat(1_000)}end`, 100);
  assert.equal(short.length, 100);
  assert.match(short, /^startx+\n\[…\]\nx+end$/);
  assert.equal(shorten('as it is', 100), 'as it is');
});
