import assert from 'node:assert/strict';
import { test } from 'node:test';
import { managers } from '../../../src/job/managed-by.ts';
import { failed, failedRun, judge, rulesFor, shorten, verdictOf } from '../matchers/failed-run.ts';

const aggregated = failedRun({ labels: { 'release.openshift.io/aggregation-id': 'x' } });
const plain = { match: { phase: 'pre' } };
const asking = { match: { phase: 'pre', managed_by: ['payload-test', 'aggregation'] } };

const rows: [what: string, rules: Parameters<typeof rulesFor>, verdict: string][] = [
  ['no rule at all', [], 'skip managed-elsewhere null'],
  ['a rule that asks for no manager', [plain], 'skip managed-elsewhere null'],
  ['a rule that asks for its manager', [asking], 'retry matched a'],
  ['a rule that asks for it below one that does not', [plain, asking], 'retry matched b'],
  [
    'a rule that asks for another manager',
    [{ match: { managed_by: 'prow' } }],
    'skip managed-elsewhere null',
  ],
  [
    'a rule that asks for it and fails',
    [{ match: { managed_by: 'aggregation', phase: 'test' } }],
    'skip managed-elsewhere null',
  ],
  [
    'a rule that asks for it and says never',
    [{ match: { managed_by: 'aggregation' }, retry: 'never' }, asking],
    'skip never a',
  ],
  [
    'a rule that asks for no manager and could not be judged',
    [{ match: { message: 'quota' } }, asking],
    'retry matched b',
  ],
  [
    'a rule that asks for it and cannot be judged',
    [{ match: { message: 'quota', managed_by: 'aggregation' } }, asking],
    'skip evidence-missing a',
  ],
  [
    'a rule that excepts its manager',
    [{ match: { managed_by: [...managers] }, unless: { managed_by: 'aggregation' } }],
    'skip managed-elsewhere null',
  ],
  [
    'a rule that excepts another manager',
    [{ match: { managed_by: [...managers] }, unless: { managed_by: 'prow' } }],
    'retry matched a',
  ],
];

for (const [what, rules, verdict] of rows) {
  test(`a managed run, by ${what}: ${verdict}`, () =>
    assert.equal(verdictOf(aggregated, rulesFor(...rules)), verdict));
}

test('a rule that asks for managed runs takes no other', () => {
  assert.equal(verdictOf(failedRun(), rulesFor(asking)), 'skip no-rule-matched null');
  assert.equal(verdictOf(failedRun(), rulesFor(asking, plain)), 'retry matched b');
});

test("a rule may ask for Prow's own retry, too", () => {
  const run = failedRun({ labels: { 'prow.k8s.io/re-run': '1' } });
  assert.equal(verdictOf(run, rulesFor(plain)), 'skip retried-by-prow null');
  assert.equal(verdictOf(run, rulesFor({ match: { managed_by: 'prow' } })), 'retry matched a');
});

test('the account names the manager, its mark, and why each rule failed that asks for managed runs', () => {
  const rules = rulesFor(plain, { match: { managed_by: 'aggregation', phase: 'test' } });
  assert.deepEqual(shorten(judge(aggregated, rules).decision.because), [
    failed(),
    { kind: 'managed', by: 'aggregation', mark: 'label release.openshift.io/aggregation-id' },
    'rule b fails: phase fails',
  ]);
});
