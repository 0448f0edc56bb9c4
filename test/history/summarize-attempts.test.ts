import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarizeAttempts } from '../../src/history/statistics.ts';
import { day, hour, makePastRun, now } from './make-past-run.ts';

test('no attempt has no flake rate', () => {
  const runs = [makePastRun(1), makePastRun(2, { status: 'SUCCESS' })];
  assert.deepEqual(summarizeAttempts(runs, day, now), { count: 0, flakeRate: null });
  assert.deepEqual(summarizeAttempts([], day, now), { count: 0, flakeRate: null });
});

test('the flake rate is the share of attempts that passed, whatever else ran', () => {
  const runs = [
    makePastRun(1, { attempt: 1, status: 'SUCCESS' }),
    makePastRun(2, { status: 'SUCCESS' }),
    makePastRun(3, { attempt: 2 }),
    makePastRun(4, { attempt: 1, status: 'ABORTED' }),
    makePastRun(5, { attempt: 1, status: 'ERROR' }),
  ];
  assert.deepEqual(summarizeAttempts(runs, day, now), { count: 4, flakeRate: 0.25 });
});

test('attempts before the window do not count', () => {
  const runs = [makePastRun(1, { attempt: 1 }), makePastRun(2, { attempt: 1, status: 'SUCCESS' })];
  assert.deepEqual(summarizeAttempts(runs, 2 * hour, now), { count: 2, flakeRate: 0.5 });
  assert.deepEqual(summarizeAttempts(runs, 2 * hour - 1, now), { count: 1, flakeRate: 0 });
});
