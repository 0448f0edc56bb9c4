import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyCase } from '../../src/evidence/classify-case.ts';
import { judgePhase, type Findings } from '../../src/evidence/judge-phase.ts';
import type { FailedCase } from '../../src/evidence/junit-collector.ts';
import { readBuildLog } from '../../src/evidence/read-build-log.ts';

function fail(name: string, text = 'x'): FailedCase {
  return { name, kind: classifyCase(name), text };
}

function judge(findings: Partial<Findings>) {
  const { phase, steps } = judgePhase({
    operatorCases: [],
    jobCases: [],
    log: null,
    logAbsent: false,
    errored: false,
    ...findings,
  });
  return [phase, ...steps];
}

function failReason(reason: string) {
  return readBuildLog(`Reporting job state 'failed' with reason '${reason}'`);
}

const pre = fail('Run multi-stage test pre phase', '"e2e" pod "e2e-install" failed: x');
const testPhase = fail('Run multi-stage test test phase', '"e2e" pod "e2e-run" failed: x');
const post = fail('Run multi-stage test post phase', '"e2e" pod "e2e-destroy" failed: x');

describe('by the failed cases', () => {
  const cases: [string, FailedCase[], unknown[]][] = [
    ['pre and post', [post, pre], ['pre', 'install']],
    ['test and post', [post, testPhase], ['test', 'run']],
    ['post alone', [post], ['post', 'destroy']],
    [
      'two tests beside each other',
      [pre, fail(pre.name, '"sno" pod "sno-boot" failed: x')],
      ['pre', 'install', 'boot'],
    ],
    [
      'a build before everything',
      [
        post,
        pre,
        fail('Import the release payload "latest" from an external source'),
        fail('Build image cli from the repository'),
      ],
      ['build'],
    ],
    ['an import', [pre, fail('Find the input image root and tag it into the pipeline')], ['import']],
    [
      'a lease',
      [fail('Run multi-stage test e2e', 'failed to acquire lease for "aws": resources not found')],
      ['lease'],
    ],
    [
      'a claim',
      [fail('Run multi-stage test e2e', 'failed to wait for the created cluster claim to become ready: x')],
      ['claim'],
    ],
    [
      'a claimed test in one case',
      [fail('Run multi-stage test e2e', '"e2e" pre steps failed: "e2e" pod "e2e-up" failed: x')],
      ['pre', 'up'],
    ],
    [
      'a whole test that tells nothing',
      [fail('Run multi-stage test e2e', 'could not read the profile')],
      [null],
    ],
    [
      'an observer',
      [fail('Run multi-stage test e2e - e2e-failing-observer container test', pre.text)],
      [null],
    ],
    [
      'an observer that speaks of a lease',
      [fail('Run multi-stage test e2e - e2e-watch container test', 'failed to acquire lease kube-system/x')],
      [null],
    ],
    [
      'a test called like a phase',
      [fail('Run multi-stage test pre', 'x'), fail('Run multi-stage test pre - pre-test container test')],
      [null],
    ],
    ['a test of one container', [fail('Run test unit', 'the pod failed')], ['test']],
    ['its container', [fail('Run test unit - container test', 'failed to acquire lease')], ['test']],
    [
      'a test of one container without its lease',
      [fail('Run test unit', 'failed to acquire lease: x')],
      ['lease'],
    ],
    [
      "a name that only contains a phase's",
      [fail('[e2e] Run multi-stage test pre phase'), fail('Run multi-stage test pre phase again')],
      [null],
    ],
    ['none', [], [null]],
  ];
  for (const [name, operatorCases, expected] of cases) {
    test(name, () => assert.deepEqual(judge({ operatorCases }), expected));
  }
});

describe('names of cases', () => {
  const names: Record<'build' | 'import', string[]> = {
    build: [
      'Clone the correct source code into an image and tag it as src',
      'Build git source code into an image and tag it as root',
      'Build image my-operator from the repository',
      'Store build results into a layer on top of src and save as bin',
      'All images are built and tagged into stable',
      'Tag the image cli into the stable image stream',
      'Create the output image stream stable',
    ],
    import: [
      'Import the release payload "latest" from an external source',
      'Create the release image "latest" containing all images built by this job',
      'Find all of the input images from ocp/4.10:${component} and tag them into the output image stream',
      'Find the input image os and tag it into the pipeline',
    ],
  };
  for (const [kind, all] of Object.entries(names)) {
    for (const name of all) test(name, () => assert.equal(classifyCase(name), kind));
  }
});

describe('by what is left without a telling case', () => {
  const log = readBuildLog(
    "Running multi-stage test e2e\nRunning multi-stage phase test\nStep e2e-run failed after 3s.\nStep phase test failed after 4s.\nReporting job state 'failed' with reason 'executing_graph:step_failed:acquiring_lease'",
  );
  const cases: [string, Partial<Findings>, unknown[]][] = [
    ['junit_job.xml', { jobCases: [fail('initialize', 'failed to load configuration: x')], log }, ['lease']],
    [
      'junit_job.xml that says no more',
      { jobCases: [fail('initialize', 'failed to load configuration: x')] },
      ['infra'],
    ],
    [
      'junit_job.xml that speaks of a release',
      { jobCases: [fail('initialize', 'could not resolve inputs: failed to resolve release latest: 503')] },
      ['import'],
    ],
    ["the log's phases before its reasons", { log }, ['test', 'run']],
    [
      "the log's error",
      {
        log: readBuildLog(
          '  * could not run steps: step e2e failed: "e2e" pre steps failed: "e2e" pod "e2e-up" failed: x',
        ),
      },
      ['pre', 'up'],
    ],
    [
      "the log's error of a lease",
      { log: readBuildLog('  * could not run steps: step e2e failed: failed to acquire lease for "aws": x') },
      ['lease'],
    ],
    [
      'the reason',
      { log: failReason('executing_graph:step_failed:importing_release:running_pod:pod_pending') },
      ['import'],
    ],
    [
      'a reason that tells nothing',
      { log: failReason('executing_graph:step_failed:executing_multi_stage_test') },
      [null],
    ],
    ['an error of Prow without a log', { errored: true, logAbsent: true }, ['infra']],
    ['an error of Prow with a log that could not be read', { errored: true }, [null]],
    ['a failure without a log', { logAbsent: true }, [null]],
    [
      'a case comes first',
      { operatorCases: [pre], log: failReason('cloning_source'), errored: true, logAbsent: true },
      ['pre', 'install'],
    ],
  ];
  for (const [name, findings, expected] of cases)
    test(name, () => assert.deepEqual(judge(findings), expected));
});
