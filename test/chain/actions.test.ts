import {
  note,
  closed,
  decisionOf,
  following,
  held,
  judged,
  now,
  opened,
  scheduled,
  tokensOf,
  triggering,
  withoutReports,
} from './chains.ts';
import { holdOf, isManual, wakeAtOf } from '../../src/chain/chain.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ActionResult, cancelChain, retryChain } from '../../src/chain/actions.ts';
import { applyDecision } from '../../src/chain/decide.ts';
import { nextAttempt } from '../../src/chain/attempt.ts';
import { ownToken } from '../../src/chain/credentials.ts';
import { noKeptOverrides } from '../../src/chain/overrides.ts';
import { escalate } from '../../src/chain/move.ts';
test('a person can cancel a chain unless an attempt is being created or it has ended', () => {
  const done = [judged, scheduled, held, following].map((chain) => cancelChain(chain, now));
  for (const act of done) {
    assert.ok(act.kind === 'done');
    assert.deepEqual(
      [act.chain.state, act.chain.decision?.reason, wakeAtOf(act.chain)],
      ['skipped', 'cancelled', null],
    );
    assert.equal(act.chain.outbox.at(-1)?.topic, 'cancelled');
    assert.equal(act.chain.outbox.at(-1)?.decision?.reason, 'cancelled');
  }
  assert.match(detailOf(cancelChain(triggering, now)), /being created right now/);
  assert.equal(detailOf(cancelChain(closed, now)), 'The chain ended as skipped already.');
});

test('a person can have a waiting attempt made at once', () => {
  for (const chain of [scheduled, held]) {
    const act = retryChain(chain, false, now + 1);
    assert.ok(act.kind === 'done');
    const { state, envs, decision } = act.chain;
    assert.deepEqual([decision?.outcome, decision?.reason], ['retry', 'matched']);
    assert.deepEqual(decision?.because.at(-1), { kind: 'asked-for-attempt-now', by: 'A person' });
    assert.deepEqual(
      {
        state,
        wakeAt: wakeAtOf(act.chain),
        hold: holdOf(act.chain),
        manual: isManual(act.chain),
        envs,
        tokens: tokensOf(act.chain),
      },
      { state: 'scheduled', wakeAt: now + 1, hold: null, manual: true, envs: { X: '1' }, tokens: ['T'] },
    );
  }
});

test('a person can have one more attempt of an ended chain, with the token of the service', () => {
  const exhausted = applyDecision(
    withoutReports(following),
    decisionOf('skip', 'attempts-exhausted'),
    null,
    now,
  );
  const act = retryChain(exhausted, true, now + 1);
  assert.ok(act.kind === 'done');
  const { state, decision } = act.chain;
  assert.deepEqual([state, wakeAtOf(act.chain), decision?.outcome], ['scheduled', now + 1, 'retry']);
  assert.equal(nextAttempt(act.chain), 2);
  assert.deepEqual(act.chain.credentials.tokens, [ownToken]);
  assert.match(detailOf(retryChain(exhausted, false, now)), /set RETRIGGER_GANGWAY_TOKEN/);
});

test('a chain that is at work, passed, or of an unknown type is not tried again on demand', () => {
  const passed = applyDecision(following, decisionOf('skip', 'not-failed'), null, now);
  const succeeded = applyDecision(judged, decisionOf('skip', 'not-failed'), null, now);
  const details = [judged, triggering, following, passed, succeeded, closed].map((chain) =>
    detailOf(retryChain(chain, true, now)),
  );
  assert.deepEqual(details, [
    'The chain is judging; wait for it to end.',
    'The chain is triggering; wait for it to end.',
    'The chain is following; wait for it to end.',
    'The last attempt passed.',
    'The run passed.',
    'Nothing tells what type of job this is.',
  ]);
});

function detailOf(act: ActionResult): string {
  return act.kind === 'conflict' ? act.detail : 'done';
}

test('an attempt that may exist keeps its number: the one that a person asks for gets the next', () => {
  const doubtful = escalate(triggering, note('Nothing tells'), now);
  const act = retryChain(doubtful, true, now);
  assert.equal(act.kind, 'done');
  assert.equal(nextAttempt(act.kind === 'done' ? act.chain : doubtful), 2);
});

test('a chain whose run could not be read is read again on demand, with the token of the service', () => {
  const stale = { names: ['RELEASE_IMAGE_LATEST'], sealed: 'of another run', notCarried: [] };
  const lost = escalate({ ...opened, overrides: stale }, note('access denied'), now, 'location');
  const act = retryChain(lost, true, now + 1);
  assert.ok(act.kind === 'done');
  const { state, decision } = act.chain;
  assert.deepEqual([state, wakeAtOf(act.chain), decision], ['judging', now + 1, null]);
  assert.deepEqual(
    act.chain.overrides,
    noKeptOverrides,
    'those of a run that was taken for it are forgotten',
  );
  assert.deepEqual(act.chain.credentials.tokens, [ownToken]);
  assert.match(detailOf(retryChain(lost, false, now)), /RETRIGGER_GANGWAY_TOKEN\. Or send the notification/);
});
