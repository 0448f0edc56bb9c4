import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Finding, Reason, ReasonOf, RuleTrace } from '../../src/chain/decision.ts';
import {
  describeTrace,
  describeUnasked,
  formatBrief,
  describeReason,
  describeReasons,
} from '../../src/report/reasons.ts';
import { failed, minute } from '../rules/matchers/failed-run.ts';

type Worded = {
  [Kind in Reason['kind']]: [reason: Omit<ReasonOf<Kind>, 'kind'>, text: string][];
};

const until = Date.UTC(2026, 5, 12, 11);
const hour = 60 * minute;
const phase: Finding = { key: 'phase', verdict: 'holds', asked: ['pre'], saw: 'pre' };
const traceOf = (verdict: RuleTrace['verdict'], ...findings: Finding[]): RuleTrace => ({
  rule: 'a',
  verdict,
  findings,
  exceptions: [],
});

/** Every kind of fact, so that no kind is worded without a test. */
const worded: Worded = {
  failed: [
    [failedIn({ steps: ['ipi-install'] }), 'Failed in phase pre, step ipi-install.'],
    [failedIn({ phase: 'test', steps: ['a', 'b'] }), 'Failed in phase test, steps a, b.'],
    [failedIn({ phase: 'lease' }), 'Failed in phase lease.'],
    [failedIn({ phase: null, reason: 'x:y' }), "Failed; ci-operator's reason: x:y."],
    [failedIn({ phase: null }), 'Failed.'],
    [failedIn({ status: 'ERROR', phase: 'infra' }), 'Ended with ERROR in phase infra.'],
    [failedIn({ status: 'ABORTED', phase: null }), 'Aborted.'],
    [failedIn({ status: 'UNKNOWN' }), 'Ended with an unknown result in phase pre.'],
  ],
  undetermined: [
    [{ status: 'FAILURE', gap: null }, 'Failed; could not determine the failing phase.'],
    [
      { status: 'FAILURE', gap: { file: 'artifacts/junit_operator.xml', kind: 'absent', detail: '' } },
      'Failed; could not determine the failing phase: no junit_operator.xml.',
    ],
    [
      { status: 'ERROR', gap: { file: 'artifacts/junit_operator.xml', kind: 'unread', detail: 'HTTP 503' } },
      'Ended with ERROR; could not determine the failing phase: artifacts/junit_operator.xml could not be read: HTTP 503.',
    ],
  ],
  'prow-says': [[{ text: 'Pod scheduling timeout.' }, 'Prow: "Pod scheduling timeout."']],
  message: [[{ text: 'it broke' }, 'Message: "it broke"']],
  'ci-operator-reason': [[{ text: 'creating_roles' }, "ci-operator's reason: creating_roles."]],
  'known-failure': [
    [{ label: 'Infra', summary: 'a node was lost.' }, 'Known failure: Infra (a node was lost).'],
    [{ label: 'Slow', summary: '' }, 'Known failure: Slow.'],
  ],
  'more-known-failures': [[{ count: 3 }, 'Known failures that are not shown: 3.']],
  gap: [
    [
      { gap: { file: 'finished.json', kind: 'open', detail: 'no file was seen' } },
      'Gangway says that the run has ended, but no file was seen.',
    ],
  ],

  rule: [[{ trace: traceOf('matches', phase) }, 'Rule a matches: phase is pre.']],
  owner: [[{ owner: 'interop-qe' }, 'Its owner is interop-qe.']],
  issue: [[{ issue: 'OCPBUGS-7' }, 'Its issue is OCPBUGS-7.']],
  'rule-says-never': [[{}, 'The rule says never.']],
  'type-unknown': [[{}, 'No artifact tells what type of job this is, and Gangway must be told.']],
  plan: [
    [{ attempt: 1, attempts: 2, delayMs: hour }, 'Attempt 1 of 2 is made after 1h.'],
    [{ attempt: 2, attempts: 2, delayMs: 0 }, 'Attempt 2 of 2 is made at once.'],
  ],
  'run-passed': [[{}, 'The run ended in success.']],
  rehearsal: [[{}, 'The job is a rehearsal of a change to the job itself.']],
  obstacle: [
    [{ obstacle: { kind: 'batch' } }, 'The run is a batch, which Gangway does not start.'],
    [
      { obstacle: { kind: 'no-refs', type: 'postsubmit' } },
      'The run is a postsubmit, and its prowjob.json names no refs.',
    ],
    [
      { obstacle: { kind: 'no-pull-request' } },
      'The run is a presubmit, and its prowjob.json names no pull request.',
    ],
  ],
  'retried-by-prow': [[{ count: '2' }, "The run is Prow's own retry number 2."]],
  managed: [
    [
      { by: 'aggregation', mark: 'label x' },
      'The run is managed by aggregation (label x), and only a rule with managed_by retries it.',
    ],
  ],
  exhausted: [
    [{ attempts: 1, attempt: 1 }, 'The rule allows one attempt, and this was attempt 1.'],
    [{ attempts: 3, attempt: 4 }, 'The rule allows 3 attempts, and this was attempt 4.'],
  ],
  'no-signature': [
    [{}, 'The failure has no signature, so it is unknown whether it is the same failure as before.'],
  ],
  'same-failure': [[{ signature: 'abc' }, 'An earlier run of the chain failed in the same way (abc).']],
  'history-unknown': [[{}, "The job's earlier runs could not be read, so its failure streak is unknown."]],
  'failing-streak': [
    [
      { failures: 3, windowMs: 14 * 24 * hour, max: 3 },
      'The job failed 3 times in a row within 14d; the rule stops at 3.',
    ],
  ],
  silence: [
    [
      { author: 'ann', job: 'periodic-*', until, comment: 'the lab moves' },
      'ann silenced periodic-* until 2026-06-12T11:00:00.000Z: the lab moves.',
    ],
    [
      { author: 'ann', job: 'periodic-*', until, comment: 'The lab moves.' },
      'ann silenced periodic-* until 2026-06-12T11:00:00.000Z: The lab moves.',
    ],
  ],
  'budget-spent': [
    [
      { job: '*-aws*', spent: 2, retries: 2, perMs: 24 * hour },
      'The budget for *-aws* is spent: 2 of 2 attempts within 1d.',
    ],
  ],

  'carried-over': [
    [{ names: ['A', 'B'] }, 'The retry carries over A, B.'],
    [
      { names: Array.from({ length: 14 }, (_, n) => `A${n}`) },
      'The retry carries over A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, 2 more.',
    ],
  ],
  'flags-not-carried': [
    [
      { names: ['--a X'] },
      'The failed run was started with --a X, which Gangway cannot pass on: the retry runs without it.',
    ],
    [
      { names: ['--a X', '--b Y'] },
      'The failed run was started with --a X, --b Y, which Gangway cannot pass on: the retry runs without them.',
    ],
  ],
  'values-not-carried': [
    [
      { names: ['A', 'B'] },
      'The failed run had A, B with a value that Gangway cannot pass on: ' +
        'the retry has them only if the job itself sets them.',
    ],
  ],
  'started-with': [[{ names: ['A'] }, 'The first run was started with A.']],
  'overrides-locked': [
    [
      { names: ['A'] },
      'No key decrypts A of the failed run, and a retry without it would test something else: ' +
        'put the key back into RETRIGGER_SECRET_KEY and retry, or start the job manually.',
    ],
  ],

  outage: [[{ key: 'step a', jobs: 5 }, '5 jobs failed alike (step a), so it waits for a canary.']],
  'would-go-first': [
    [{ key: 'step a', jobs: 5 }, '5 jobs failed alike (step a): it goes first, as the canary.'],
  ],
  'would-wait': [[{ key: 'step a', jobs: 5 }, '5 jobs failed alike (step a): it waits for a canary.']],
  held: [[{ key: 'step a' }, 'It failed as other jobs did (step a), so it waits for a canary.']],
  canary: [[{ key: 'step a' }, 'Its attempt goes first, as the canary of an outage (step a).']],
  'canary-passed': [[{}, 'The canary came through, so it is tried again.']],
  'hold-over': [[{}, 'The canary failed alike, and the hold is over.']],
  'outage-announced': [
    [
      { key: 'step a', first: 'x', waiting: ['y', 'z'] },
      'Jobs fail alike (step a). x goes first; these wait until it ends: y, z.',
    ],
    [
      { key: 'step a', first: null, waiting: [] },
      'Jobs fail alike (step a). Another job goes first; those that fail so from now on wait until it ends.',
    ],
  ],

  cancelled: [[{ by: 'ada (U1)' }, 'ada (U1) cancelled the chain.']],
  'run-goes-on': [[{}, 'Its newest attempt goes on, and how that ends is not told.']],
  'asked-for-attempt-now': [[{ by: 'ada' }, 'ada asked for the attempt at once.']],
  'asked-for-check-now': [[{ by: 'ada' }, 'ada asked for the next look at once.']],
  'asked-for-attempt': [[{ by: 'ada' }, 'ada asked for another attempt.']],
  'job-silenced': [
    [
      { author: 'ada', until, comment: 'quota', at: until - hour },
      'ada silenced the job until 11:00 UTC: quota.',
    ],
  ],

  attempt: [[{ attempt: 1 }, 'Attempt 1.']],
  waits: [[{ attempt: 1, says: 'Gangway answered 429' }, 'Attempt 1 waits: Gangway answered 429.']],
  'gangway-says': [[{ says: 'Gangway answered 403: not you.' }, 'Gangway answered 403: not you.']],
  'request-astray': [[{}, 'The request went astray.']],
  'token-brought': [[{}, 'Another notification of the run brought a token.']],
  'no-token': [
    [{ for: 'trigger' }, 'There is no token to trigger with: the caller brought none that opens.'],
    [{ for: 'ask' }, 'There is no token to ask Gangway with.'],
  ],
  'not-startable': [[{}, 'Nothing tells how to start this run again.']],
  'newer-run': [[{ buildId: '7' }, 'Somebody has started a newer run meanwhile: build 7.']],
  'newer-run-by-then': [[{}, 'A newer run of the job had begun by then.']],
  'newer-run-unknown': [[{ why: 'HTTP 503' }, 'Nothing tells whether a newer run was started: HTTP 503.']],
  'older-copy': [
    [
      {},
      'The store seems to be restored from an older backup. Before the retry starts, the bucket is checked once more for a retry that is already running.',
    ],
  ],
  'attempt-unknown': [[{ attempt: 1 }, 'Nothing tells whether attempt 1 was started.']],
  'start-unknown': [[{ says: 'reset' }, 'Nothing tells whether it was started: reset.']],
  'gangway-away': [[{ attempt: 1 }, 'Gangway was away for too long to tell whether attempt 1 was started.']],
  'requests-lost': [[{ count: 2 }, 'Gangway lost the request 2 times and started nothing.']],
  'would-not-be-made': [[{}, 'These rules would not have made this attempt.']],

  'attempt-of': [[{ chainId: 'c' }, 'The run is an attempt of chain c, which goes on with it.']],
  'run-of-another-job': [
    [{ prowJobId: 'p', attempt: 1, jobName: 'b' }, 'Gangway named p as attempt 1, and that is a run of b.'],
  ],
  'build-of-another-job': [
    [{ jobName: 'b', ownJob: 'a' }, "The build's prowjob.json is of job b, not of a."],
  ],
  'build-of-another-run': [
    [{ prowJobId: 'p', ownRun: 'q' }, "The build's prowjob.json is of run p, not of q."],
    [{ prowJobId: null, ownRun: 'q' }, "The build's prowjob.json is of run unknown, not of q."],
  ],
  'attempt-unreadable': [[{ attempt: 1, why: 'HTTP 403' }, 'Attempt 1 cannot be read: HTTP 403.']],
  'build-unreadable': [
    [
      { buildId: '7', why: 'denied', denied: ['b'] },
      'Build 7 cannot be read: denied. Add the bucket that holds the run to RETRIGGER_GCS_BUCKET, or make b readable.',
    ],
    [
      { buildId: null, why: 'elsewhere', denied: [] },
      'Build unknown cannot be read: elsewhere. Add the bucket that holds the run to RETRIGGER_GCS_BUCKET if it is public.',
    ],
  ],
  'build-unproven': [
    [{ buildId: '7', prowJobId: 'p', why: 'no file' }, 'Nothing proves that build 7 is run p: no file.'],
  ],
  'end-unseen': [
    [
      { buildId: '7', waitedMs: 12 * hour, why: 'no file', buckets: ['b', 'c'] },
      'The end of build 7 did not show within 12h: no file. Are the job name, the build id and the bucket (b, c) right?',
    ],
  ],

  decided: [[{ reason: 'matched' }, 'matched.']],
  'channel-closed': [[{ channel: '#a' }, 'The rule names the channel #a, where the Slack app can not post.']],
  note: [
    [{ text: 'It was so' }, 'It was so.'],
    [{ text: 'Message: "it broke"' }, 'Message: "it broke"'],
  ],
};

