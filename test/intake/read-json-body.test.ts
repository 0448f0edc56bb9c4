import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJsonBody } from '../../src/intake/read-json-body.ts';

function read(text: string) {
  const reading = readJsonBody(Buffer.from(text));
  return reading.ok ? reading.value : reading.message;
}

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const deep = 'is nested deeper than 20 levels';
const many = 'has more than 1000 keys and elements';
const reaching = 'has a key that would reach a prototype';

test('reads any JSON', () => {
  for (const value of [
    null,
    true,
    1.5,
    'text',
    [],
    {},
    { a: [{ b: null }], constructor: 'x', prototype: {} },
  ])
    assert.deepEqual(read(JSON.stringify(value)), value);
});

test('goes by the last of a repeated key, and past a byte order mark', () => {
  assert.deepEqual(read('\ufeff{"a": 1, "a": 2}'), { a: 2 });
});

for (const [text, expected] of [
  ['', 'is empty, not JSON'],
  ['{', 'is not JSON: it ends too early'],
  ["{'a': 1}", 'is not JSON: the first error is at line 1, column 2'],
  [nested(20), JSON.parse(nested(20))],
  [nested(21), deep],
  [`{"a":`.repeat(21) + '1' + '}'.repeat(21), deep],
  [nested(30_000), deep],
  [JSON.stringify(Array(1_000).fill(0)), Array(1_000).fill(0)],
  [JSON.stringify(Array(1_001).fill(0)), many],
  [JSON.stringify({ a: Array(500).fill(0), b: Array(499).fill(null) }), many],
  ['{"__proto__": 1}', reaching],
  ['{"a": [{"__proto__": {"admin": true}}]}', reaching],
  ['{"\\u005f_proto__": null}', reaching],
  ['{"constructor": {"prototype": {"admin": true}}}', reaching],
  ['[{"constructor": {"a": 1}}]', [{ constructor: { a: 1 } }]],
] as const) {
  test(`reads ${text.slice(0, 40)} of ${text.length} characters`, () =>
    assert.deepEqual(read(text), expected));
}
