import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gap } from '../../../src/evidence/gap.ts';
import type { Refs } from '../../../src/job/type.ts';
import { examineRule } from '../../../src/rules/decide/examine-rule.ts';
import type { FailedRun } from '../../../src/rules/matchers/matcher.ts';
import { failedRun, judge, minute, now, ruleFor, rulesFor } from '../matchers/failed-run.ts';

const plan = { delayMs: 30 * minute, envs: {} };
const refs: Refs = { org: 'o', repo: 'r', base_ref: 'main', base_sha: 'a1', pulls: [] };
const shipped = rulesFor({ match: { type: 'periodic', phase: 'pre' } });
const preFailed = 'Failed in phase pre.';

test('a condition that a rule does not set is not asked; the status always is', () => {
  const findings = [{ key: 'status', verdict: 'holds', asked: ['FAILURE', 'ERROR'], saw: 'FAILURE' }];
  const traces = [ruleFor(), ruleFor({ unless: {} })].map((rule) => examineRule(rule, failedRun(), now));
  const bare = { rule: 'a', verdict: 'matches', findings, exceptions: [] };
  assert.deepEqual(traces, [bare, bare]);
});

test('one condition that fails settles a rule, even where another is unknown', () => {
  const rule = ruleFor({ match: { type: 'presubmit', phase: 'pre' } });
  assert.equal(examineRule(rule, failedRun({ phase: null }), now).verdict, 'fails');
});

test('the first rule that matches decides, and how each one above fared is kept', () => {
  const rules = rulesFor(
    { match: { phase: 'test' } },
    { match: { phase: 'pre' }, retry: { attempts: 2, delay: '1h' } },
    { match: {} },
  );
  const { decision, plan: made, trace } = judge(failedRun({ steps: ['ipi-install', 'ipi-conf'] }), rules);
  assert.deepEqual(decision, {
    outcome: 'retry',
    reason: 'matched',
    rule: 'b',
    because: [
      'Failed in phase pre, steps ipi-install, ipi-conf.',
      'Rule b matches: status is FAILURE, phase is pre.',
      'Attempt 1 of 2 is made after 1h.',
    ],
  });
  assert.deepEqual(made, { ...plan, delayMs: 60 * minute });
  assert.deepEqual(
    trace.map(({ rule, verdict }) => `${rule} ${verdict}`),
    ['a fails', 'b matches'],
  );
});

test('a rule that cannot be judged stops the search, though one below would match', () => {
  const rules = rulesFor({ match: { phase: 'test' } }, { match: {} });
  const gaps: Gap[] = [
    { file: 'artifacts/junit_operator.xml', kind: 'absent', detail: '' },
    { file: 'finished.json', kind: 'open', detail: 'no file was seen' },
  ];
  const { decision, plan: made, trace } = judge(failedRun({ phase: null, gaps }), rules);
  assert.deepEqual(decision, {
    outcome: 'skip',
    reason: 'evidence-missing',
    rule: 'a',
    because: [
      'Failed; could not determine the failing phase: no junit_operator.xml.',
      'Rule a cannot be judged: phase is not known, it asks for test.',
      'artifacts/junit_operator.xml is not there.',
      'Gangway says that the run has ended, but no file was seen.',
    ],
  });
  assert.deepEqual([made, trace.length], [null, 1]);
});

