import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyCase } from '../../../src/evidence/junit/classify-case.ts';
import { findPhase, type PhaseSources } from '../../../src/evidence/phase/find-phase.ts';
import type { FailedCase } from '../../../src/evidence/junit/junit-collector.ts';
import { readBuildLog } from '../../../src/evidence/log/read-build-log.ts';

function fail(name: string, text = 'x'): FailedCase {
  return { name, kind: classifyCase(name), text };
}

const nothing: PhaseSources = {
  operatorCases: [],
  jobCases: [],
  log: null,
  logAbsent: false,
  errored: false,
  jobName: null,
};

function judge(findings: Partial<PhaseSources>) {
  const { phase, steps } = findPhase({ ...nothing, ...findings });
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
      'a whole test that failed before its first pod',
      [fail('Run multi-stage test e2e', 'could not read the profile')],
      ['infra'],
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
      ['infra'],
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
      ['infra'],
    ],
    ['none', [], [null]],
  ];
  for (const [name, operatorCases, expected] of cases) {
    test(name, () => assert.deepEqual(judge({ operatorCases }), expected));
  }
});

describe('a case that needs the log', () => {
  const running = ['Running multi-stage test e2e', 'Running multi-stage phase pre', 'Running step e2e-up.'];
  const lines = [...running, 'Step e2e-up failed after 3m.', 'Step phase pre failed after 4m.'];

  test('names its step', () => {
    const log = readBuildLog(lines.join('\n'));
    assert.deepEqual(judge({ operatorCases: [fail('Run multi-stage test pre phase', '')], log }), [
      'pre',
      'up',
    ]);
    assert.deepEqual(judge({ operatorCases: [testPhase], log }), ['test', 'run']);
  });

  test('failed while a lease or a claim was prepared', () => {
    const whole = fail(
      'Run multi-stage test e2e',
      'failed to get secret admin-kubeconfig in namespace pool-1: x',
    );
    const claim = failReason('executing_graph:step_failed:utilizing_cluster_claim:acquiring_cluster_claim');
    assert.deepEqual(judge({ operatorCases: [whole], log: claim }), ['claim']);
    const testing = failReason('executing_graph:step_failed:executing_multi_stage_test');
    assert.deepEqual(judge({ operatorCases: [whole], log: testing }), ['infra']);
  });
});

describe('names of cases', () => {
  const names: Record<string, string[]> = {
    build: [
      'Clone the correct source code into an image and tag it as src',
      'Build git source code into an image and tag it as root',
      'Build image my-operator from the repository',
      'Store build results into a layer on top of src and save as bin',
      'All images are built and tagged into stable',
      'Tag the image cli into the stable image stream',
      'Create the output image stream stable',
      'Create the output image streams stable and stable-arm64',
      'Clone the source code of all repositories into an image and tag it as src',
      'Build the bundle image my-bundle for two architectures',
      'Inject an RPM repository that will point at the RPM server',
      'Start a service that hosts the RPMs generated by this build',
      'Tag the image cli into the image stream tag ocp/4.21:cli',
    ],
    import: [
      'Import the release payload "latest" from an external source',
      'Create the release image "latest" containing all images built by this job',
      'Find all of the input images from ocp/4.10:${component} and tag them into the output image stream',
      'Find the input image os and tag it into the pipeline',
      'Find the input images os and cli and tag them into the pipeline',
      'Find all of the input images from ocp/4.21 and tag them into the stable-initial stream',
      'Import the release payload "custom" from a cache',
    ],
  };
  names['infra'] = [
    'Promote built images into the release image streams: ocp/4.21',
    'Write the job parameters to disk',
  ];
  names['graph'] = ['Juggle the images', 'Rebuild image cli'];
  names['container'] = ['Run test unit - unit container sidecar', 'Run template e2e - e2e container test'];
  names['pre'] = ['Run template e2e - e2e container setup'];
  for (const [kind, all] of Object.entries(names)) {
    for (const name of all) test(name, () => assert.equal(classifyCase(name), kind));
  }
});

