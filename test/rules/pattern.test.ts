import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGlob } from '../../src/job/glob.ts';
import { compilePattern, sayPatternError } from '../../src/rules/pattern.ts';

const megabyte = `${'a'.repeat(1 << 20)}!`;
/** Generous: each takes a hundredth of it. The same expressions keep V8's own engine busy for longer than a life. */
const mostMs = 500;

function expectFast(what: string, work: () => unknown, expected: unknown): void {
  const before = performance.now();
  assert.equal(work(), expected);
  const ms = performance.now() - before;
  assert.ok(ms < mostMs, `${what}: ${Math.round(ms)} ms`);
}

for (const source of ['(a+)+$', '^(a|aa)*$', '(a*)*b', '(a|a)*b', '([a-z]+)+\\d', '(.*a){12}x']) {
  test(`${source} takes milliseconds against a megabyte`, () => {
    expectFast(source, () => compilePattern(source).isIn(megabyte), false);
  });
}

for (const glob of ['*a*a*a*a*a*b', '*'.repeat(300), `${'{a,aa}'.repeat(20)}*b`, `${'?*'.repeat(100)}b`]) {
  test(`the glob ${glob.slice(0, 20)} takes milliseconds against a megabyte`, () => {
    expectFast(glob, () => compileGlob(glob)(megabyte), !glob.endsWith('b'));
  });
}

test('an expression is found anywhere in the text, in any line of it only where it says so', () => {
  const text = 'first\nQuota Exceeded\nlast';
  const found = [
    '(?i)quota exceeded',
    'irst\\nQ',
    '^first',
    'last$',
    '(?m)^last$',
    '(?s)first.*last',
    '\\bQuota\\b',
  ];
  for (const source of found) assert.ok(compilePattern(source).isIn(text), source);
  for (const source of ['quota exceeded', '^last', 'first$', 'first.*last']) {
    assert.ok(!compilePattern(source).isIn(text), source);
  }
});

const refused: [source: string, why: string][] = [
  ['(?=a)b', 'RE2 has no look-ahead or look-behind: (?='],
  ['a(?!b)', 'RE2 has no look-ahead or look-behind: (?!'],
  ['(?<=a)b', 'RE2 has no look-ahead or look-behind: (?<=a)b'],
  ['(?<!a)b', 'RE2 has no look-ahead or look-behind: (?<!a)b'],
  ['(a)\\1', 'RE2 has no back-references: \\1'],
  ['(a', 'missing closing ): `(a`'],
  ['a)', 'unexpected ): `a)`'],
  ['*', 'missing argument to repetition operator: `*`'],
  ['[z-a]', 'invalid character class range: `z-a`'],
  ['a{1001}', 'invalid repeat count: `{1001}`'],
  ['((a{100}){100}){100}', 'invalid repeat count: `{100}`'],
];

for (const [source, why] of refused) {
  test(`${source} is refused: ${why}`, () => {
    const problem = ((): string => {
      try {
        compilePattern(source);
        return 'none';
      } catch (error) {
        return sayPatternError(error);
      }
    })();
    assert.equal(problem, why);
  });
}