const decisions: [name: string, run: FailedRun, expected: string, because: string[]][] = [
  [
    'a retry',
    failedRun({ steps: ['ipi-install-install'] }),
    'retry matched a',
    [
      'Failed in phase pre, step ipi-install-install.',
      'Rule a matches: type is periodic, status is FAILURE, phase is pre.',
      'Attempt 1 of 1 is made after 30m.',
    ],
  ],
  [
    'the last attempt allowed',
    failedRun({}, { attempt: 1 }),
    'skip attempts-exhausted a',
    [
      preFailed,
      'Rule a matches: type is periodic, status is FAILURE, phase is pre.',
      'The rule allows one attempt, and this was attempt 1.',
    ],
  ],
  [
    'more attempts than a rule allows now',
    failedRun({}, { attempt: 9 }),
    'skip attempts-exhausted a',
    [
      preFailed,
      'Rule a matches: type is periodic, status is FAILURE, phase is pre.',
      'The rule allows one attempt, and this was attempt 9.',
    ],
  ],
  [
    'a status that is asked for by default',
    failedRun({ status: 'ERROR' }),
    'retry matched a',
    [
      'Ended with ERROR in phase pre.',
      'Rule a matches: type is periodic, status is ERROR, phase is pre.',
      'Attempt 1 of 1 is made after 30m.',
    ],
  ],
  [
    'an aborted run, which no rule asks for by default',
    failedRun({ status: 'ABORTED' }),
    'skip no-rule-matched null',
    ['Aborted in phase pre.', 'Rule a does not match: status is ABORTED, it asks for FAILURE or ERROR.'],
  ],
  [
    'a run that failed elsewhere',
    failedRun({ phase: 'test' }),
    'skip no-rule-matched null',
    ['Failed in phase test.', 'Rule a does not match: phase is test, it asks for pre.'],
  ],
  [
    'a status that nothing tells',
    failedRun({ status: 'UNKNOWN' }),
    'skip evidence-missing a',
    [
      'Ended with an unknown result in phase pre.',
      'Rule a cannot be judged: status is not known, it asks for FAILURE or ERROR.',
    ],
  ],
  [
    'a type that nothing tells',
    failedRun({ type: null }),
    'skip evidence-missing a',
    [preFailed, 'Rule a cannot be judged: type is not known, it asks for periodic.'],
  ],
  ['a success', failedRun({ status: 'SUCCESS' }), 'skip not-failed null', ['The run ended in success.']],
  [
    'a success of which all else speaks against a retry, too',
    failedRun(
      { status: 'SUCCESS', type: 'batch', labels: { 'prow.k8s.io/re-run': '1' } },
      { jobName: 'rehearse-1-a', attempt: 3 },
    ),
    'skip not-failed null',
    ['The run ended in success.'],
  ],
  [
    'a rehearsal',
    failedRun({}, { jobName: 'rehearse-123-periodic-ci-a' }),
    'skip rehearsal null',
    ['The job is a rehearsal of a change to the job itself.'],
  ],
  [
    "Prow's own retry",
    failedRun({ labels: { 'prow.k8s.io/re-run': '2' } }),
    'skip retried-by-prow null',
    [preFailed, "The run is Prow's own retry number 2."],
  ],
  [
    'a run of the release controller',
    failedRun({ labels: { 'release.openshift.io/verify': 'true' } }),
    'skip managed-elsewhere null',
    [
      preFailed,
      'The run is managed by release-controller (label release.openshift.io/verify), and only a rule with managed_by retries it.',
    ],
  ],
  [
    'a batch that the release controller manages',
    failedRun({ type: 'batch', refs, labels: { 'release.openshift.io/verify': 'true' } }),
    'skip not-retriggerable null',
    ['The run is a batch, which Gangway does not start.'],
  ],
  [
    'a run with known failures',
    failedRun({
      phase: 'test',
      knownFailures: [
        { label: 'InfraFailure', summary: 'the node was lost.' },
        { label: 'Slow', summary: '' },
      ],
    }),
    'skip no-rule-matched null',
    [
      'Failed in phase test.',
      'Known failure: InfraFailure (the node was lost).',
      'Known failure: Slow.',
      'Rule a does not match: phase is test, it asks for pre.',
    ],
  ],
  [
    'a batch',
    failedRun({ type: 'batch', refs }),
    'skip not-retriggerable null',
    ['The run is a batch, which Gangway does not start.'],
  ],
  [
    'a presubmit without refs',
    failedRun({ type: 'presubmit' }),
    'skip not-retriggerable null',
    ['The run is a presubmit, and its prowjob.json names no refs.'],
  ],
  [
    'a postsubmit without refs',
    failedRun({ type: 'postsubmit' }),
    'skip not-retriggerable null',
    ['The run is a postsubmit, and its prowjob.json names no refs.'],
  ],
  [
    'a presubmit without a pull request',
    failedRun({ type: 'presubmit', refs }),
    'skip not-retriggerable null',
    ['The run is a presubmit, and its prowjob.json names no pull request.'],
  ],
  [
    'a presubmit with refs',
    failedRun({ type: 'presubmit', refs: { ...refs, pulls: [{ number: 1, author: 'me', sha: 'b2' }] } }),
    'skip no-rule-matched null',
    [preFailed, 'Rule a does not match: type is presubmit, it asks for periodic.'],
  ],
];

