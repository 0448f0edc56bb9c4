import type { Reason } from '../../../src/chain/decision.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gap } from '../../../src/evidence/gap.ts';
import type { Refs } from '../../../src/job/type.ts';
import { examineRule } from '../../../src/rules/decide/examine-rule.ts';
import type { FailedRun } from '../../../src/rules/matchers/matcher.ts';
import { failed, failedRun, judge, shorten, minute, now, ruleFor, rulesFor } from '../matchers/failed-run.ts';

const plan = { delayMs: 30 * minute, envs: {} };
const refs: Refs = { org: 'o', repo: 'r', base_ref: 'main', base_sha: 'a1', pulls: [] };
const shipped = rulesFor({ match: { type: 'periodic', phase: 'pre' } });
const preFailed = failed();
const matched = 'rule a matches: type holds, status holds, phase holds';

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
  assert.deepEqual([decision.outcome, decision.reason, decision.rule], ['retry', 'matched', 'b']);
  assert.deepEqual(shorten(decision.because), [
    failed({ steps: ['ipi-install', 'ipi-conf'] }),
    'rule b matches: status holds, phase holds',
    { kind: 'plan', attempt: 1, attempts: 2, delayMs: 60 * minute },
  ]);
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
  assert.deepEqual([decision.outcome, decision.reason, decision.rule], ['skip', 'evidence-missing', 'a']);
  assert.deepEqual(shorten(decision.because), [
    { kind: 'undetermined', status: 'FAILURE', gap: gaps[0] },
    'rule a unknown: phase unknown',
    ...gaps.map((gap) => ({ kind: 'gap', gap })),
  ]);
  assert.deepEqual([made, trace.length], [null, 1]);
});

const decisions: [name: string, run: FailedRun, expected: string, because: (Reason | string)[]][] = [
  [
    'a retry',
    failedRun({ steps: ['ipi-install-install'] }),
    'retry matched a',
    [
      failed({ steps: ['ipi-install-install'] }),
      matched,
      { kind: 'plan', attempt: 1, attempts: 1, delayMs: 30 * minute },
    ],
  ],
  [
    'the last attempt allowed',
    failedRun({}, { attempt: 1 }),
    'skip attempts-exhausted a',
    [preFailed, matched, { kind: 'exhausted', attempts: 1, attempt: 1 }],
  ],
  [
    'more attempts than a rule allows now',
    failedRun({}, { attempt: 9 }),
    'skip attempts-exhausted a',
    [preFailed, matched, { kind: 'exhausted', attempts: 1, attempt: 9 }],
  ],
  [
    'a status that is asked for by default',
    failedRun({ status: 'ERROR' }),
    'retry matched a',
    [failed({ status: 'ERROR' }), matched, { kind: 'plan', attempt: 1, attempts: 1, delayMs: 30 * minute }],
  ],
  [
    'an aborted run, which no rule asks for by default',
    failedRun({ status: 'ABORTED' }),
    'skip no-rule-matched null',
    [failed({ status: 'ABORTED' }), 'rule a fails: status fails'],
  ],
  [
    'a run that failed elsewhere',
    failedRun({ phase: 'test' }),
    'skip no-rule-matched null',
    [failed({ phase: 'test' }), 'rule a fails: phase fails'],
  ],
  [
    'a status that nothing tells',
    failedRun({ status: 'UNKNOWN' }),
    'skip evidence-missing a',
    [failed({ status: 'UNKNOWN' }), 'rule a unknown: status unknown'],
  ],
  [
    'a type that nothing tells',
    failedRun({ type: null }),
    'skip evidence-missing a',
    [preFailed, 'rule a unknown: type unknown'],
  ],
  ['a success', failedRun({ status: 'SUCCESS' }), 'skip not-failed null', [{ kind: 'run-passed' }]],
  [
    'a success of which all else speaks against a retry, too',
    failedRun(
      { status: 'SUCCESS', type: 'batch', labels: { 'prow.k8s.io/re-run': '1' } },
      { jobName: 'rehearse-1-a', attempt: 3 },
    ),
    'skip not-failed null',
    [{ kind: 'run-passed' }],
  ],
  [
    'a rehearsal',
    failedRun({}, { jobName: 'rehearse-123-periodic-ci-a' }),
    'skip rehearsal null',
    [{ kind: 'rehearsal' }],
  ],
  [
    "Prow's own retry",
    failedRun({ labels: { 'prow.k8s.io/re-run': '2' } }),
    'skip retried-by-prow null',
    [preFailed, { kind: 'retried-by-prow', count: '2' }],
  ],
  [
    'a run of the release controller',
    failedRun({ labels: { 'release.openshift.io/verify': 'true' } }),
    'skip managed-elsewhere null',
    [preFailed, { kind: 'managed', by: 'release-controller', mark: 'label release.openshift.io/verify' }],
  ],
  [
    'a batch that the release controller manages',
    failedRun({ type: 'batch', refs, labels: { 'release.openshift.io/verify': 'true' } }),
    'skip not-retriggerable null',
    [{ kind: 'obstacle', obstacle: { kind: 'batch' } }],
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
      failed({ phase: 'test' }),
      { kind: 'known-failure', label: 'InfraFailure', summary: 'the node was lost.' },
      { kind: 'known-failure', label: 'Slow', summary: '' },
      'rule a fails: phase fails',
    ],
  ],
  [
    'a batch',
    failedRun({ type: 'batch', refs }),
    'skip not-retriggerable null',
    [{ kind: 'obstacle', obstacle: { kind: 'batch' } }],
  ],
  [
    'a presubmit without refs',
    failedRun({ type: 'presubmit' }),
    'skip not-retriggerable null',
    [{ kind: 'obstacle', obstacle: { kind: 'no-refs', type: 'presubmit' } }],
  ],
  [
    'a postsubmit without refs',
    failedRun({ type: 'postsubmit' }),
    'skip not-retriggerable null',
    [{ kind: 'obstacle', obstacle: { kind: 'no-refs', type: 'postsubmit' } }],
  ],
  [
    'a presubmit without a pull request',
    failedRun({ type: 'presubmit', refs }),
    'skip not-retriggerable null',
    [{ kind: 'obstacle', obstacle: { kind: 'no-pull-request' } }],
  ],
  [
    'a presubmit with refs',
    failedRun({ type: 'presubmit', refs: { ...refs, pulls: [{ number: 1, author: 'me', sha: 'b2' }] } }),
    'skip no-rule-matched null',
    [preFailed, 'rule a fails: type fails'],
  ],
];

