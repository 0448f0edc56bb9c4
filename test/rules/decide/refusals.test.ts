import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PastRun } from '../../../src/history/past-runs.ts';
import type { JobStatus } from '../../../src/job/status.ts';
import type { DecisionContext } from '../../../src/rules/decide/context.ts';
import type { FailedRun } from '../../../src/rules/matchers/matcher.ts';
import { day, failedRun, hour, judge, lastFact, now, rulesFor, verdictOf } from '../matchers/failed-run.ts';

/** The job's runs before this one, an hour apart, newest first. */
function pastRuns(...statuses: JobStatus[]): PastRun[] {
  return statuses.map((status, index) => ({
    buildId: String(100 - index),
    prowJobId: null,
    jobName: null,
    status,
    startedAt: null,
    finishedAt: now - (index + 1) * hour,
    attempt: 0,
  }));
}

const streak = rulesFor({ match: {}, history: { max_consecutive_failures: 3 } });
const same = rulesFor({ match: {}, history: { same_failure: 'stop' }, retry: { attempts: 3 } });
const silence = { id: '1', job: 'periodic-*', until: now + hour, author: 'ann', comment: 'the lab moves' };
const again = failedRun({ signature: 'abc' }, { attempt: 1 });

const rows: [
  name: string,
  run: FailedRun,
  rules: typeof streak,
  facts: Partial<DecisionContext>,
  verdict: string,
][] = [
  ['a first failure', failedRun(), streak, { pastRuns: [] }, 'retry matched'],
  ['the second in a row', failedRun(), streak, { pastRuns: pastRuns('FAILURE', 'SUCCESS') }, 'retry matched'],
  [
    'the third, this run included',
    failedRun(),
    streak,
    { pastRuns: pastRuns('FAILURE', 'ERROR') },
    'skip failing-streak',
  ],
  [
    'a success between',
    failedRun(),
    streak,
    { pastRuns: pastRuns('FAILURE', 'SUCCESS', 'FAILURE') },
    'retry matched',
  ],
  [
    'an aborted run between',
    failedRun(),
    streak,
    { pastRuns: pastRuns('ABORTED', 'FAILURE', 'FAILURE') },
    'skip failing-streak',
  ],
  [
    'an aborted run after two failures, which is no failure of the job',
    failedRun({ status: 'ABORTED' }),
    rulesFor({ match: { status: 'ABORTED' }, history: { max_consecutive_failures: 3 } }),
    { pastRuns: pastRuns('FAILURE', 'FAILURE') },
    'retry matched',
  ],
  [
    'a past that nobody could read, which refuses nothing',
    failedRun(),
    streak,
    { pastRuns: null },
    'retry matched',
  ],
  [
    'the same where no rule asks for it',
    failedRun(),
    rulesFor({ match: {} }),
    { pastRuns: null },
    'retry matched',
  ],
  ['nor where history asks for something else', failedRun(), same, { pastRuns: null }, 'retry matched'],
  [
    'failures before the window',
    failedRun(),
    rulesFor({ match: {}, history: { max_consecutive_failures: 3, window: '119m' } }),
    { pastRuns: pastRuns('FAILURE', 'FAILURE') },
    'retry matched',
  ],
  [
    'failures at the window, which is closed',
    failedRun(),
    rulesFor({ match: {}, history: { max_consecutive_failures: 3, window: '2h' } }),
    { pastRuns: pastRuns('FAILURE', 'FAILURE') },
    'skip failing-streak',
  ],
  [
    'failures of more than two weeks ago, where no window is told',
    failedRun(),
    rulesFor({ match: {}, history: { max_consecutive_failures: 2 } }),
    { pastRuns: pastRuns('FAILURE').map((run) => ({ ...run, finishedAt: now - 14 * day - 1 })) },
    'retry matched',
  ],
  [
    'a limit of one',
    failedRun(),
    rulesFor({ match: {}, history: { max_consecutive_failures: 1 } }),
    {},
    'skip failing-streak',
  ],
  ['the same failure again', again, same, { earlierSignatures: ['x', 'abc'] }, 'skip same-failure'],
  ['another failure', again, same, { earlierSignatures: ['x'] }, 'retry matched'],
  [
    'the same failure where no rule asks',
    again,
    rulesFor({ match: {}, retry: { attempts: 2 } }),
    { earlierSignatures: ['abc'] },
    'retry matched',
  ],
  [
    'an attempt that left no signature, which refuses nothing',
    failedRun({}, { attempt: 1 }),
    same,
    { earlierSignatures: ['x'] },
    'retry matched',
  ],
  ['a first run that left none', failedRun(), same, {}, 'retry matched'],
  ['a silence', failedRun(), streak, { silence }, 'skip silenced'],
  [
    'a silence and a past that nobody could read',
    failedRun(),
    streak,
    { silence, pastRuns: null },
    'skip silenced',
  ],
  [
    'a silence where no rule matches',
    failedRun({ phase: 'test' }),
    rulesFor({ match: { phase: 'pre' } }),
    { silence },
    'skip no-rule-matched',
  ],
  [
    'a silence where a rule says never',
    failedRun(),
    rulesFor({ match: {}, retry: 'never' }),
    { silence },
    'skip never',
  ],
];

