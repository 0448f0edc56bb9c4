import {
  note,
  closeAs,
  decisionOf,
  dueAtOf,
  following,
  held,
  hold,
  minute,
  next,
  now,
  scheduled,
  tokensOf,
  triggering,
} from './chains.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyDecision } from '../../src/chain/decide.ts';
import { beginAttempt, nextAttempt, recordCreated, recordNotCreated } from '../../src/chain/attempt.ts';
import { type Chain, holdOf, type RecipientId, wakeAtOf } from '../../src/chain/chain.ts';
import { type ChainRun } from '../../src/chain/run.ts';
import {
  type CanaryVerdict,
  giveUpHold,
  holdChain,
  classifyCanary,
  makeCanary,
  releaseChain,
} from '../../src/chain/hold.ts';
import { escalate } from '../../src/chain/move.ts';

function topics({ outbox }: Chain): string[] {
  return outbox.map(({ topic, attempt }) => `${topic} ${attempt}`);
}

test('a failure that is part of an outage is held until the hold is over, and nobody is told of it alone', () => {
  assert.deepEqual(
    [held.state, wakeAtOf(held), holdOf(held), held.envs],
    ['held', hold.until, hold, { X: '1' }],
  );
  assert.deepEqual(topics(held), []);
  assert.deepEqual(tokensOf(held), ['T'], 'its attempt is to come');
});

test('a scheduled attempt whose failure turns out to be part of an outage is held, too', () => {
  const late = holdChain(scheduled, hold, now);
  assert.deepEqual([late.state, wakeAtOf(late), holdOf(late)], ['held', hold.until, hold]);
  const because = [note('Because.'), { kind: 'held', key: hold.key }];
  assert.deepEqual(late.decision, { ...decisionOf('hold', 'outage'), because });
  assert.deepEqual(topics(late), ['scheduled 0'], 'nothing more');
});

test('a held attempt that goes first is due when it would have been, and people hear when', () => {
  const canary = makeCanary(held, hold, now + minute);
  assert.deepEqual([canary.state, wakeAtOf(canary)], ['scheduled', hold.dueAt]);
  assert.deepEqual(holdOf(canary), { ...hold, canary: { id: held.id, attempt: 1 } });
  assert.deepEqual([canary.decision?.outcome, canary.decision?.reason], ['retry', 'matched']);
  assert.deepEqual([topics(canary), dueAtOf(canary)], [['scheduled 0'], hold.dueAt]);
});

test('a held attempt that was due meanwhile goes first at once', () => {
  const late = makeCanary(held, hold, hold.dueAt + minute);
  assert.deepEqual([wakeAtOf(late), dueAtOf(late)], [hold.dueAt + minute, hold.dueAt + minute]);
});

test('a scheduled attempt that goes first keeps its time, of which people were told already', () => {
  const canary = makeCanary(scheduled, { ...hold, dueAt: wakeAtOf(scheduled) ?? 0 }, now);
  assert.deepEqual(
    [canary.state, wakeAtOf(canary), topics(canary)],
    ['scheduled', wakeAtOf(scheduled), ['scheduled 0']],
  );
});

test('an attempt that Gangway did not take yet keeps its number through a hold', () => {
  const waiting = recordNotCreated(triggering, 'Gangway answered 429', now, now);
  const canary = makeCanary(holdChain(waiting, hold, now), hold, now);
  assert.deepEqual([canary.canaryOf?.canary.attempt, nextAttempt(canary)], [1, 1]);
});

test('those that wait follow another canary; a chain that does not wait follows none', () => {
  const canary = { id: 'other', attempt: 2 };
  const after = holdChain(held, { ...hold, canary }, now + 1);
  assert.deepEqual(
    [holdOf(after)?.canary, wakeAtOf(after), after.state, after.decision],
    [canary, wakeAtOf(held), 'held', held.decision],
  );
  assert.equal(holdChain(held, hold, now + 1), held, 'the same hold again');
  assert.equal(holdChain(following, hold, now), following);
});

