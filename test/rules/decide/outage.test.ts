import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FailureRecord, findOutage } from '../../../src/rules/decide/outage.ts';
import { keysOf } from '../../../src/chain/hold.ts';
import { hour, minute, now, ruleSet } from '../matchers/failed-run.ts';

const { outage } = ruleSet({ outage: { same_step_jobs: 3, within: '30m', hold: '2h' } });

function sign(jobName: string, atMinute = 0, more: Partial<FailureRecord> = {}): FailureRecord {
  return { jobName, steps: ['ipi-install'], signature: null, at: now + atMinute * minute, ...more };
}

/** `step ipi-install 3`: what is found, and in how many jobs. */
function find(failure: FailureRecord, ...others: FailureRecord[]): string | null {
  const found = findOutage(outage, failure, others);
  return found === null ? null : `${found.key} ${found.jobs}`;
}

test('failures have a step or a signature in common', () => {
  assert.deepEqual(keysOf({ steps: ['a', 'b'], signature: 'f00' }), ['step a', 'step b', 'signature f00']);
  assert.deepEqual(keysOf({ steps: [], signature: null }), []);
});

test('as many jobs as the threshold make an outage, one less does not', () => {
  assert.deepEqual(findOutage(outage, sign('a'), [sign('b', -1), sign('c', -2)]), {
    key: 'step ipi-install',
    jobs: 3,
    holdMs: 2 * hour,
  });
  assert.equal(find(sign('a'), sign('b', -1)), null);
});

test('different jobs count, not runs, and the failure itself counts once', () => {
  assert.equal(find(sign('a'), sign('a', -1), sign('b', -1), sign('b', -2), sign('b', -3)), null);
  assert.equal(find(sign('a'), sign('a'), sign('b'), sign('c')), 'step ipi-install 3');
});

test('the jobs must have failed within the window, to the millisecond', () => {
  const late = { at: now - 30 * minute + 1 };
  assert.equal(find(sign('a'), sign('b', -1), sign('c', 0, late)), 'step ipi-install 3');
  assert.equal(find(sign('a'), sign('b', -1), sign('c', -30)), null);
});

test('a failure that is judged late takes part in the outage around its own time, and in no other', () => {
  assert.equal(find(sign('a'), sign('b', 10), sign('c', 29)), 'step ipi-install 3', 'after it');
  assert.equal(find(sign('a'), sign('b', -10), sign('c', 15)), 'step ipi-install 3', 'around it');
  assert.equal(find(sign('a'), sign('b', -20), sign('c', 20)), null, '40 minutes apart');
  assert.equal(find(sign('a'), sign('b', 60), sign('c', 61), sign('d', 62)), null, 'an hour later');
  assert.equal(find(sign('a'), sign('b', -60), sign('c', -61), sign('d', -62)), null, 'an hour before');
});

test('what most jobs have in common is told; a step before a signature', () => {
  const signature = 'f00';
  const others = [sign('b', 0, { signature }), sign('c', 0, { signature })];
  assert.equal(find(sign('a', 0, { signature }), ...others), 'step ipi-install 3');
  assert.equal(
    find(sign('a', 0, { signature }), ...others, sign('d', 0, { steps: [], signature })),
    'signature f00 4',
  );
  assert.equal(
    find(
      sign('a', 0, { steps: ['x', 'y'] }),
      sign('b', 0, { steps: ['y'] }),
      sign('c', 0, { steps: ['z', 'y'] }),
    ),
    'step y 3',
  );
});

test('failures that have nothing in common, or of which nothing is known, make none', () => {
  const unknown = { steps: [], signature: null };
  assert.equal(find(sign('a'), sign('b', 0, { steps: ['x'] }), sign('c', 0, { steps: ['y'] })), null);
  assert.equal(find(sign('a', 0, unknown), sign('b', 0, unknown), sign('c', 0, unknown)), null);
  const others = [sign('b', 0, unknown), sign('c', 0, unknown)];
  assert.equal(find(sign('a', 0, unknown), ...others), null);
});

test('without settings there is no outage', () => {
  assert.equal(findOutage(null, sign('a'), [sign('b'), sign('c'), sign('d')]), null);
});
