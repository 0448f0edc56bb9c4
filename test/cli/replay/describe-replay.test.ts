import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeReplay } from '../../../src/cli/replay/describe-replay.ts';
import { compareReplays } from '../../../src/rules/tools/compare-replays.ts';
import type { ReplayDecision } from '../../../src/rules/tools/replay.ts';
import { makeReplayCase } from '../../rules/tools/make-replay-case.ts';

const retry: ReplayDecision = { outcome: 'retry', reason: 'matched', rule: 'a', because: [], delayMs: 1000 };
const held: ReplayDecision = { ...retry, outcome: 'hold', reason: 'outage' };

function describe(before: ReplayDecision[], after: ReplayDecision[]): string[] {
  const cases = before.map(() => makeReplayCase());
  return describeReplay({
    window: { since: 0, until: 3_600_000 },
    directories: { before: 'x', after: 'y' },
    replayed: compareReplays(cases, before, after),
  });
}

test('a difference only in the name of the rule is counted, alone or beside others', () => {
  const [alone] = describe([retry], [{ ...retry, rule: 'b' }]);
  assert.equal(alone, "1 differs only in the rule's name");
  const lines = describe([retry, retry, retry], [{ ...retry, rule: 'b' }, held, { ...retry, rule: 'c' }]);
  assert.match(lines[0]!, /retry matched \(a\) after 1s → hold outage \(a\)$/);
  assert.deepEqual(lines.slice(1, 3), ["2 more differ only in the rule's name", '']);
});

test('what waits is held behind a canary', () => {
  assert.ok(
    describe([retry], [held]).includes('y: 1 failed run judged, 0 attempts, 1 more held behind a canary'),
  );
});
