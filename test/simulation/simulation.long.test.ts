import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeBreaches } from './findings.ts';
import { runSeeds } from './run-seeds.ts';
import { faults, invariants } from './tally.ts';

test('in hundreds of worlds that go wrong, every invariant holds', async () => {
  const findings = await runSeeds({ first: 1, count: 500, threads: 2 });
  assert.equal(findings.breached.map((each) => describeBreaches(each)).join('\n'), '');
  const idle = faults.filter((fault) => findings.firedOf(fault) === 0);
  assert.deepEqual(idle, [], 'a fault that never fires proves nothing');
  const unheld = invariants.filter((invariant) => findings.heldOf(invariant) === 0);
  assert.deepEqual(unheld, [], 'an invariant that is held against nothing proves nothing');
});
