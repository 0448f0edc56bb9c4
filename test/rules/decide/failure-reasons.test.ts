import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../../src/evidence/evidence.ts';
import type { Gap } from '../../../src/evidence/gap.ts';
import { listFailureReasons } from '../../../src/rules/decide/failure-reasons.ts';
import type { Reason } from '../../../src/chain/decision.ts';
import { failed, failedRun } from '../matchers/failed-run.ts';

const releasing = 'executing_graph:step_failed:utilizing_lease:releasing_lease';
const junit = 'artifacts/junit_operator.xml';
const noJunit = ['prowjob.json', junit, 'build-log.txt'].map((file): Gap => ({
  file,
  kind: 'absent',
  detail: '',
}));

const accounts: [what: string, evidence: Partial<Evidence>, reasons: Reason[]][] = [
  [
    'a step: no message, which comes after it',
    { steps: ['ipi-install'], reason: releasing, messages: ['x'] },
    [failed({ steps: ['ipi-install'], reason: releasing })],
  ],
  ['a phase alone', { phase: 'lease' }, [failed({ phase: 'lease' })]],
  [
    'a phase and a message, of which the first line is quoted',
    { phase: 'infra', reason: 'promoting_images', messages: ['could not run promotion step\nmore'] },
    [
      failed({ phase: 'infra', reason: 'promoting_images' }),
      { kind: 'message', text: 'could not run promotion step' },
    ],
  ],
  [
    'a phase and a reason',
    { phase: 'infra', reason: 'initializing_namespace' },
    [
      failed({ phase: 'infra', reason: 'initializing_namespace' }),
      { kind: 'ci-operator-reason', text: 'initializing_namespace' },
    ],
  ],
  ['a reason alone', { phase: null, reason: releasing }, [failed({ phase: null, reason: releasing })]],
  [
    'a reason and a message',
    { phase: null, reason: 'a:creating_roles', messages: ['failed to create RBAC objects'] },
    [
      failed({ phase: null, reason: 'a:creating_roles' }),
      { kind: 'message', text: 'failed to create RBAC objects' },
    ],
  ],
  [
    'a message alone',
    { phase: null, messages: ['it broke'] },
    [failed({ phase: null }), { kind: 'message', text: 'it broke' }],
  ],
  [
    "Prow's description",
    { status: 'ERROR', phase: 'infra', description: 'Pod scheduling timeout.' },
    [failed({ status: 'ERROR', phase: 'infra' }), { kind: 'prow-says', text: 'Pod scheduling timeout.' }],
  ],
  [
    "Prow's description beside a step",
    { status: 'ERROR', steps: ['ipi-install'], description: 'Pod got deleted unexpectedly' },
    [
      failed({ status: 'ERROR', steps: ['ipi-install'] }),
      { kind: 'prow-says', text: 'Pod got deleted unexpectedly' },
    ],
  ],
  [
    'a description alone',
    { status: 'ABORTED', phase: null, description: 'Pod running timeout.', gaps: noJunit },
    [failed({ status: 'ABORTED', phase: null }), { kind: 'prow-says', text: 'Pod running timeout.' }],
  ],
  [
    'a description that says nothing',
    { phase: null, description: 'Job failed.', gaps: noJunit },
    [{ kind: 'undetermined', status: 'FAILURE', gap: { file: junit, kind: 'absent', detail: '' } }],
  ],
  ['artifacts that say nothing', { phase: null }, [{ kind: 'undetermined', status: 'FAILURE', gap: null }]],
  ['no status', { status: 'UNKNOWN' }, [failed({ status: 'UNKNOWN' })]],
];

for (const [what, evidence, reasons] of accounts) {
  test(`the reasons of ${what}`, () => {
    assert.deepEqual(listFailureReasons(failedRun(evidence).evidence), reasons);
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
    assert.deepEqual(listFailureReasons(failedRun({ description }).evidence), [failed()]);
  }
});

test('a secret in a quotation is masked', () => {
  const said = 'no Bearer abcdef0123456789';
  const reasons = listFailureReasons(
    failedRun({ phase: null, description: said, messages: [said] }).evidence,
  );
  assert.equal(reasons.length, 3);
  assert.doesNotMatch(JSON.stringify(reasons), /abcdef0123456789/);
});
