import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide } from '../../../src/rules/decide/decide.ts';
import { emptyContext } from '../../../src/rules/decide/context.ts';
import { findNearestMiss } from '../../../src/rules/decide/examine-rule.ts';
import { failedRun, moment, rulesFor } from '../matchers/failed-run.ts';

const farOff = { type: 'postsubmit', phase: 'test', status: 'ERROR' };
const misses: [what: string, rules: Parameters<typeof rulesFor>, nearest: string | null][] = [
  ['no rules', [], null],
  ['one rule', [{ match: farOff }], 'a'],
  ['the fewest conditions, wherever it stands', [{ match: farOff }, { match: { phase: 'test' } }], 'b'],
  ['the first of two alike', [{ match: { phase: 'test' } }, { match: { type: 'presubmit' } }], 'a'],
  [
    'an exception is a condition like any other',
    [
      { match: { phase: 'test', type: 'presubmit' } },
      { match: { phase: 'pre' }, unless: { type: 'periodic' } },
    ],
    'b',
  ],
  ['an expired rule is a miss by its expiry', [{ match: {}, expires: '2020-01-01' }], 'a'],
  [
    'an expired rule that fails besides is a miss by two',
    [{ match: { phase: 'test' }, expires: '2020-01-01' }, { match: { type: 'presubmit' } }],
    'b',
  ],
  [
    'one that would try again goes first',
    [{ match: { phase: 'test' }, retry: 'never' }, { match: farOff }],
    'b',
  ],
  ['a never where there is nothing else', [{ match: farOff, retry: 'never' }], 'a'],
  ['a rule that matched is none', [{ match: { phase: 'test' } }, { match: {} }], 'a'],
];

for (const [what, parts, nearest] of misses) {
  test(`the nearest miss: ${what}`, () => {
    const rules = rulesFor(...parts);
    const { trace } = decide(failedRun(), emptyContext, rules, moment);
    assert.equal(findNearestMiss(trace, rules)?.rule ?? null, nearest);
  });
}

test('the nearest miss of a managed run is the rule that only did not ask for it', () => {
  const rules = rulesFor(
    { match: { phase: 'test' } },
    { match: {} },
    { match: { managed_by: 'prow', type: 'batch' } },
  );
  const { trace } = decide(failedRun({ labels: { releaseJobNameHash: 'x' } }), emptyContext, rules, moment);
  assert.equal(findNearestMiss(trace, rules)?.rule, 'b');
});
