import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, constantFrom, property } from 'fast-check';
import { RE2JS } from 're2js';
import { estimateInstructions } from '../../../src/text/expression.ts';
import { compileGlob } from '../../../src/job/glob.ts';
import { compilePattern, LargePattern, describePatternError } from '../../../src/rules/language/pattern.ts';
import { countSteps } from '../../steps/count-steps.ts';

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
];

for (const [source, why] of refused) {
  test(`${source} is refused: ${why}`, () => {
    const problem = ((): string => {
      try {
        compilePattern(source);
        return 'none';
      } catch (error) {
        return describePatternError(error);
      }
    })();
    assert.equal(problem, why);
  });
}

for (const source of [
  '(a{1000}){1000}',
  '((x{100}){100}){100}',
  'a{800}b{800}',
  '\\pL'.repeat(40),
  '(?:a|b){0,300}',
]) {
  test(`${source.slice(0, 24)} is refused before it is compiled, because it is too large`, async () => {
    const steps = await countSteps(() => assert.throws(() => compilePattern(source), LargePattern));
    assert.ok(steps <= 100 * source.length + 2_000, `${steps} steps`);
  });
}

test('what people write is not too large', () => {
  for (const source of [
    '.{0,500}',
    'quota|'.repeat(160),
    '(?i)no such host',
    '[\\pL\\pN]+',
    'x'.repeat(1000),
  ])
    assert.equal(compilePattern(source).source, source);
});

test('no expression compiles to more instructions than estimated', () => {
  const parts =
    'a . [a-c] [^]x] \\d \\x{41} \\pL ( (?: (?i) (?P<n> ) | * + ? {2} {0,3} {4,} {0} ^ $ \\b { } \\Qa{9}\\E [[:alpha:]] é 😀';
  const part = constantFrom(...parts.split(' '));
  const expression = array(part, { maxLength: 14 }).map((chosen) => chosen.join(''));
  let compiled = 0;
  check(
    property(expression, (source) => {
      const size = sizeOf(source);
      if (size === null) return;
      compiled += 1;
      assert.ok(estimateInstructions(source) >= size, `${size} instructions`);
    }),
    { numRuns: 5_000, seed: 11 },
  );
  assert.ok(compiled > 300, `${compiled} of them are expressions`);
});

function sizeOf(source: string): number | null {
  try {
    return RE2JS.compile(source).programSize();
  } catch {
    return null;
  }
}