suite('a fact is worded:', () => {
  for (const [kind, cases] of Object.entries(worded)) {
    for (const [fields, text] of cases) {
      test(text, () => assert.equal(describeReason({ kind, ...fields } as Reason), text));
    }
  }
});

test('an account words its facts in order; once an attempt was made or never will be, its plan is past', () => {
  const account: Reason[] = [failed(), { kind: 'plan', attempt: 1, attempts: 1, delayMs: 30 * minute }];
  const [first, plan] = describeReasons(account);
  assert.deepEqual([first, plan], ['Failed in phase pre.', 'Attempt 1 of 1 is made after 30m.']);
  assert.deepEqual(describeReasons(account, true), [first, 'Attempt 1 of 1 was due after 30m.']);
});

test('in a table a fact of few words has no full stop', () => {
  assert.deepEqual(
    [formatBrief({ kind: 'decided', reason: 'matched' }), formatBrief({ kind: 'attempt', attempt: 2 })],
    ['matched', 'Attempt 2'],
  );
});

const miss: Finding = { key: 'phase', verdict: 'fails', asked: ['test', 'post'], saw: 'pre' };
const open: Finding = { key: 'message', verdict: 'unknown', asked: ['pull secret'], saw: null };
const status: Finding = { key: 'status', verdict: 'holds', asked: ['FAILURE'], saw: 'FAILURE' };
const secret: Finding = {
  key: 'message',
  verdict: 'holds',
  asked: ['pull secret'],
  saw: '"bad pull secret"',
};

