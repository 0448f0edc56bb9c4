import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findSilence } from '../../../src/rules/decide/silence.ts';
import { now } from '../matchers/failed-run.ts';

const silence = { id: '1', job: 'periodic-*', until: now + 1, author: 'ann', comment: 'the lab moves' };

test('a silence mutes the jobs that its glob names until it is over', () => {
  assert.equal(findSilence([silence], 'periodic-ci-a', now), silence);
  assert.equal(findSilence([silence], 'pull-ci-a', now), null);
  assert.equal(findSilence([silence], 'periodic-ci-a', now + 1), null);
  assert.equal(findSilence([], 'periodic-ci-a', now), null);
});

test('of several, the one that lasts longest is told', () => {
  const longer = { ...silence, id: '2', job: '*', until: now + 9 };
  assert.equal(findSilence([silence, longer, { ...silence, id: '3' }], 'periodic-ci-a', now), longer);
});

test('a silence that names a job of openshift/release by its old branch still mutes it', () => {
  const old = { ...silence, job: 'periodic-ci-openshift-release-master-*' };
  assert.equal(findSilence([old], 'periodic-ci-openshift-release-main-nightly-4.20-e2e', now), old);
});
