import type { Finding, Reason, RuleTrace } from '../../../src/chain/decision.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examineRule } from '../../../src/rules/decide/examine-rule.ts';
import type { FailedRun } from '../../../src/rules/matchers/matcher.ts';
import { failedRun, judge, lastFact, now, ruleFor, rulesFor, verdictOf } from './failed-run.ts';

type Verdict = Finding['verdict'];

const quota = ['level=info msg=ok', 'Error: Quota exceeded for c5\nlevel=error msg=bye'];
const reason = 'executing_graph:acquiring_lease:timeout';
const infra = { label: 'InfraFailure', summary: 'a node was lost' };
const slow = { label: 'Slow', summary: '' };
const log = 'pulling\ndial tcp: lookup quay.io: no such host\nbye\n';

/** Each key with what a run must be; the same table holds for `match` and for `unless`. */
const conditions: [condition: object, run: FailedRun, verdict: Verdict, saw: string | null][] = [
  [{ job: 'periodic-ci-*' }, failedRun(), 'holds', 'periodic-ci-a'],
  [{ job: ['x', 'periodic-ci-?'] }, failedRun(), 'holds', 'periodic-ci-a'],
  [{ job: '*-{aws,a}' }, failedRun(), 'holds', 'periodic-ci-a'],
  [{ job: 'periodic-ci' }, failedRun(), 'fails', 'periodic-ci-a'],
  [{ job: ['ci-*', 'x'] }, failedRun(), 'fails', 'periodic-ci-a'],
  [{ type: ['periodic', 'presubmit'] }, failedRun(), 'holds', 'periodic'],
  [{ type: 'presubmit' }, failedRun(), 'fails', 'periodic'],
  [{ type: 'periodic' }, failedRun({ type: null }), 'unknown', null],
  [{ status: ['ABORTED', 'FAILURE'] }, failedRun(), 'holds', 'FAILURE'],
  [{ status: 'ERROR' }, failedRun({ status: 'ERROR' }), 'holds', 'ERROR'],
  [{ status: 'ERROR' }, failedRun(), 'fails', 'FAILURE'],
  [{ status: 'ERROR' }, failedRun({ status: 'UNKNOWN' }), 'unknown', null],
  [{ status: 'ERROR' }, failedRun({ status: 'PENDING' }), 'unknown', null],
  [{ phase: ['lease', 'pre'] }, failedRun(), 'holds', 'pre'],
  [{ phase: 'test' }, failedRun(), 'fails', 'pre'],
  [{ phase: 'test' }, failedRun({ phase: null }), 'unknown', null],
  [
    { step: 'ipi-install-*' },
    failedRun({ steps: ['ipi-conf', 'ipi-install-aws'] }),
    'holds',
    'ipi-install-aws',
  ],
  [{ step: ['a', 'ipi-conf'] }, failedRun({ steps: ['ipi-conf'] }), 'holds', 'ipi-conf'],
  [
    { step: 'ipi-install' },
    failedRun({ steps: ['ipi-install-a', 'ipi-conf'] }),
    'fails',
    'ipi-install-a, ipi-conf',
  ],
  [{ step: '*' }, failedRun({ steps: [] }), 'unknown', null],
  [{ step: '*' }, failedRun({ steps: [], phase: null }), 'unknown', null],
  [{ step: '*' }, failedRun({ steps: [], phase: 'lease' }), 'fails', 'none'],
  [{ reason: '*:acquiring_lease*' }, failedRun({ reason }), 'holds', reason],
  [{ reason: ['x', reason] }, failedRun({ reason }), 'holds', reason],
  [{ reason: 'acquiring_lease' }, failedRun({ reason }), 'fails', reason],
  [{ reason: '*' }, failedRun(), 'unknown', null],
  [
    { message: '(?i)quota exceeded' },
    failedRun({ messages: quota }),
    'holds',
    '"Error: Quota exceeded for c5"',
  ],
  [{ message: 'quota exceeded' }, failedRun({ messages: quota }), 'fails', 'no such text'],
  [{ message: '^level=info' }, failedRun({ messages: quota }), 'holds', '"level=info msg=ok"'],
  [{ message: '^level=error' }, failedRun({ messages: quota }), 'fails', 'no such text'],
  [{ message: '(?m)^level=error' }, failedRun({ messages: quota }), 'holds', '"level=error msg=bye"'],
  [{ message: 'x' }, failedRun(), 'unknown', null],
  [{ message: 'x' }, failedRun({ messages: [''] }), 'fails', 'no such text'],
  [{ log: 'no such host' }, failedRun({ logTail: log }), 'holds', '"dial tcp: lookup quay.io: no such host"'],
  [{ log: 'host$' }, failedRun({ logTail: log }), 'fails', 'no such text'],
  [{ log: 'x' }, failedRun({ logTail: '' }), 'fails', 'no such text'],
  [{ log: 'x' }, failedRun(), 'unknown', null],
  [{ label: 'Infra*' }, failedRun({ knownFailures: [slow, infra] }), 'holds', 'InfraFailure'],
  [{ label: ['x', 'Slow'] }, failedRun({ knownFailures: [slow, infra] }), 'holds', 'Slow'],
  [{ label: ['Infra', 'slow'] }, failedRun({ knownFailures: [slow, infra] }), 'fails', 'Slow, InfraFailure'],
  [{ label: '*' }, failedRun({ knownFailures: [] }), 'fails', 'none'],
  [{ label: '*' }, failedRun({ knownFailures: null }), 'unknown', null],
  [{ managed_by: 'aggregation' }, failedRun(), 'fails', 'none'],
  [{ managed_by: 'aggregation' }, failedRun({ type: null }), 'unknown', null],
];

