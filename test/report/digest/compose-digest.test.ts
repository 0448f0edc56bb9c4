import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeDigest } from '../../../src/report/digest/compose-digest.ts';
import type { Digest } from '../../../src/report/digest/compute-digest.ts';
import { from, hour, to } from '../ended-chain.ts';

const empty: Digest = {
  from,
  to,
  others: 0,
  closed: 0,
  retried: 0,
  rescued: 0,
  exhausted: 0,
  skipped: [],
  handedOver: 0,
  rules: [],
  idleRules: [],
  flakiest: [],
  hours: { spent: 0, rescued: 0, unknown: 0 },
};

const full: Digest = {
  ...empty,
  closed: 31,
  retried: 9,
  rescued: 5,
  exhausted: 2,
  skipped: [
    { reason: 'no-rule-matched', chains: 15 },
    { reason: 'same-failure', chains: 4 },
    { reason: null, chains: 2 },
  ],
  handedOver: 3,
  rules: [
    { rule: 'setup-failure', tries: 8, rescues: 4 },
    { rule: 'image-pull', tries: 1, rescues: 1 },
    { rule: 'lease-quota', tries: 3, rescues: 0 },
  ],
  idleRules: ['lease-quota'],
  flakiest: [
    { jobName: 'periodic-ci-org-repo-main-e2e-aws', rescued: 4 },
    { jobName: 'periodic-ci-org-repo-main-e2e-gcp', rescued: 1 },
  ],
  hours: { spent: 31.46 * hour, rescued: 12 * hour, unknown: 2 },
};

describe('the card of a digest', () => {
  it('of a full week', (t) => {
    t.assert.snapshot(composeDigest(full));
  });

  it('of a week with nothing is one line', (t) => {
    t.assert.snapshot(composeDigest(empty));
  });

  it('tells the times of a span that is not of whole days', () => {
    const { title } = composeDigest({ ...empty, from: from + hour, to: to + hour });
    assert.match(title, /^Digest of \d{4}-\d\d-\d\d 01:00 to \d{4}-\d\d-\d\d 01:00 UTC: /);
  });

  it('of a week in which nothing was tried again speaks of no hours', () => {
    const { title, facts, lines } = composeDigest({ ...empty, closed: 1, handedOver: 1 });
    assert.equal(title, 'Digest of 2026-11-16 to 2026-11-22: 1 failure, none was tried again');
    assert.deepEqual(
      facts.map(({ name }) => name),
      ['Retried', 'Rescued', 'Exhausted', 'Handed to a person'],
    );
    assert.deepEqual(lines, []);
  });

  it('says that no hours are known', () => {
    const hours = { spent: 0, rescued: 0, unknown: 1 };
    const { title, facts, lines } = composeDigest({ ...empty, closed: 1, retried: 1, exhausted: 1, hours });
    assert.equal(title, 'Digest of 2026-11-16 to 2026-11-22: 0 of 1 retried failure rescued');
    assert.deepEqual(facts.at(-1), { name: 'Cluster hours', text: 'not known' });
    assert.deepEqual(lines, ['1 attempt left no times, so the cluster hours leave it out.']);
  });

  it('names ten rules, and counts the others, but every one that is idle', () => {
    const rules = Array.from({ length: 12 }, (_, n) => ({ rule: `rule-${n}`, tries: 20, rescues: 12 - n }));
    const idleRules = ['rule-11'];
    const { lines } = composeDigest({ ...empty, closed: 240, retried: 240, rules, idleRules });
    assert.equal(lines.length, 12);
    assert.equal(lines[10], '2 more rules rescued as many or fewer.');
    assert.match(lines[11] ?? '', /^Rule rule-11 has not rescued a run in its last 20 tries\. Next: /);
  });
});
