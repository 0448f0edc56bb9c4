import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { describeJsonFault } from '../../src/text/describe-json-fault.ts';

const atFault = (line: number, column: number) =>
  `is not JSON: the first error is at line ${line}, column ${column}`;

const cases: [what: string, text: string, expected: string][] = [
  ['nothing', '', 'is empty, not JSON'],
  ['blanks only', ' \r\n', 'is empty, not JSON'],
  ['an object that never ends', '{"a": "x"', 'is not JSON: it ends too early'],
  ['a string that never ends', '{"a": "x', 'is not JSON: it ends too early'],
  ['other quotes', "{'a': 1}", atFault(1, 2)],
  ['a word', 'none', atFault(1, 1)],
  ['a comma too many', '[1,\n  2,,]', atFault(2, 5)],
  ['a comma before the end', '{"a": {"b": 1,}}', atFault(1, 15)],
  ['a comma that lacks', '{"a": 1 "b": 2}', atFault(1, 9)],
  ['a colon that lacks', '{"a" "b"}', atFault(1, 6)],
  ['brackets that cross', '{"a": [1}', atFault(1, 9)],
  ['a second value', '{"a": 1} x', atFault(1, 10)],
  ['a quote inside a value', '{"trigger_token": "abc"def"}', atFault(1, 24)],
  ['an unknown escape', '{"a": "\\x"}', atFault(1, 8)],
  [
    'a line feed in the token',
    '{"job_name": "j",\n "trigger_token": "sha256~A\n"}',
    'holds a raw line feed at line 2, column 28, inside a string: remove it from trigger_token',
  ],
  [
    'a carriage return in the token of the older address',
    '{"token":"sha256~A\r\n"}',
    'holds a raw carriage return at line 1, column 19, inside a string: remove it from token',
  ],
  [
    'a tab in a list',
    '{"a": "x", "b": ["y\t"]}',
    'holds a raw tab at line 1, column 20, inside a string: remove it',
  ],
  [
    'a control character without a name',
    '{"a": "\u0000"}',
    'holds a raw control character (U+0000) at line 1, column 8, inside a string: remove it from a',
  ],
  [
    'a control character outside of strings',
    '{"a": \u001b1}',
    'holds a raw control character (U+001B) at line 1, column 7: remove it',
  ],
  [
    'a line feed in a key',
    '{"sha256\n": 1}',
    'holds a raw line feed at line 1, column 9, inside a string: remove it',
  ],
  [
    'a key that may be a secret',
    '{"sha256~Secret": "x\n"}',
    'holds a raw line feed at line 1, column 21, inside a string: remove it',
  ],
];

for (const [what, text, expected] of cases) {
  test(`describes ${what}`, () => {
    assert.throws(() => JSON.parse(text), SyntaxError);
    assert.equal(describeJsonFault(text), expected);
  });
}

test('finds the place where a character was put into JSON that was sound', () => {
  const put = fc.constantFrom('\n', '\r', '\t', '\u0001', '"', '}', ',', ':', '\\', 'x');
  fc.assert(
    fc.property(fc.json(), fc.nat(), put, (sound, anywhere, character) => {
      const at = anywhere % (sound.length + 1);
      const text = sound.slice(0, at) + character + sound.slice(at);
      let isSound = true;
      try {
        JSON.parse(text);
      } catch {
        isSound = false;
      }
      if (isSound) return;
      const says = describeJsonFault(text);
      const [, line, column] = /line (\d+), column (\d+)/.exec(says) ?? [];
      if (line === undefined) return assert.match(says, /ends too early$|^is empty/);
      // A fault shows where the character was put or later, or where an escape or a literal began that it broke.
      const lines = text.split('\n');
      const before = lines.slice(0, Number(line) - 1).join('\n').length + (line === '1' ? 0 : 1);
      const position = before + Number(column) - 1;
      assert.ok(position >= at - 6, `${position} is before ${at}`);
      // What stands before it is sound so far.
      assert.equal(describeJsonFault(text.slice(0, position)).includes('column'), false);
    }),
    { numRuns: 500 },
  );
});