describe('by what is left without a telling case', () => {
  const log = readBuildLog(
    "Running multi-stage test e2e\nRunning multi-stage phase test\nStep e2e-run failed after 3s.\nStep phase test failed after 4s.\nReporting job state 'failed' with reason 'executing_graph:step_failed:acquiring_lease'",
  );
  const cases: [string, Partial<PhaseSources>, unknown[]][] = [
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

describe('by less and less', () => {
  const unknown = fail('Juggle the images', 'the images fell');
  const killed = readBuildLog(
    'Running multi-stage test e2e\nRunning multi-stage phase test\nRunning step e2e-run.\n',
  );
  const notMade = readBuildLog(
    '* could not run steps: step e2e failed: ["e2e" pre steps failed: could not resolve a dependency, "e2e" post steps failed: "e2e" pod "e2e-destroy" failed: x]',
  );
  const interrupted = readBuildLog(
    '* could not run steps: step e2e failed: "e2e" pre steps failed: "e2e" pod "e2e-up" failed: context canceled\n' +
      "Reporting job state 'failed' with reason 'executing_graph:interrupted'",
  );
  const cases: [string, Partial<PhaseSources>, unknown[]][] = [
    ['a step of the graph that is not known', { operatorCases: [unknown] }, ['infra']],
    [
      'the reason before it',
      { operatorCases: [unknown], log: failReason('executing_graph:step_failed:importing_release') },
      ['import'],
    ],
    ['where the log ends', { log: killed }, ['test', 'run']],
    [
      'not an error that comes after the phases',
      {
        log: readBuildLog(
          'Running multi-stage phase post\nStep phase post succeeded after 1m.\n* could not run steps: step e2e failed: x y z',
        ),
      },
      [null],
    ],
    ["Prow's error before where the log ends", { log: killed, errored: true }, ['infra']],
    ["ci-operator's last words after Prow lost the run", { log: interrupted, errored: true }, ['infra']],
    ["ci-operator's last words after a run that was stopped", { log: interrupted }, ['pre', 'up']],
    ['pods that were not made have no case', { operatorCases: [post], log: notMade }, ['pre']],
    ['post alone, as the log says, too', { operatorCases: [post], log: killed }, ['post', 'destroy']],
    [
      'a step that was not created, with the name of the job',
      {
        operatorCases: [
          fail(pre.name, 'failed to create or restart e2e-aws-ipi-rbac pod: unable to create pod: x'),
        ],
        jobName: 'periodic-ci-org-repo-main-nightly-4.21-e2e-aws',
      },
      ['pre', 'ipi-rbac'],
    ],
    [
      "a step that was not created, with the name of a container's case",
      {
        operatorCases: [
          fail('Run multi-stage test e2e-aws - e2e-aws-watch container test'),
          fail(pre.name, 'failed to create or restart e2e-aws-ipi-rbac pod: x'),
        ],
      },
      ['pre', 'ipi-rbac'],
    ],
    [
      'a step that was not created, of a test that is not known',
      { operatorCases: [fail(pre.name, 'failed to create or restart e2e-aws-ipi-rbac pod: x')] },
      ['pre'],
    ],
  ];
  for (const [name, findings, expected] of cases)
    test(name, () => assert.deepEqual(judge(findings), expected));

  test('the step that ran when Prow ended the run did not fail: it is in the text only', () => {
    const { phase, steps, text } = findPhase({ ...nothing, log: killed, errored: true });
    assert.deepEqual([phase, steps, text], ['infra', [], 'The log ends in phase test, step run.']);
  });
});

describe('a test that failed before its first pod', () => {
  const texts: [string, string][] = [
    ['import secret cluster-secrets-aws for cluster profile aws: failed to get secret: refused', 'infra'],
    ['resolve cluster profile aws: 503', 'infra'],
    ['could not get cluster profile secret "cluster-secrets-aws": not found', 'infra'],
    ['failed to create RBAC objects: create RBACs: could not create role "e2e": timed out', 'infra'],
    ['failed to create secret: cannot delete shared directory "e2e": 500', 'infra'],
    ['failed to create credentials: could not read source credential: not found', 'infra'],
    ['could not list secrets to determine content to censor: 500', 'infra'],
    ['something that ci-operator says next year', 'infra'],
    ['step needs a lease but no lease client provided', 'lease'],
    ['failed to find a cluster pool providing the cluster: map[cloud:aws]', 'claim'],
  ];
  for (const [text, phase] of texts) {
    test(text, () => {
      assert.deepEqual(judge({ operatorCases: [fail('Run multi-stage test e2e', text)] }), [phase]);
      const log = readBuildLog(`  * could not run steps: step e2e failed: ${text}`);
      assert.deepEqual(judge({ log }), [phase]);
    });
  }
});