const traces: [trace: RuleTrace, asked: string, unasked: string][] = [
  [
    traceOf('matches', status, phase),
    'Rule a matches: status is FAILURE, phase is pre.',
    'Rule a would have matched: status is FAILURE, phase is pre.',
  ],
  [
    traceOf('fails', status, miss),
    'Rule a does not match: phase is pre, it asks for test or post.',
    'Rule a would not match: phase is pre, it asks for test or post.',
  ],
  [
    { ...traceOf('fails', status), exceptions: [secret] },
    'Rule a does not match: message is "bad pull secret", it excepts pull secret.',
    'Rule a would not match: message is "bad pull secret", it excepts pull secret.',
  ],
  [
    { ...traceOf('unknown', status), exceptions: [open] },
    'Rule a cannot be judged: message is not known, it excepts pull secret.',
    'Rule a could not be judged: message is not known, it excepts pull secret.',
  ],
  [
    traceOf('expired', status),
    'Rule a has expired; before, it would have matched: status is FAILURE.',
    'Rule a has expired; before, it would have matched: status is FAILURE.',
  ],
  [
    traceOf('expired', open),
    'Rule a has expired; before, it could not have been judged: message is not known, it asks for pull secret.',
    'Rule a has expired; before, it could not have been judged: message is not known, it asks for pull secret.',
  ],
  [
    traceOf('expired', miss),
    'Rule a has expired; before, it would not have matched: phase is pre, it asks for test or post.',
    'Rule a has expired; before, it would not have matched: phase is pre, it asks for test or post.',
  ],
];

for (const [trace, asked, unasked] of traces) {
  test(`the account of a rule: ${asked}`, () => {
    assert.deepEqual([describeTrace(trace), describeUnasked(trace)], [asked, unasked]);
  });
}

test('an account quotes the beginning of a long expression', () => {
  const long: Finding = {
    key: 'message',
    verdict: 'fails',
    asked: ['quota|'.repeat(150)],
    saw: 'no such text',
  };
  assert.match(
    describeTrace(traceOf('fails', long)),
    /^Rule a does not match: message is no such text, it asks for (quota\|){16}quot….$/,
  );
});

function failedIn(fields: Parameters<typeof failed>[0]): Worded['failed'][number][0] {
  const { kind: _, ...rest } = failed(fields);
  return rest;
}
