import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeDigest } from '../../../src/report/digest/compose-digest.ts';
import { composeRefusals } from '../../../src/report/notices.ts';
import { from, to } from '../ended-chain.ts';

const facts = { kind: 'refusals', from, to, failures: 12, jobs: ['a', 'b'], more: 0 } as const;

test('says how many failures could not be retried, of which jobs, and what to do', () => {
  const message = composeRefusals({ ...facts, jobs: ['a', 'b'] });
  assert.equal(message.audience, 'errors');
  assert.equal(message.title, '12 failures could not be retried: Gangway rejected the tokens');
  assert.equal(message.lines[0], 'Jobs: a, b.');
  assert.equal(composeRefusals({ ...facts, jobs: ['a'], more: 3 }).lines[0], 'Jobs: a and 3 more.');
  const one = composeRefusals({ ...facts, failures: 1, jobs: ['a'] });
  assert.equal(one.title, '1 failure could not be retried: Gangway rejected the token');
});

test('a digest says how many failures it leaves out and does not name their jobs', () => {
  const hours = { spent: 0, rescued: 0, unknown: 0 };
  const counts = { closed: 1, retried: 0, rescued: 0, exhausted: 0, handedOver: 1 };
  const lists = { skipped: [], rules: [], idleRules: [], flakiest: [] };
  const digest = { from, to, ...counts, ...lists, hours };
  assert.deepEqual(composeDigest({ ...digest, others: 0 }).lines, []);
  assert.deepEqual(composeDigest({ ...digest, others: 4 }).lines, [
    'Not included: 4 failures not proven, or reported with a token that Gangway never accepted.',
  ]);
});
