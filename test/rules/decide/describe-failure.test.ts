import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../../src/evidence/evidence.ts';
import type { Gap } from '../../../src/evidence/gap.ts';
import { describeEvidence } from '../../../src/rules/decide/describe.ts';
import { failedRun } from '../matchers/failed-run.ts';

const releasing = 'executing_graph:step_failed:utilizing_lease:releasing_lease';
const junit = 'artifacts/junit_operator.xml';
const noJunit = ['prowjob.json', junit, 'build-log.txt'].map((file): Gap => ({
  file,
  kind: 'absent',
  detail: '',
}));

const accounts: [what: string, evidence: Partial<Evidence>, lines: string[]][] = [
  [
    'a step',
    { steps: ['ipi-install'], reason: releasing, messages: ['x'] },
    ['Failed in phase pre, step ipi-install.'],
  ],
  ['several steps', { phase: 'test', steps: ['a', 'b'] }, ['Failed in phase test, steps a, b.']],
  ['a phase alone', { phase: 'lease' }, ['Failed in phase lease.']],
  [
    'a phase and a message',
    { phase: 'infra', reason: 'promoting_images', messages: ['could not run promotion step\nmore'] },
    ['Failed in phase infra.', 'Message: "could not run promotion step"'],
  ],
  [
    'a phase and a reason',
    { phase: 'infra', reason: 'initializing_namespace' },
    ['Failed in phase infra.', "ci-operator's reason: initializing_namespace."],
  ],
  ['a reason alone', { phase: null, reason: releasing }, [`Failed; ci-operator's reason: ${releasing}.`]],
  [
    'a reason and a message',
    { phase: null, reason: 'a:creating_roles', messages: ['failed to create RBAC objects'] },
    ["Failed; ci-operator's reason: a:creating_roles.", 'Message: "failed to create RBAC objects"'],
  ],
  ['a message alone', { phase: null, messages: ['it broke'] }, ['Failed.', 'Message: "it broke"']],
  [
    "Prow's description",
    { status: 'ERROR', phase: 'infra', description: 'Pod scheduling timeout.' },
    ['Ended with ERROR in phase infra.', 'Prow: "Pod scheduling timeout."'],
  ],
  [
    "Prow's description beside a step",
    { status: 'ERROR', steps: ['ipi-install'], description: 'Pod got deleted unexpectedly' },
    ['Ended with ERROR in phase pre, step ipi-install.', 'Prow: "Pod got deleted unexpectedly"'],
  ],
  [
    'a description alone',
    { status: 'ABORTED', phase: null, description: 'Pod running timeout.', gaps: noJunit },
    ['Aborted.', 'Prow: "Pod running timeout."'],
  ],
  [
    'a description that says nothing',
    { phase: null, description: 'Job failed.', gaps: noJunit },
    ['Failed; could not determine the failing phase: no junit_operator.xml.'],
  ],
  [
    'an artifact that could not be read',
    { phase: null, gaps: [{ file: junit, kind: 'unread', detail: 'HTTP 503' }] },
    [
      'Failed; could not determine the failing phase: artifacts/junit_operator.xml could not be read: HTTP 503.',
    ],
  ],
  ['artifacts that say nothing', { phase: null }, ['Failed; could not determine the failing phase.']],
  ['no status', { status: 'UNKNOWN' }, ['Ended with an unknown result in phase pre.']],
];

for (const [what, evidence, lines] of accounts) {
  test(`the account of ${what}: ${lines.join(' ')}`, () => {
    assert.deepEqual(describeEvidence(failedRun(evidence).evidence), lines);
  });
}

test('what Prow says every time is not quoted', () => {
  for (const description of [
    'Job triggered.',
    'Job succeeded.',
    'Job failed.',
    'Job failed',
    'job aborted.',
  ]) {
    assert.deepEqual(describeEvidence(failedRun({ description }).evidence), ['Failed in phase pre.']);
  }
});

test('a secret in a quotation is masked', () => {
  const said = 'no Bearer abcdef0123456789';
  const lines = describeEvidence(failedRun({ phase: null, description: said, messages: [said] }).evidence);
  assert.equal(lines.length, 3);
  assert.doesNotMatch(lines.join('\n'), /abcdef0123456789/);
});
