import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseRules } from '../../../src/rules/language/parse-rules.ts';
import { emptyContext } from '../../../src/rules/decide/context.ts';
import type { ReplayCase } from '../../../src/rules/tools/replay-case.ts';
import { replayRules } from '../../../src/rules/tools/replay.ts';
import type { RuleSet } from '../../../src/rules/language/rule.ts';
import { hour, makePastRun, now } from '../../history/make-past-run.ts';
import { failedRun } from '../matchers/failed-run.ts';

const minute = 60_000;
const pre = { name: 'pre', match: { phase: 'pre' }, retry: { attempts: 2, delay: '30m' } };

function ruleSet(content: object): RuleSet {
  const parsed = parseRules([{ path: 'r.yaml', text: JSON.stringify(content) }]);
  if (parsed.kind === 'bad') throw new Error(parsed.problems.join('\n'));
  return parsed.rules;
}

interface Said extends Partial<ReplayCase> {
  job?: string;
  attempt?: number;
  step?: string;
}

/** A failure in pre that ended so many minutes after `now`, but for what is given. */
function failure(
  minutes: number,
  { job = 'job-a', attempt = 0, step = 'install', ...rest }: Said = {},
): ReplayCase {
  return {
    buildId: String(minutes),
    url: '',
    at: now + minutes * minute,
    run: failedRun({ steps: [step] }, { jobName: job, attempt }),
    facts: emptyContext,
    root: `root-${minutes}`,
    newerRunAt: null,
    nextStatus: null,
    ...rest,
  };
}

const outage = { same_step_jobs: 3, within: '30m', hold: '2h' };
const jobs = ['job-a', 'job-b', 'job-c', 'job-d'];
const alike = (...minutes: number[]): ReplayCase[] =>
  minutes.map((at, index) => failure(at, { job: jobs[index]! }));

const tables: [what: string, rules: object, cases: ReplayCase[], expected: string[]][] = [
  [
    'each failure by its own facts',
    { rules: [{ ...pre, history: { max_consecutive_failures: 2 } }] },
    [
      failure(0),
      failure(1, { facts: { ...emptyContext, pastRuns: [makePastRun(1)] } }),
      failure(2, {
        facts: { ...emptyContext, pastRuns: [makePastRun(1, { status: 'SUCCESS' }), makePastRun(2)] },
      }),
      failure(3, { run: failedRun({ phase: 'test' }) }),
    ],
    ['retry matched', 'skip failing-streak', 'retry matched', 'skip no-rule-matched'],
  ],
  [
    'a budget is spent when an attempt falls due, in a window that slides',
    { rules: [pre], budgets: [{ job: 'job-*', retries: 2, per: '1h' }] },
    [failure(0), failure(10), failure(20), failure(30, { job: 'other' }), failure(65)],
    ['retry matched', 'retry matched', 'skip budget-spent', 'retry matched', 'retry matched'],
  ],
  [
    'what a budget refuses is not spent',
    { rules: [pre], budgets: [{ job: '*', retries: 1, per: '1h' }] },
    [failure(0), failure(50), failure(61)],
    ['retry matched', 'skip budget-spent', 'retry matched'],
  ],
  [
    'a longer delay comes after a shorter one in the budget, though its failure came first',
    {
      rules: [{ name: 'late', match: { step: 'slow' }, retry: { attempts: 1, delay: '2h' } }, pre],
      budgets: [{ job: '*', retries: 1, per: '4h' }],
    },
    [failure(0, { step: 'slow' }), failure(10)],
    ['skip budget-spent', 'retry matched'],
  ],
  [
    'an attempt stands down for a run that somebody began before it was due',
    { rules: [pre], budgets: [{ job: '*', retries: 1, per: '1d' }] },
    [failure(0, { newerRunAt: now + 30 * minute }), failure(1, { newerRunAt: now + hour })],
    ['skip superseded', 'retry matched'],
  ],
  [
    'an attempt after a failure that is left alone would not have been',
    { rules: [{ ...pre, match: { step: 'install' } }] },
    [
      failure(0, { root: 'r', step: 'other' }),
      failure(60, { root: 'r', attempt: 1 }),
      failure(120, { root: 'r', attempt: 2 }),
      failure(130, { root: 'elsewhere', attempt: 1 }),
      failure(140, { root: null, attempt: 1 }),
    ],
    ['skip no-rule-matched', 'skip not-made', 'skip not-made', 'retry matched', 'retry matched'],
  ],
  [
    'attempts of a chain follow one another until they are exhausted',
    { rules: [pre] },
    [0, 1, 2].map((attempt) => failure(attempt * 60, { root: 'r', attempt })),
    ['retry matched', 'retry matched', 'skip attempts-exhausted'],
  ],
  [
    'of an outage the attempt that is due first is the canary, and the others wait',
    { rules: [pre], outage },
    alike(0, 10, 20, 100),
    ['retry outage', 'hold outage', 'hold outage', 'hold outage'],
  ],
  [
    'an attempt that was made before the outage is no part of it',
    { rules: [{ ...pre, retry: { attempts: 1, delay: '5m' } }], outage },
    alike(0, 10, 20),
    ['retry matched', 'retry matched', 'retry outage'],
  ],
  [
    'once the hold is over, failures are judged as ever',
    { rules: [pre], outage },
    alike(0, 10, 20, 20 + 121),
    ['retry outage', 'hold outage', 'hold outage', 'retry matched'],
  ],
  [
    'what failed otherwise, or too far apart, is no outage',
    { rules: [pre], outage },
    [...alike(0, 20), failure(25, { job: 'job-c', step: 'other' }), failure(40, { job: 'job-d' })],
    ['retry matched', 'retry matched', 'retry matched', 'retry matched'],
  ],
  [
    'the canary is weighed against the budgets, those that wait are not',
    { rules: [pre], outage, budgets: [{ job: '*', retries: 1, per: '1d' }] },
    [...alike(0, 10, 20), failure(90, { step: 'other' })],
    ['retry outage', 'hold outage', 'hold outage', 'skip budget-spent'],
  ],
];

suite('a replay judges', () => {
  for (const [what, rules, cases, expected] of tables) {
    test(what, () => {
      const verdicts = replayRules(cases, ruleSet(rules));
      assert.deepEqual(
        verdicts.map(({ outcome, reason }) => `${outcome} ${reason}`),
        expected,
      );
    });
  }

  test('with an account, the rule and the delay, which chance does not move', () => {
    const rules = ruleSet({
      rules: [{ ...pre, retry: { ...pre.retry, jitter: 0.5 } }],
      budgets: [{ job: '*', retries: 0, per: '1d' }],
    });
    const [verdict] = replayRules([failure(0)], rules);
    assert.equal(verdict?.rule, 'pre');
    assert.equal(verdict.delayMs, 30 * minute);
    assert.equal(verdict.because.at(-1)?.kind, 'budget-spent');
  });
});