for (const [name, run, expected, because] of decisions) {
  test(`decides on ${name}: ${expected}`, () => {
    const { decision, plan: made } = judge(run, shipped);
    assert.equal(`${decision.outcome} ${decision.reason} ${decision.rule}`, expected);
    assert.deepEqual(decision.because, because);
    assert.deepEqual(made, decision.outcome === 'retry' ? plan : null);
  });
}

test('a run of unknown type is not retried by a rule that asks for none either: Gangway must be told', () => {
  const { decision } = judge(failedRun({ type: null }), rulesFor({ match: {} }));
  assert.equal(decision.reason, 'evidence-missing');
  assert.deepEqual(decision.because.slice(1), [
    'Rule a matches: status is FAILURE.',
    'No artifact tells what type of job this is, and Gangway must be told.',
  ]);
});

test('an aborted run is retried where a rule asks for it, at once where it has no delay', () => {
  const rules = rulesFor({ match: { status: 'ABORTED' }, retry: { delay: '0s' } });
  const { decision, plan: made } = judge(failedRun({ status: 'ABORTED' }), rules);
  assert.deepEqual(
    [decision.reason, made?.delayMs, decision.because.at(-1)],
    ['matched', 0, 'Attempt 1 of 1 is made at once.'],
  );
});

test('without any rule nothing is retried', () => {
  const { decision } = judge(failedRun(), []);
  assert.deepEqual(decision, {
    outcome: 'skip',
    reason: 'no-rule-matched',
    rule: null,
    because: [preFailed],
  });
});

test('never matches, and ends the search with a skip, whatever rules below say', () => {
  const rules = rulesFor(
    { match: { phase: 'test' } },
    { match: { phase: 'pre' }, retry: 'never' },
    { match: {} },
  );
  const { decision, plan: made, trace } = judge(failedRun(), rules);
  assert.deepEqual([decision.outcome, decision.reason, decision.rule, made], ['skip', 'never', 'b', null]);
  assert.deepEqual(decision.because.slice(1), [
    'Rule b matches: status is FAILURE, phase is pre.',
    'The rule says never.',
  ]);
  assert.equal(trace.length, 2);
});

test('a rule that says never is not taken for one that does not match where it cannot be judged', () => {
  const rules = rulesFor({ match: { phase: 'test' }, retry: 'never' }, { match: {} });
  assert.equal(judge(failedRun({ phase: null }), rules).decision.reason, 'evidence-missing');
});

test('owner and issue of the rule that decided stand in the account, also where it refuses', () => {
  const issue = 'https://issues.example/OCP-1';
  const told = [
    { owner: 'interop-qe', issue },
    { owner: 'interop-qe' },
    { issue, retry: 'never' as const },
  ].map((parts) =>
    judge(failedRun(), [ruleFor(parts)])
      .decision.because.slice(2, -1)
      .join(' '),
  );
  assert.deepEqual(told, [
    `Its owner is interop-qe. Its issue is ${issue}.`,
    'Its owner is interop-qe.',
    `Its issue is ${issue}.`,
  ]);
});

test('an attempt takes the variables of the rule that decided', () => {
  const envs = { MULTISTAGE_PARAM_OVERRIDE_X: '1' };
  assert.deepEqual(judge(failedRun(), rulesFor({ match: {}, retry: { envs } })).plan?.envs, envs);
});

test('in an outage the attempt is held, with the plan that it goes by afterwards', () => {
  const outage = { key: 'step ipi-install', jobs: 5, holdMs: 120 * minute };
  const { decision, plan: made } = judge(failedRun(), shipped, { outage });
  assert.deepEqual([decision.outcome, decision.reason, decision.rule], ['hold', 'outage', 'a']);
  assert.equal(decision.because.at(-1), '5 jobs failed alike (step ipi-install), so it waits for a canary.');
  assert.deepEqual(made, plan);
  const refused = judge(failedRun({}, { attempt: 1 }), shipped, { outage }).decision;
  assert.equal(refused.reason, 'attempts-exhausted', 'what is not tried again is not held either');
});
