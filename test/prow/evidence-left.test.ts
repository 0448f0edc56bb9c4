import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import type { Outcome, RunPlan } from './cluster/run-plan.ts';
import { hour, prowForTest, readObject } from './prow-for-test.ts';

const job = 'periodic-ci-acme-shop-main-nightly-e2e-aws';

async function endedRun(t: TestContext, plan: RunPlan) {
  const { prow, clock } = await prowForTest(t);
  prow.defineJob({ name: job, type: 'periodic', plan: [plan] });
  const run = prow.startRun(job);
  clock.advance(10 * hour);
  const read = async (path: string) => String(await readObject(prow, `${run.folder}/${path}`));
  return { run, read };
}

function failedCases(xml: string): string[] {
  return [...xml.matchAll(/<testcase name="([^"]*)" time="[^"]*">\n\s*<failure/g)].map(
    ([, name = '']) => name,
  );
}

test('a failed pre phase leaves its case, its container and a failed post', async (t) => {
  const { read } = await endedRun(t, {
    outcome: 'fail-pre',
    step: 'ipi-install-install',
    message: '\u001b[31mERROR\u001b[0m no <hosts>',
  });
  const xml = await read('artifacts/junit_operator.xml');
  assert.ok(xml.startsWith('<testsuites>\n  <testsuite name="step graph" tests="'));
  assert.deepEqual(failedCases(xml), [
    'Run multi-stage test e2e-aws - e2e-aws-ipi-deprovision-deprovision container test',
    'Run multi-stage test e2e-aws - e2e-aws-ipi-install-install container test',
    'Run multi-stage test post phase',
    'Run multi-stage test pre phase',
  ]);
  assert.ok(!xml.includes('test phase"'), 'the test phase never ran');
  assert.match(
    xml,
    /&#34;e2e-aws&#34; pod &#34;e2e-aws-ipi-install-install&#34; failed: could not watch pod: the pod ci-op-[0-9a-f]{8}\/e2e-aws-ipi-install-install failed after 20m0s \(failed containers: test\): ContainerFailed one or more containers exited&#xA;/,
  );
  assert.ok(xml.includes('\uFFFD[31mERROR\uFFFD[0m no &lt;hosts&gt;&#xA;'), 'ANSI escapes become U+FFFD');
  const names = [...xml.matchAll(/<testcase name="([^"]*)"/g)].map(([, name = '']) => name);
  assert.deepEqual(names, names.toSorted());
});

test("the log tells the phase in ci-operator's present format", async (t) => {
  const { read } = await endedRun(t, { outcome: 'fail-pre' });
  const log = await read('build-log.txt');
  assert.ok(log.startsWith('\u001b[36mINFO\u001b[0m[2026-06-01T10:00:12Z] ci-operator version v2026'));
  assert.match(log, /\] Running multi-stage phase pre +\n/);
  assert.match(log, /\] Step e2e-aws-ipi-install-install failed after 20m0s\. *\n/);
  assert.match(log, /\] Step phase pre failed after 40m0s\. *\n/);
  assert.match(log, /\[31mERRO.\[0m\[[^\]]+\] Some steps failed: +\n/);
});

const reasons: [Outcome, string | null, string][] = [
  ['pass', null, "Reporting job state 'succeeded'"],
  ['fail-test', 'Run multi-stage test test phase', ':executing_multi_stage_test'],
  ['fail-post', 'Run multi-stage test post phase', ':executing_multi_stage_test'],
  ['fail-lease', 'Run multi-stage test e2e-aws', ':acquiring_lease'],
  ['fail-claim', 'Run multi-stage test e2e-aws', ':acquiring_cluster_claim'],
  [
    'fail-import',
    'Import the release payload &#34;latest&#34; from an external source',
    ':importing_release',
  ],
  ['fail-build', 'Build image shop from the repository', ':building_project_image'],
  ['aborted', 'Run multi-stage test test phase', ':interrupted'],
];

for (const [outcome, caseName, reason] of reasons) {
  test(`${outcome} leaves its case and its reason`, async (t) => {
    const { read } = await endedRun(t, { outcome });
    const failed = failedCases(await read('artifacts/junit_operator.xml'));
    assert.deepEqual(
      failed.filter((name) => !name.includes('container test')),
      caseName === null ? [] : [caseName],
    );
    assert.ok((await read('build-log.txt')).includes(reason));
  });
}

test('a run that never reached its graph leaves junit_job.xml', async (t) => {
  const { read } = await endedRun(t, { outcome: 'infra' });
  assert.equal(await read('artifacts/junit_operator.xml'), '404');
  assert.match(await read('artifacts/junit_job.xml'), /<testsuite name="job"[^]*<testcase name="initialize"/);
});

test('several failed steps make one aggregate, an observer fails without a phase', async (t) => {
  const { read } = await endedRun(t, {
    outcome: 'fail-test',
    step: ['e2e-a', 'e2e-b'],
    failingObserver: true,
  });
  const xml = await read('artifacts/junit_operator.xml');
  assert.match(
    xml,
    /<failure message="">\[&#34;e2e-aws&#34; pod &#34;e2e-aws-e2e-a&#34; failed[^<]*, &#34;e2e-aws&#34; pod &#34;e2e-aws-e2e-b&#34; failed[^<]*\]</,
  );
  const passing = await endedRun(t, { outcome: 'pass', failingObserver: true });
  assert.deepEqual(failedCases(await passing.read('artifacts/junit_operator.xml')), [
    'Run multi-stage test e2e-aws - e2e-aws-observers-resource-watch container test',
  ]);
});