test('the attempt of a released chain is made when it is told, and waits for nobody', () => {
  const released = releaseChain(held, now + minute, now);
  assert.deepEqual([released.state, wakeAtOf(released), holdOf(released)], ['scheduled', now + minute, null]);
  assert.equal(released.decision?.outcome, 'retry');
  assert.deepEqual(topics(released), [], 'that it was triggered is told soon');
});

const address: RecipientId = { kind: 'address', fingerprint: 'one address' };

test('an outage that lasts ends all that wait, with one message that names them', () => {
  const news = { news: { topic: 'outage-lasted' as const, jobs: ['a', 'b'] }, to: [address] };
  const [silent, bearer] = [giveUpHold(held, [], now), giveUpHold(held, [news], now)];
  for (const chain of [silent, bearer]) {
    const { state, decision, credentials } = chain;
    assert.deepEqual([state, decision?.outcome, decision?.reason], ['skipped', 'skip', 'outage']);
    assert.deepEqual([credentials.tokens, wakeAtOf(chain)], [[], null]);
  }
  assert.deepEqual([topics(silent), topics(bearer)], [[], ['outage-lasted 0']]);
  const [report] = bearer.outbox;
  assert.ok(report?.topic === 'outage-lasted');
  assert.deepEqual([report.jobs, report.to.map(({ id }) => id)], [['a', 'b'], [address]]);
});

const underway = recordCreated(
  beginAttempt(makeCanary(held, hold, now), now, now),
  { prowJobId: 'run-1', buildId: null },
  now,
  now,
);

/** The canary once its run had ended in this way; the run before had failed in pre. */
function canaryThat(ended: Partial<ChainRun>): Chain {
  const runs = underway.runs.map((run) => (run.attempt === 1 ? { ...run, ...ended } : run));
  return closeAs({ ...underway, runs }, 'skipped', now);
}

const isAlike = ({ steps }: ChainRun): boolean => steps.includes('ipi-install');
const ends: [name: string, canary: Chain | null, verdict: CanaryVerdict][] = [
  ['that is not there', null, 'gone'],
  ['that is still to be triggered', makeCanary(held, hold, now), 'underway'],
  ['that is followed', underway, 'underway'],
  ['that was cancelled before its attempt', closeAs(makeCanary(held, hold, now), 'skipped', now), 'gone'],
  ['whose end nobody learned', escalate(underway, note('It took too long'), now), 'gone'],
  ['that passed', canaryThat({ status: 'SUCCESS' }), 'came-through'],
  ['that failed alike', canaryThat({ status: 'FAILURE', phase: 'pre', steps: ['ipi-install'] }), 'failed'],
  [
    'that failed in another step of the phase',
    canaryThat({ status: 'FAILURE', phase: 'pre', steps: ['x'] }),
    'came-through',
  ],
  ['that failed later', canaryThat({ status: 'FAILURE', phase: 'test', steps: ['e2e'] }), 'came-through'],
  ['that failed before it came as far', canaryThat({ status: 'FAILURE', phase: 'lease' }), 'gone'],
  ['that never began', canaryThat({ status: 'ERROR', phase: 'infra' }), 'gone'],
  ['that was aborted', canaryThat({ status: 'ABORTED' }), 'gone'],
  ['that left no evidence', canaryThat({ status: 'UNKNOWN' }), 'gone'],
];

for (const [name, canary, verdict] of ends) {
  test(`a canary ${name}: ${verdict}`, () => assert.equal(classifyCanary(canary, 1, isAlike), verdict));
}

test('the attempt that goes first is judged, not the one before it', () => {
  const again = canaryThat({ status: 'FAILURE', phase: 'pre', steps: ['ipi-install'] });
  assert.equal(classifyCanary(again, 2, isAlike), 'gone');
  assert.equal(classifyCanary(underway, 2, isAlike), 'underway');
});

test('a canary that closes keeps its hold, so that those that wait for it are looked at', () => {
  const passed = applyDecision(underway, decisionOf('skip', 'not-failed'), null, now);
  assert.equal(passed.canaryOf?.canary.id, passed.id);
  assert.equal(holdOf(applyDecision(following, decisionOf('retry', 'matched'), next, now)), null);
});