for (const [name, run, expected, because] of decisions) {
  test(`decides on ${name}: ${expected}`, () => {
    const { decision, plan: made } = judge(run, shipped);
    assert.equal(`${decision.outcome} ${decision.reason} ${decision.rule}`, expected);
    assert.deepEqual(shorten(decision.because), because);
    assert.deepEqual(made, decision.outcome === 'retry' ? plan : null);
  });
}

test('a run of unknown type is not retried by a rule that asks for none either: Gangway must be told', () => {
  const { decision } = judge(failedRun({ type: null }), rulesFor({ match: {} }));
  assert.equal(decision.reason, 'evidence-missing');
  assert.deepEqual(shorten(decision.because.slice(1)), [
    'rule a matches: status holds',
    { kind: 'type-unknown' },
  ]);
});

test('an aborted run is retried where a rule asks for it, at once where it has no delay', () => {
  const rules = rulesFor({ match: { status: 'ABORTED' }, retry: { delay: '0s' } });
  const { decision, plan: made } = judge(failedRun({ status: 'ABORTED' }), rules);
  assert.deepEqual(
    [decision.reason, made?.delayMs, decision.because.at(-1)],
    ['matched', 0, { kind: 'plan', attempt: 1, attempts: 1, delayMs: 0 }],
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
  assert.deepEqual(shorten(decision.because.slice(1)), [
    'rule b matches: status holds, phase holds',
    { kind: 'rule-says-never' },
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
  ].map((parts) => judge(failedRun(), [ruleFor(parts)]).decision.because.slice(2, -1));
  const owner = { kind: 'owner', owner: 'interop-qe' };
  assert.deepEqual(told, [[owner, { kind: 'issue', issue }], [owner], [{ kind: 'issue', issue }]]);
});

test('an attempt takes the variables of the rule that decided', () => {
  const envs = { MULTISTAGE_PARAM_OVERRIDE_X: '1' };
  assert.deepEqual(judge(failedRun(), rulesFor({ match: {}, retry: { envs } })).plan?.envs, envs);
});

test('in an outage the attempt is held, with the plan that it goes by afterwards', () => {
  const outage = { key: 'step ipi-install', jobs: 5, holdMs: 120 * minute };
  const { decision, plan: made } = judge(failedRun(), shipped, { outage });
  assert.deepEqual([decision.outcome, decision.reason, decision.rule], ['hold', 'outage', 'a']);
  assert.deepEqual(decision.because.at(-1), { kind: 'outage', key: 'step ipi-install', jobs: 5 });
  assert.deepEqual(made, plan);
  const refused = judge(failedRun({}, { attempt: 1 }), shipped, { outage }).decision;
  assert.equal(refused.reason, 'attempts-exhausted', 'what is not tried again is not held either');
});
