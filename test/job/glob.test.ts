import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileGlob } from '../../src/job/glob.ts';
import { countSteps } from '../steps/count-steps.ts';

const rows: [string, string[], string[]][] = [
  ['*', ['', 'a', 'periodic-ci-a', 'a\nb', '🙂'], []],
  ['', [''], ['a']],
  ['a', ['a'], ['', 'A', 'aa', 'ba']],
  ['periodic-ci-*', ['periodic-ci-', 'periodic-ci-x-y'], ['xperiodic-ci-x', 'periodic-c']],
  ['*-aws*', ['x-aws', '-aws-y'], ['aws', 'x-aw']],
  ['a?c', ['abc', 'a?c', 'a🙂c'], ['ac', 'abbc']],
  ['**', ['', 'a'], []],
  ['{aws,gcp}-x', ['aws-x', 'gcp-x'], ['azure-x', '{aws,gcp}-x', 'aws']],
  ['x{,-y}', ['x', 'x-y'], ['xy']],
  ['{a*,{b,c}?}', ['a', 'axx', 'b1', 'c2'], ['b', 'd1']],
  ['a,b', ['a,b'], ['a', 'b']],
  ['{a', ['{a'], ['a']],
  ['a}{b', ['a}{b'], ['ab']],
  ['4.1[0-9].+(x)|^$\\d', ['4.1[0-9].+(x)|^$\\d'], ['4.15', '4.1']],
  ['release-4.1?', ['release-4.15'], ['release-4415x', 'release-4x15']],
  ['/a/', ['/a/'], ['a']],
];
for (const [glob, yes, no] of rows) {
  test(`${JSON.stringify(glob)} matches whole names`, () => {
    const matches = compileGlob(glob);
    for (const name of yes) assert.equal(matches(name), true, name);
    for (const name of no) assert.equal(matches(name), false, name);
  });
}

test('a hostile glob takes few steps for each character of the name', async () => {
  const name = `${'a'.repeat(250)}!`;
  const globs = [
    '*a'.repeat(30),
    `${'*'.repeat(1_000)}b`,
    `${'{a,a}'.repeat(30)}b`,
    `${'{*a,*{a,aa}}'.repeat(10)}b`,
    `${'?*'.repeat(30)}b`,
    '{'.repeat(5_000) + '}'.repeat(5_000),
    '{a,'.repeat(5_000),
  ];
  for (const glob of globs) {
    const matches = compileGlob(glob);
    const steps = await countSteps(() => assert.equal(matches(name), false));
    // A matcher that backtracks needs more than 2^30.
    assert.ok(steps <= 1_000 * name.length, `${glob.slice(0, 20)}: ${steps} steps`);
  }
});

test('odd characters in a glob are no reason to throw', () => {
  for (const glob of ['\ud800', '\0', '\\', '\\E', '\\Q', '(?i)', '🙂?', 'a{1,3}']) compileGlob(glob)('name');
});
