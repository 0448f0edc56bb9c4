import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Proof, Trust } from '../../src/chain/chain.ts';
import {
  isForOurChannels,
  isListed,
  isProven,
  applySighting,
  type Sighting,
  raiseTrust,
} from '../../src/chain/proof.ts';
import { following, opened, run } from './chains.ts';

const seen: Sighting = { prowJobId: run.prowJobId, jobName: run.jobName, status: null };

const sightings: [Partial<Sighting>, Proof][] = [
  [{}, 'listed'],
  [{ status: 'PENDING' }, 'listed'],
  [{ status: 'SUCCESS' }, 'listed'],
  [{ status: 'FAILURE' }, 'failed'],
  [{ status: 'ERROR' }, 'failed'],
  [{ status: 'ABORTED' }, 'failed'],
  [{ status: 'FAILURE', jobName: null }, 'failed'],
  [{ status: 'FAILURE', jobName: 'periodic-ci-another' }, 'none'],
  [{ status: 'FAILURE', prowJobId: 'another-run' }, 'none'],
  [{ status: 'FAILURE', prowJobId: null }, 'none'],
];

for (const [change, proof] of sightings) {
  test(`a sighting of ${JSON.stringify(change)} makes it ${proof}`, () => {
    assert.equal(applySighting(opened, { ...seen, ...change }).proof, proof);
  });
}

test('a proof is never lost, and without news the chain is the same object', () => {
  const listed = applySighting(opened, seen);
  const failed = applySighting(listed, { ...seen, status: 'FAILURE' });
  assert.equal(applySighting(failed, seen), failed);
  assert.equal(applySighting(failed, { ...seen, prowJobId: null }), failed);
  assert.equal(applySighting(listed, { ...seen, prowJobId: 'another-run' }), listed);
});

test('the end of an attempt proves nothing about the first run', () => {
  const attempt = { prowJobId: 'run-1', jobName: run.jobName, status: 'FAILURE' } as const;
  const unproven = { ...following, proof: 'none' as const };
  assert.equal(applySighting(unproven, attempt), unproven);
});

const standings: [Proof, Trust, { proven: boolean; listed: boolean; ours: boolean }][] = [
  ['none', 'none', { proven: false, listed: false, ours: false }],
  ['none', 'token', { proven: false, listed: false, ours: false }],
  ['none', 'secret', { proven: true, listed: true, ours: true }],
  ['listed', 'none', { proven: false, listed: true, ours: false }],
  ['listed', 'token', { proven: false, listed: true, ours: false }],
  ['failed', 'none', { proven: true, listed: true, ours: false }],
  ['failed', 'token', { proven: true, listed: true, ours: true }],
  ['failed', 'secret', { proven: true, listed: true, ours: true }],
];

for (const [proof, trust, expected] of standings) {
  test(`${proof} with trust ${trust}: ${JSON.stringify(expected)}`, () => {
    const chain = { proof, trust };
    assert.deepEqual(
      { proven: isProven(chain), listed: isListed(chain), ours: isForOurChannels(chain) },
      expected,
    );
  });
}

test('trust grows and never falls', () => {
  const token = raiseTrust(opened, 'token');
  const secret = raiseTrust(token, 'secret');
  assert.deepEqual([token.trust, secret.trust], ['token', 'secret']);
  assert.equal(raiseTrust(secret, 'none'), secret);
  assert.equal(raiseTrust(secret, 'token'), secret);
});