/** The finding on the condition's key, among others such as the status that is always asked. */
function findingOf(findings: readonly Finding[], condition: object): Partial<Finding> | undefined {
  const found = findings.find(({ key }) => key in condition);
  return found && { verdict: found.verdict, saw: found.saw };
}

for (const [condition, run, verdict, saw] of conditions) {
  const name = `${JSON.stringify(condition)} ${verdict}, having seen ${saw ?? 'nothing'}`;
  test(`match ${name}`, () => {
    const trace = examineRule(ruleFor({ match: condition }), run, now);
    assert.deepEqual(findingOf(trace.findings, condition), { verdict, saw });
    const whole: Record<Verdict, RuleTrace['verdict']> = {
      holds: 'matches',
      fails: 'fails',
      unknown: 'unknown',
    };
    assert.equal(trace.verdict, whole[verdict]);
  });
  test(`unless ${name}`, () => {
    const all = { status: ['FAILURE', 'ERROR', 'ABORTED'] };
    const trace = examineRule(ruleFor({ match: all, unless: condition }), run, now);
    assert.deepEqual(findingOf(trace.exceptions, condition), { verdict, saw });
    const whole: Record<Verdict, RuleTrace['verdict']> = {
      holds: 'fails',
      fails: 'matches',
      unknown: 'unknown',
    };
    assert.equal(trace.verdict, whole[verdict]);
  });
}

test('all given keys of match must hold', () => {
  const match = {
    job: 'periodic-*',
    type: 'periodic',
    phase: 'pre',
    step: 'a',
    reason: '*lease*',
    log: 'host',
  };
  const run = { steps: ['a'], reason, logTail: log };
  assert.equal(verdictOf(failedRun(run), rulesFor({ match })), 'retry matched a');
  assert.equal(
    verdictOf(failedRun({ ...run, logTail: 'bye' }), rulesFor({ match })),
    'skip no-rule-matched null',
  );
  assert.equal(
    verdictOf(failedRun({ ...run, logTail: null }), rulesFor({ match })),
    'skip evidence-missing a',
  );
});

function exceptionOf(fact: Reason | undefined): Finding | undefined {
  return fact?.kind === 'rule' ? fact.trace.exceptions[0] : undefined;
}

test('one key of unless that holds is enough, whatever the others are; status is not asked unless given', () => {
  const rules = rulesFor({ match: {}, unless: { phase: 'test', message: 'pull secret', log: 'x' } });
  const secret = failedRun({ messages: ['invalid pull secret'] });
  assert.equal(verdictOf(secret, rules), 'skip no-rule-matched null');
  assert.deepEqual(exceptionOf(lastFact(secret, rules)), {
    key: 'message',
    verdict: 'holds',
    asked: ['pull secret'],
    saw: '"invalid pull secret"',
  });
  assert.equal(verdictOf(failedRun({ messages: ['x'], logTail: 'y' }), rules), 'retry matched a');
});

test('an exception of which no artifact tells leaves the rule open, unless a condition settles it', () => {
  const rules = rulesFor({ match: { phase: 'pre' }, unless: { message: 'pull secret' } }, { match: {} });
  assert.equal(verdictOf(failedRun(), rules), 'skip evidence-missing a');
  assert.deepEqual(exceptionOf(lastFact(failedRun(), rules)), {
    key: 'message',
    verdict: 'unknown',
    asked: ['pull secret'],
    saw: null,
  });
  assert.equal(verdictOf(failedRun({ phase: 'test' }), rules), 'retry matched b');
});

test('an exception that holds settles a rule of which a condition is open', () => {
  const rules = rulesFor({ match: { phase: 'pre' }, unless: { log: 'host' } }, { match: {} });
  assert.equal(verdictOf(failedRun({ phase: null, logTail: log }), rules), 'retry matched b');
});

test('a rule matches until the moment in which it expires, and is passed over from then on', () => {
  const instant = new Date(now).toISOString();
  const after = new Date(now + 1).toISOString();
  const verdicts = [
    after,
    instant,
    '2026-06-13',
    '2026-06-12',
    '2026-06-12T12:00:00+02:00',
    '2026-06-12T12:00:01+02:00',
  ].map((expires) => verdictOf(failedRun(), rulesFor({ match: {}, expires }, { match: {} })));
  assert.deepEqual(
    verdicts.map((verdict) => verdict.at(-1)),
    ['a', 'b', 'a', 'b', 'b', 'a'],
  );
});

test('an expired never no longer refuses, and an expired rule that is open no longer stops the search', () => {
  const expires = '2026-06-12';
  assert.equal(
    verdictOf(failedRun(), rulesFor({ match: {}, retry: 'never', expires }, { match: {} })),
    'retry matched b',
  );
  assert.equal(
    verdictOf(failedRun(), rulesFor({ match: { log: 'x' }, expires }, { match: {} })),
    'retry matched b',
  );
  const { trace } = judge(failedRun(), rulesFor({ match: {}, expires }));
  assert.equal(trace[0]?.verdict, 'expired');
  const last = lastFact(failedRun(), rulesFor({ match: {}, expires }));
  assert.deepEqual(last, { kind: 'rule', trace: trace[0] });
});
