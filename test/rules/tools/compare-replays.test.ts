import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compareReplays, compareTotals, tally } from '../../../src/rules/tools/compare-replays.ts';
import type { ReplayDecision } from '../../../src/rules/tools/replay.ts';
import { makeReplayCase } from './make-replay-case.ts';

const retry: ReplayDecision = { outcome: 'retry', reason: 'matched', rule: 'a', because: [], delayMs: 1 };
const skip: ReplayDecision = {
  outcome: 'skip',
  reason: 'no-rule-matched',
  rule: null,
  because: [],
  delayMs: null,
};
const hold: ReplayDecision = { ...retry, outcome: 'hold', reason: 'outage' };
const notMade: ReplayDecision = { ...skip, reason: 'not-made' };

suite('comparing replays', () => {
  const pairs: [what: string, before: ReplayDecision, after: ReplayDecision, differs: boolean][] = [
    ['the same', retry, { ...retry, because: [{ kind: 'run-passed' }] }, false],
    ['another decision', retry, skip, true],
    ['another reason', skip, notMade, true],
    ['another rule', retry, { ...retry, rule: 'b' }, true],
    ['another delay', retry, { ...retry, delayMs: 2 }, true],
  ];
  for (const [what, before, after, differs] of pairs) {
    test(`${what} ${differs ? 'is' : 'is not'} a difference`, () => {
      const [found] = compareReplays([makeReplayCase()], [before], [after]);
      assert.equal(found?.differs, differs);
    });
  }

  test('one set alone has no differences', () => {
    assert.deepEqual(compareReplays([makeReplayCase()], [retry], null), [
      { case: makeReplayCase(), before: retry, after: null, differs: false },
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
    const cases = (['SUCCESS', 'FAILURE', null, 'SUCCESS', 'SUCCESS', 'SUCCESS'] as const).map((status) =>
      makeReplayCase(status),
    );
    const before = [skip, skip, notMade, retry, retry, hold];
    const after = [retry, retry, retry, retry, skip, hold];
    assert.deepEqual(compareTotals(compareReplays(cases, before, after)), {
      attempts: 2,
      onlyBefore: { attempts: 1, followedByPass: 1, nextUnknown: 0 },
      onlyAfter: { attempts: 3, followedByPass: 1, nextUnknown: 1 },
    });
  });
});