for (const [name, run, rules, facts, verdict] of rows) {
  test(`${name}: ${verdict}`, () => {
    const [outcome, reason] = verdictOf(run, rules, facts).split(' ');
    assert.equal(`${outcome} ${reason}`, verdict);
  });
}

test('each objection says what it is about', () => {
  const told = [
    lastFact(failedRun(), streak, { pastRuns: pastRuns('FAILURE', 'FAILURE') }),
    lastFact(again, same, { earlierSignatures: ['abc'] }),
    lastFact(failedRun(), streak, { silence }),
    lastFact(failedRun(), streak, { silence: { ...silence, comment: 'The lab moves.' } }),
  ];
  assert.deepEqual(told, [
    { kind: 'failing-streak', failures: 3, windowMs: 14 * day, max: 3 },
    { kind: 'same-failure', signature: 'abc' },
    { kind: 'silence', author: 'ann', job: 'periodic-*', until: now + hour, comment: 'the lab moves' },
    { kind: 'silence', author: 'ann', job: 'periodic-*', until: now + hour, comment: 'The lab moves.' },
  ]);
});

test('the account of an attempt says what could not be weighed, and so does that of a refusal', () => {
  const both = rulesFor({
    match: {},
    history: { same_failure: 'stop', max_consecutive_failures: 3 },
    retry: { attempts: 3 },
  });
  const unsigned = failedRun({}, { attempt: 1 });
  assert.deepEqual(judge(unsigned, both, { pastRuns: null }).decision.because.slice(2), [
    { kind: 'no-signature' },
    { kind: 'history-unknown' },
    { kind: 'plan', attempt: 2, attempts: 3, delayMs: hour / 2 },
  ]);
  assert.deepEqual(
    judge(unsigned, both, { pastRuns: pastRuns('FAILURE', 'FAILURE') }).decision.because.slice(2),
    [{ kind: 'no-signature' }, { kind: 'failing-streak', failures: 3, windowMs: 14 * day, max: 3 }],
  );
});

test('where all speak against an attempt, the first in this order is told', () => {
  const history = { max_consecutive_failures: 2, same_failure: 'stop' };
  const facts = { pastRuns: pastRuns('FAILURE'), earlierSignatures: ['abc'], silence };
  const reasons = [
    [1, facts],
    [2, facts],
    [2, { ...facts, silence: null }],
    [2, { ...facts, silence: null, earlierSignatures: [] }],
    [2, { silence: null, earlierSignatures: [] }],
  ] as const;
  assert.deepEqual(
    reasons.map(([attempts, known]) =>
      verdictOf(again, rulesFor({ match: {}, history, retry: { attempts } }), known),
    ),
    ['attempts-exhausted', 'silenced', 'same-failure', 'failing-streak', null].map((reason) =>
      reason === null ? 'retry matched a' : `skip ${reason} a`,
    ),
  );
});
