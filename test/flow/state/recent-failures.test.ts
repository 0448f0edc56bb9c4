import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chain } from '../../../src/chain/chain.ts';
import { RecentFailures } from '../../../src/flow/state/recent-failures.ts';
import { makeChain } from '../../contract/chain-store.ts';

function failed(id: string, steps: string[], signature: string | null): Chain {
  const chain: Chain = { ...makeChain(id, `job-${id}`, 1_000), proof: 'failed' };
  return {
    ...chain,
    runs: chain.runs.map((run) => ({ ...run, status: 'FAILURE', steps, signature, finishedAt: 900 })),
  };
}

test('failures that were loaded keep what each of them shows, and share it where they are alike', () => {
  const failures = new RecentFailures();
  failures.takeUp(failed('1', ['a', 'b'], null), 2_000);
  failures.takeUp(failed('2', ['a'], 'b'), 2_000);
  failures.takeUp(failed('3', ['a,b'], null), 2_000);
  failures.takeUp(failed('4', ['a', 'b'], null), 2_000);
  failures.settle();
  const [first, ...others] = failures.list();
  assert.deepEqual(first, { jobName: 'job-1', steps: ['a', 'b'], signature: null, at: 900 });
  assert.deepEqual(others, [
    { jobName: 'job-2', steps: ['a'], signature: 'b', at: 900 },
    { jobName: 'job-3', steps: ['a,b'], signature: null, at: 900 },
    { jobName: 'job-4', steps: ['a', 'b'], signature: null, at: 900 },
  ]);
  assert.equal(others[2]?.steps, first.steps);
});
