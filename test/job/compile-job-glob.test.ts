import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileJobGlob, usesOldBranch } from '../../src/job/glob.ts';

const onMaster = 'periodic-ci-openshift-release-master-nightly-4.20-e2e-aws';
const onMain = 'periodic-ci-openshift-release-main-nightly-4.20-e2e-aws';

const rows: [glob: string, job: string, matches: boolean][] = [
  ['periodic-ci-openshift-release-master-*', onMain, true],
  ['periodic-ci-openshift-release-main-*', onMaster, true],
  [onMaster, onMain, true],
  [onMain, onMain, true],
  ['periodic-ci-openshift-release-{master,main}-*', onMain, true],
  ['*', onMain, true],
  ['periodic-ci-openshift-release-master-nightly-4.19-*', onMain, false],
  ['branch-ci-openshift-release-master-*', 'branch-ci-openshift-release-main-config', true],
  ['rehearse-*-release-master-*', 'rehearse-12-pull-ci-openshift-release-main-x', true],
  // No other repository was renamed along with it.
  ['periodic-ci-openshift-origin-master-*', 'periodic-ci-openshift-origin-main-e2e', false],
  ['periodic-ci-openshift-release-master-*', 'periodic-ci-openshift-release-mainline-x', false],
  ['periodic-ci-openshift-release-tools-master-*', 'periodic-ci-openshift-release-tools-main-x', false],
];

for (const [glob, job, matches] of rows) {
  test(`${glob} ${matches ? 'matches' : 'does not match'} ${job}`, () =>
    assert.equal(compileJobGlob(glob)(job), matches));
}

test('a glob that names the old branch of openshift/release is known', () => {
  assert.equal(usesOldBranch('periodic-ci-openshift-release-master-*'), true);
  assert.equal(usesOldBranch('periodic-ci-openshift-release-main-*'), false);
  assert.equal(usesOldBranch('periodic-ci-openshift-origin-master-*'), false);
});
