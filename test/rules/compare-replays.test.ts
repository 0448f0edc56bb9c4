import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { JobStatus } from '../../src/job/status.ts';
import { compareReplays, strikeBalance, tally } from '../../src/rules/compare-replays.ts';
import { noFacts } from '../../src/rules/facts.ts';
import type { ReplayCase } from '../../src/rules/replay-case.ts';
import type { Verdict } from '../../src/rules/replay.ts';
import { failedRun } from './failed-run.ts';

const retry: Verdict = { outcome: 'retry', reason: 'matched', rule: 'a', because: [], delayMs: 1 };
const skip: Verdict = { outcome: 'skip', reason: 'no-rule-matched', rule: null, because: [], delayMs: null };
const hold: Verdict = { ...retry, outcome: 'hold', reason: 'outage' };
const notMade: Verdict = { ...skip, reason: 'not-made' };

function followedBy(nextStatus: JobStatus | null): ReplayCase {
  return {
    buildId: '1',
    url: '',
    at: 0,
    run: failedRun(),
    facts: noFacts,
    root: null,
    newerRunAt: null,
    nextStatus,
  };
}

suite('comparing replays', () => {
  const pairs: [what: string, before: Verdict, after: Verdict, differs: boolean][] = [
    ['the same', retry, { ...retry, because: ['Said otherwise.'] }, false],
    ['another decision', retry, skip, true],
    ['another reason', skip, notMade, true],
    ['another rule', retry, { ...retry, rule: 'b' }, true],
    ['another delay', retry, { ...retry, delayMs: 2 }, true],
  ];
  for (const [what, before, after, differs] of pairs) {
    test(`${what} ${differs ? 'is' : 'is not'} a difference`, () => {
      const [found] = compareReplays([followedBy(null)], [before], [after]);
      assert.equal(found?.differs, differs);
    });
  }

  test('one set alone has no differences', () => {
    assert.deepEqual(compareReplays([followedBy(null)], [retry], null), [
      { case: followedBy(null), before: retry, after: null, differs: false },
    ]);
  });

  test('tallies by reason, most first, and leaves out what would not have been', () => {
    assert.deepEqual(tally([skip, retry, skip, hold, notMade]), {
      judged: 4,
      attempts: 1,
      reasons: { 'no-rule-matched': 2, matched: 1, outage: 1 },
      held: 1,
    });
  });

  test('strikes a balance of attempts, with what the next runs hint at', () => {
    const cases = (['SUCCESS', 'FAILURE', null, 'SUCCESS', 'SUCCESS', 'SUCCESS'] as const).map(followedBy);
    const before = [skip, skip, notMade, retry, retry, hold];
    const after = [retry, retry, retry, retry, skip, hold];
    assert.deepEqual(strikeBalance(compareReplays(cases, before, after)), {
      attempts: 2,
      onlyBefore: { attempts: 1, followedByPass: 1, nextUnknown: 0 },
      onlyAfter: { attempts: 3, followedByPass: 1, nextUnknown: 1 },
    });
  });
});
