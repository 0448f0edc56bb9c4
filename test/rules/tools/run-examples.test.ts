import { describeReasons } from '../../../src/report/reasons.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExamples } from '../../../src/rules/tools/example-file.ts';
import { type ExampleReport, runExamples } from '../../../src/rules/tools/run-examples.ts';
import { rulesFor } from '../matchers/failed-run.ts';

const strict = { max_consecutive_failures: 3, same_failure: 'stop' };
const rules = rulesFor(
  { match: { phase: 'pre', message: 'quota' }, unless: { log: 'no such host' }, retry: 'never' },
  {
    match: { phase: 'pre' },
    history: strict,
    retry: { attempts: 2, delay: '10m', backoff: 2, cooldown: '1h', jitter: 1 },
  },
  { match: { status: 'ABORTED', job: '*-aws' }, expires: '2026-06-01' },
  { match: { phase: 'post' } },
  { match: { managed_by: 'cluster-bot' }, retry: 'never' },
  { match: { label: 'Infra*' } },
);

function trial(...examples: object[]): ExampleReport {
  const named = examples.map((example, index) => ({ name: `n${index}`, ...example }));
  const parsed = parseExamples([{ path: 'r.test.yaml', text: JSON.stringify({ examples: named }) }]);
  if (parsed.kind === 'bad') throw new Error(parsed.problems.join('\n'));
  return runExamples(parsed.examples, rules);
}

const pre = { phase: 'pre', messages: ['out of luck'] };
const skip = (reason: string, rule?: string | null): object => ({
  outcome: 'skip',
  reason,
  ...(rule === undefined ? {} : { rule }),
});

/** Each comes as expected: what can be said of the evidence and the facts reaches the decision. */
const good: [what: string, example: object][] = [
  [
    'messages',
    { evidence: { phase: 'pre', messages: ['a', 'over quota'], log: '' }, expect: skip('never', 'a') },
  ],
  [
    'the log',
    {
      evidence: { phase: 'pre', messages: ['quota'], log: 'no such host' },
      expect: { outcome: 'retry', rule: 'b' },
    },
  ],
  [
    'a log that is not there',
    { evidence: { phase: 'pre', messages: ['quota'] }, expect: skip('evidence-missing', 'a') },
  ],
  ['no rule', { evidence: { phase: 'test' }, expect: skip('no-rule-matched', null) }],
  [
    'a type that no artifact tells',
    { evidence: { phase: 'post', type: null }, expect: skip('evidence-missing', 'd') },
  ],
  ['success', { evidence: { status: 'SUCCESS' }, expect: skip('not-failed') }],
  ['a batch', { evidence: { ...pre, type: 'batch' }, expect: skip('not-retriggerable') }],
  [
    'a postsubmit',
    { evidence: { phase: 'post', type: 'postsubmit' }, expect: { outcome: 'retry', rule: 'd' } },
  ],
  [
    'a presubmit',
    { evidence: { phase: 'post', type: 'presubmit' }, expect: { outcome: 'retry', rule: 'd' } },
  ],
  [
    "Prow's own retry",
    { evidence: { ...pre, prowjob_labels: { 'prow.k8s.io/re-run': '1' } }, expect: skip('retried-by-prow') },
  ],
  ['a manager', { evidence: { ...pre, managed_by: 'aggregation' }, expect: skip('managed-elsewhere', null) }],
  [
    'a manager, by the ProwJob that bears its label',
    {
      evidence: { ...pre, prowjob_labels: { releaseJobNameHash: 'x' } },
      expect: skip('managed-elsewhere', null),
    },
  ],
  [
    'a manager that a rule asks for',
    { evidence: { phase: 'test', managed_by: 'cluster-bot' }, expect: skip('never', 'e') },
  ],
  [
    'known failures',
    {
      evidence: { phase: 'test', labels: ['Slow', 'InfraFailure'] },
      expect: { outcome: 'retry', rule: 'f' },
    },
  ],
  [
    'the job',
    {
      now: '2026-05-01',
      evidence: { ...pre, job: 'e2e-aws', status: 'ABORTED' },
      expect: { outcome: 'retry', rule: 'c' },
    },
  ],
  [
    'now',
    {
      now: '2026-07-01',
      evidence: { ...pre, job: 'e2e-aws', status: 'ABORTED' },
      expect: skip('no-rule-matched'),
    },
  ],
  [
    'delay and attempt',
    { evidence: pre, expect: { outcome: 'retry', reason: 'matched', delay: '10m', attempt: 1 } },
  ],
  [
    'a later attempt',
    {
      evidence: { ...pre, attempt: 1, signature: 's' },
      expect: { outcome: 'retry', delay: '20m', attempt: 2 },
    },
  ],
  ['attempts used up', { evidence: { ...pre, attempt: 2 }, expect: skip('attempts-exhausted', 'b') }],
  [
    'the last attempt',
    { evidence: pre, history: { last_attempt: '20m' }, expect: { outcome: 'retry', delay: '40m' } },
  ],
  [
    'past runs',
    { evidence: pre, history: { runs: ['FAILURE', 'ERROR', 'SUCCESS'] }, expect: skip('failing-streak') },
  ],
  [
    'the newest first',
    { evidence: pre, history: { runs: ['SUCCESS', 'FAILURE', 'FAILURE'] }, expect: { outcome: 'retry' } },
  ],
  [
    'how long ago they were',
    {
      evidence: pre,
      history: { runs: ['FAILURE', { status: 'FAILURE', ago: '15d' }] },
      expect: { outcome: 'retry' },
    },
  ],
  [
    'past runs that can not be read, which refuse nothing',
    { evidence: pre, history: { runs: null }, expect: { outcome: 'retry', rule: 'b' } },
  ],
  [
    'the same failure',
    {
      evidence: { ...pre, attempt: 1, signature: 's' },
      history: { earlier_signatures: ['s'] },
      expect: skip('same-failure'),
    },
  ],
  ['a silence', { evidence: pre, silenced: true, expect: skip('silenced') }],
  [
    'an outage',
    {
      evidence: pre,
      in_outage: true,
      expect: { outcome: 'hold', reason: 'outage', delay: '10m', attempt: 1 },
    },
  ],
];

for (const [what, example] of good) {
  test(`an example can tell of ${what}`, () => {
    const [tried] = trial(example).examples;
    assert.deepEqual(tried?.differences, [], describeReasons(tried?.decision.because ?? []).join('\n'));
  });
}

test('tells what was expected and what came, key by key', () => {
  const expect = { outcome: 'retry', reason: 'matched', rule: null, delay: '30m', attempt: 2 };
  const { examples } = trial({ evidence: pre, expect }, { evidence: { phase: 'test' }, expect });
  assert.deepEqual(
    examples.map(({ differences }) =>
      differences.map(({ key, expected, came }) => `${key} ${expected} ${came}`),
    ),
    [
      ['rule none b', 'delay 30m 10m', 'attempt 2 1'],
      ['outcome retry skip', 'reason matched no-rule-matched', 'delay 30m none', 'attempt 2 none'],
    ],
  );
});

test('tells which rules matched in no example, in order', () => {
  const { unreached } = trial(
    { evidence: { phase: 'post' }, expect: { outcome: 'retry' } },
    { evidence: { phase: 'pre', messages: ['quota'] }, expect: { outcome: 'skip' } },
  );
  assert.deepEqual(unreached, ['a', 'b', 'c', 'e', 'f']);
});
