import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGlob } from '../../src/job/glob.ts';
import { compilePattern, sayPatternError } from '../../src/rules/pattern.ts';
import { countSteps } from '../steps/count-steps.ts';

const long = `${'a'.repeat(1 << 18)}!`;

/** The first time builds the states of the expression. V8's own engine would need longer than a life for each. */
async function holdLinear(match: (text: string) => boolean, expected: boolean): Promise<void> {
  match(long);
  const steps = await countSteps(() => assert.equal(match(long), expected));
  assert.ok(steps <= 8 * long.length, `${steps} steps`);
}

for (const source of ['(a+)+$', '^(a|aa)*$', '(a*)*b', '(a|a)*b', '([a-z]+)+\\d', '(.*a){12}x']) {
  test(`${source} takes eight steps a character at most`, () =>
    holdLinear((text) => compilePattern(source).isIn(text), false));
}

for (const glob of ['*a*a*a*a*a*b', '*'.repeat(300), `${'{a,aa}'.repeat(20)}*b`, `${'?*'.repeat(100)}b`]) {
  test(`the glob ${glob.slice(0, 20)} takes eight steps a character at most`, () =>
    holdLinear(compileGlob(glob), !glob.endsWith('b')));
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
