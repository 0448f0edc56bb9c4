import type { Reason } from '../../../src/chain/decision.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSpentBudget } from '../../../src/rules/decide/budget.ts';
import { day, hour, now, ruleSet } from '../matchers/failed-run.ts';

const { budgets } = ruleSet({
  budgets: [
    { job: '*-aws*', retries: 2, per: '24h' },
    { job: '{periodic,nightly}-*', retries: 3, per: '7d' },
    { job: 'frozen', retries: 0, per: '1h' },
  ],
});

function says(jobName: string, ...spendings: [jobName: string, agoMs: number][]): Reason | null {
  const spent = spendings.map(([name, ago]) => ({ jobName: name, at: now - ago }));
  return findSpentBudget(budgets, jobName, spent, now);
}

/** All attempts of the window are spent. */
function spentOf(job: string, retries: number, perMs: number): Reason {
  return { kind: 'budget-spent', job, spent: retries, retries, perMs };
}

test('a job that no budget names may spend what it likes', () => {
  assert.equal(says('x', ['x', 0], ['x', 0], ['x', 0], ['x', 0]), null);
  assert.equal(findSpentBudget([], 'x', [{ jobName: 'x', at: now }], now), null);
});

test('a budget is spent by all jobs that its glob names together, and by no others', () => {
  const spent = spentOf('*-aws*', 2, day);
  assert.deepEqual(says('a-aws', ['b-aws-x', hour], ['c-aws', 2 * hour]), spent);
  assert.equal(says('a-aws', ['b-aws', hour], ['c-gcp', hour]), null);
  assert.equal(says('a-gcp', ['b-aws', hour], ['c-aws', hour]), null);
});

test('the window slides: an attempt counts until the moment when it is as old as the window', () => {
  assert.notEqual(says('a-aws', ['a-aws', 0], ['a-aws', day - 1]), null);
  assert.equal(says('a-aws', ['a-aws', 0], ['a-aws', day]), null);
});

test('of several budgets each one must allow the attempt; the first that does not is told', () => {
  const old: [string, number] = ['nightly-x', 6 * day];
  assert.deepEqual(says('periodic-aws', old, old, old), spentOf('{periodic,nightly}-*', 3, 7 * day));
  assert.deepEqual(
    says('periodic-aws', old, old, old, ['a-aws', 0], ['a-aws', 0]),
    spentOf('*-aws*', 2, day),
  );
  assert.equal(says('periodic-aws', old, old, ['a-aws', 0]), null);
});

test('a budget of nothing allows nothing', () => {
  assert.deepEqual(says('frozen'), spentOf('frozen', 0, hour));
});

test('a budget counts a renamed job under both names', () => {
  const { budgets: old } = ruleSet({
    budgets: [{ job: 'periodic-ci-openshift-release-master-*', retries: 2, per: '24h' }],
  });
  const spent = ['master', 'main'].map((branch) => ({
    jobName: `periodic-ci-openshift-release-${branch}-a`,
    at: now - hour,
  }));
  assert.equal(findSpentBudget(old, 'periodic-ci-openshift-release-main-b', spent, now)?.spent, 2);
});
