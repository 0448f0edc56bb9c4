import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { findPhase } from '../../src/evidence/phase/find-phase.ts';
import { readFinished, readStarted } from '../../src/evidence/artifacts/metadata.ts';
import { readJunit } from '../../src/evidence/junit/read-junit.ts';
import { readProwJob } from '../../src/evidence/artifacts/prow-job.ts';
import { normalizeMessage } from '../../src/evidence/signature.ts';

// The artifacts lie beside a checkout on the machines that have them; they are not ours to ship.
const data = join(import.meta.dirname, '../../../shared/data');
const skip = existsSync(data) ? false : `the real artifacts are not at ${data}`;

async function judge(name: string) {
  const report = await readJunit(createReadStream(join(data, name)));
  assert.deepEqual(report?.problems, []);
  const operatorCases = report?.failed ?? [];
  const verdict = findPhase({
    operatorCases,
    jobCases: [],
    log: null,
    logAbsent: false,
    errored: false,
    jobName: null,
  });
  return { failed: operatorCases.length, ...verdict };
}

describe('real artifacts', { skip }, () => {
  const documents: [string, number, string | null, string[]][] = [
    ['junit_operator_failed_pre_phase.xml', 4, 'pre', ['cluster-install']],
    ['junit_operator_failed_test_phase.xml', 2, 'test', ['cluster-msi-tests']],
    ['junit_operator_failing_observer.xml', 1, null, []],
    ['junit_operator_observers_properties.xml', 1, null, []],
    ['junit_operator_simple.xml', 0, null, []],
    ['junit_large_functest.xml', 1, null, []],
  ];
  for (const [name, failed, phase, steps] of documents) {
    test(name, async () => {
      const verdict = await judge(name);
      assert.deepEqual([verdict.failed, verdict.phase, verdict.steps], [failed, phase, steps]);
      assert.doesNotMatch(verdict.text ?? '', /[^\P{Cc}\n\t]|\uFFFD|&#/u);
    });
  }

  test('a message without what varies still tells the error', async () => {
    const { text } = await judge('junit_operator_failed_test_phase.xml');
    assert.match(normalizeMessage(text ?? ''), /PodsFailedOrPendingError/);
    assert.doesNotMatch(normalizeMessage(text ?? ''), /ci-op-|\d/);
  });

  test('prowjob_presubmit_failure.json', async () => {
    const prowJob = readProwJob(await readFile(join(data, 'prowjob_presubmit_failure.json'), 'utf8'));
    assert.equal(prowJob?.name, '89b090c9-7a46-11ed-9cbb-0a580a812bf4');
    assert.equal(prowJob?.job, 'pull-ci-openshift-origin-master-e2e-aws-csi');
    assert.equal(prowJob?.type, 'presubmit');
    assert.equal(prowJob?.state, 'FAILURE');
    assert.equal(prowJob?.buildId, '1602362182819909632');
    assert.match(prowJob?.url ?? '', /\/view\/gs\/origin-ci-test\/pr-logs\/pull\/27600\//);
    assert.equal(prowJob?.labels['prow.k8s.io/refs.pull'], '27600');
    assert.equal(prowJob?.annotations['prow.k8s.io/context'], 'ci/prow/e2e-aws-csi');
    assert.deepEqual(
      [prowJob?.refs?.org, prowJob?.refs?.repo, prowJob?.refs?.base_ref],
      ['openshift', 'origin', 'master'],
    );
    assert.deepEqual(
      prowJob?.refs?.pulls.map((pull) => [pull.number, pull.author]),
      [[27_600, 'dgoodwin']],
    );
    assert.equal(prowJob?.startTime, Date.UTC(2022, 11, 12, 17, 58, 9));
    assert.equal(prowJob?.completionTime, Date.UTC(2022, 11, 12, 19, 17, 57));
  });

  test('started.json and finished.json', async () => {
    const started = readStarted(await readFile(join(data, 'started.json'), 'utf8'));
    const finished = readFinished(await readFile(join(data, 'finished.json'), 'utf8'));
    assert.deepEqual(started, { startedAt: 1_768_382_039_000 });
    assert.deepEqual(finished, { status: 'FAILURE', finishedAt: 1_766_577_268_000 });
  });
});
