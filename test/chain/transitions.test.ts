import type { Reason, DecisionReason, Decision } from '../../src/chain/decision.ts';
import {
  type OutgoingReport,
  type Chain,
  currentRun,
  wakeAtOf,
  intentOf,
  closedAtOf,
} from '../../src/chain/chain.ts';
import {
  note,
  brought,
  closeAs,
  closed,
  decisionOf,
  dueAtOf,
  dropReport,
  evidence,
  following,
  held,
  judged,
  minute,
  next,
  now,
  opened,
  run,
  scheduled,
  stranger,
  tokensOf,
  t0,
  triggering,
  withoutReports,
} from './chains.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyDecision, refuseAttempt } from '../../src/chain/decide.ts';
import {
  beginAttempt,
  countList,
  delayAttempt,
  nextAttempt,
  recordLost,
  recordNeverCreated,
  recordNotCreated,
  recordRefused,
} from '../../src/chain/attempt.ts';
import { type ChainState, chainStates, isTransition, transitionNames } from '../../src/chain/transitions.ts';
import { joinChain, chainIdOf } from '../../src/chain/accept.ts';
import { noKeptOverrides } from '../../src/chain/overrides.ts';
import { escalate, IllegalTransition, move, postpone } from '../../src/chain/move.ts';
import { enqueueReport } from '../../src/chain/outbox.ts';
import { patchRun, recordEnd } from '../../src/chain/record-end.ts';

function topics({ outbox }: Chain): string[] {
  return outbox.map(({ topic, attempt }) => `${topic} ${attempt}`);
}

test('a chain opens in judging, due at once, under an id that follows from its first run', () => {
  assert.deepEqual(
    [opened.state, wakeAtOf(opened), closedAtOf(opened), opened.root],
    ['judging', t0, null, 'run-0'],
  );
  assert.equal(opened.id, chainIdOf('run-0'));
  assert.match(opened.id, /^[0-9a-f]{20}$/);
  assert.notEqual(opened.id, chainIdOf('run-1'));
  assert.deepEqual([opened.runs.length, currentRun(opened).attempt, opened.outbox.length], [1, 0, 0]);
});

test('a notification adds the build id of an attempt that has none yet, and nothing else', () => {
  const told = { jobName: run.jobName, prowJobId: 'run-1', buildId: '1930000000000000009' };
  const joined = joinChain(following, told, brought, now + 1, stranger);
  assert.deepEqual(
    joined.runs.map(({ buildId }) => buildId),
    [run.buildId, told.buildId],
  );
  assert.deepEqual({ ...joined, runs: [], updatedAt: 0 }, { ...following, runs: [], updatedAt: 0 });
  assert.equal(joinChain(joined, { ...told, buildId: '5' }, brought, now, stranger), joined, 'a repeat');
  assert.equal(joinChain(opened, run, brought, now, stranger), opened, 'a repeat of the first');
  assert.equal(
    joinChain(following, { ...told, prowJobId: 'run-9' }, brought, now, stranger),
    following,
    'a run it does not hold',
  );
  const ended = closeAs(following, 'skipped', now);
  assert.equal(joinChain(ended, told, brought, now, stranger), ended, 'an ended chain');
});

test('the end of a run is noted, and what no artifact tells is left as it was', () => {
  assert.deepEqual(
    [currentRun(judged).status, currentRun(judged).phase, judged.type],
    ['FAILURE', 'pre', 'periodic'],
  );
  const again = recordEnd(
    { ...judged, refs: null },
    { evidence: { ...evidence, type: null }, lineage: null, overrides: noKeptOverrides },
  );
  assert.equal(again.type, 'periodic');
});

test('a first run that is a retry by its labels takes its place in the lost chain; a later run keeps its own', () => {
  const lineage = { root: 'lost-0', attempt: 2 };
  const inherited = recordEnd(opened, { evidence, lineage, overrides: noKeptOverrides });
  assert.deepEqual([inherited.root, currentRun(inherited).attempt, nextAttempt(inherited)], ['lost-0', 2, 3]);
  const own = recordEnd(following, { evidence, lineage, overrides: noKeptOverrides });
  assert.deepEqual([own.root, own.runs.map(({ attempt }) => attempt)], ['run-0', [0, 1]]);
});

test('what is learned of a run is kept with that run', () => {
  assert.equal(patchRun(following, 'run-1', { buildId: '7' }).runs[1]?.buildId, '7');
  assert.equal(patchRun(following, 'run-9', { buildId: '7' }), following);
});

const outcomes: [
  Decision['outcome'],
  DecisionReason,
  attempt: number,
  state: ChainState,
  report: string | null,
][] = [
  ['retry', 'matched', 0, 'scheduled', 'scheduled 0'],
  ['retry', 'matched', 1, 'scheduled', 'scheduled 1'],
  ['skip', 'attempts-exhausted', 1, 'exhausted', 'failed-again 1'],
  ['skip', 'no-rule-matched', 0, 'skipped', null],
  ['skip', 'no-rule-matched', 1, 'skipped', 'failed-again 1'],
  ['skip', 'rehearsal', 0, 'skipped', null],
  ['skip', 'not-failed', 0, 'skipped', null],
  ['skip', 'not-failed', 1, 'passed', 'passed 1'],
  ['skip', 'evidence-missing', 0, 'skipped', 'not-retried 0'],
  ['skip', 'evidence-missing', 1, 'skipped', 'failed-again 1'],
  ['skip', 'not-retriggerable', 0, 'skipped', 'not-retried 0'],
  ['skip', 'retried-by-prow', 0, 'skipped', 'not-retried 0'],
  ['skip', 'managed-elsewhere', 0, 'skipped', null],
  ['skip', 'managed-elsewhere', 1, 'skipped', 'failed-again 1'],
  ['skip', 'never', 0, 'skipped', 'not-retried 0'],
  ['skip', 'failing-streak', 0, 'skipped', 'not-retried 0'],
  ['skip', 'same-failure', 1, 'skipped', 'failed-again 1'],
  ['skip', 'silenced', 0, 'skipped', null],
  ['skip', 'silenced', 1, 'skipped', null],
];

for (const [outcome, reason, attempt, state, report] of outcomes) {
  test(`${outcome} ${reason} on attempt ${attempt} leads to ${state} and tells ${report ?? 'nobody'}`, () => {
    const decision = decisionOf(outcome, reason);
    const before = withoutReports(attempt === 0 ? judged : following);
    const after = applyDecision(before, decision, outcome === 'retry' ? next : null, now);
    assert.deepEqual([after.state, topics(after)], [state, report === null ? [] : [report]]);
    assert.deepEqual(after.decision, state === 'passed' ? before.decision : decision);
    const due = state === 'scheduled' ? now + 30 * minute : null;
    assert.deepEqual([wakeAtOf(after), dueAtOf(after)], [due, due]);
    assert.deepEqual(tokensOf(after), state === 'scheduled' ? ['T'] : []);
  });
}

test('the variables of an attempt stay with the chain until the next decision', () => {
  assert.deepEqual([scheduled.envs, following.envs], [{ X: '1' }, { X: '1' }]);
  const other = applyDecision(following, decisionOf('retry', 'matched'), { ...next, envs: {} }, now);
  assert.deepEqual(other.envs, {});
});

function reasonOf(report: OutgoingReport | undefined): Reason | null {
  return report !== undefined && 'reason' in report ? report.reason : null;
}

const refusals: [reason: DecisionReason, isNews: boolean | undefined, report: string | null][] = [
  ['superseded', undefined, 'not-retried 0'],
  ['budget-spent', undefined, 'not-retried 0'],
  ['silenced', undefined, null],
  ['silenced', true, 'not-retried 0'],
  ['superseded', false, null],
];

for (const [reason, isNews, report] of refusals) {
  test(`an attempt refused as ${reason}, news ${isNews}, ends the chain and tells ${report ?? 'nobody'}`, () => {
    const refused = refuseAttempt(withoutReports(scheduled), reason, note('So it is.'), now, isNews);
    assert.deepEqual(
      [refused.state, wakeAtOf(refused), topics(refused)],
      ['skipped', null, report === null ? [] : [report]],
    );
    assert.deepEqual(refused.decision, {
      ...decisionOf('skip', reason),
      because: [note('Because.'), note('So it is.')],
    });
  });
}

test('a success of a first run that is a retry by its labels is a flake, too', () => {
  const lost = recordEnd(opened, {
    evidence: { ...evidence, status: 'SUCCESS' },
    lineage: { root: 'x', attempt: 1 },
    overrides: noKeptOverrides,
  });
  assert.equal(applyDecision(lost, decisionOf('skip', 'not-failed'), null, now).state, 'passed');
});

test('an attempt is noted before it is sent, and followed once it exists', () => {
  const counts = { postsSent: 1, listCalls: 0, cleanLists: 0, gangwayCalls: 1 };
  const intent = { attempt: 1, writtenAt: now, lostAt: null, ...counts };
  assert.deepEqual(
    [triggering.state, intentOf(triggering), wakeAtOf(triggering)],
    ['triggering', intent, now + minute],
  );
  assert.deepEqual(
    [following.state, intentOf(following), wakeAtOf(following)],
    ['following', null, now + minute],
  );
  const { attempt, prowJobId, buildId, gangwayCalls } = currentRun(following);
  assert.deepEqual([attempt, prowJobId, buildId, gangwayCalls], [1, 'run-1', null, 1]);
  assert.deepEqual(topics(following), ['scheduled 0', 'triggered 1']);
});

test('a refusal ends the chain and speaks of the attempt that was refused', () => {
  const refused = recordRefused(triggering, 'Gangway answered 400', now);
  assert.deepEqual(
    [refused.state, intentOf(refused), topics(refused).at(-1)],
    ['rejected', null, 'rejected 1'],
  );
  const reason = { kind: 'gangway-says', says: 'Gangway answered 400' };
  assert.deepEqual([reasonOf(refused.outbox.at(-1)), refused.decision?.because.at(-1)], [reason, reason]);
  assert.equal(nextAttempt(refused), 1, 'the number is free');
});

test('a refusal after a request that went astray leaves the number taken: a run may have it', () => {
  const again = beginAttempt(recordNeverCreated(countList(triggering, false), now), now + minute, now);
  assert.equal(nextAttempt(recordRefused(again, 'Gangway answered 400', now)), 2);
});

test('an attempt that was surely not created is due again, counts as a try and as no POST', () => {
  const waiting = recordNotCreated(triggering, 'Gangway answered 429', now + 5, now);
  assert.deepEqual(
    [waiting.state, wakeAtOf(waiting), waiting.tries, intentOf(waiting)?.postsSent],
    ['scheduled', now + 5, 1, 0],
  );
  const again = beginAttempt(waiting, now + minute, now);
  assert.deepEqual(
    [intentOf(again)?.postsSent, intentOf(again)?.gangwayCalls, intentOf(again)?.attempt],
    [1, 1, 1],
  );
  assert.equal(again.tries, 1, 'the tries go on counting');
});

test('an attempt that is not taken for a quarter of an hour is told of, once', () => {
  let chain = triggering;
  const told: string[] = [];
  for (let round = 0; round < 12; round += 1) {
    const waiting = recordNotCreated(withoutReports(chain), 'Gangway answered 429', now, now);
    told.push(...topics(waiting).map((topic) => `${topic}, round ${round}`));
    chain = beginAttempt(waiting, now, now);
  }
  assert.deepEqual(told, ['delayed 1, round 5']);
});

test('the account says once what an attempt waits for', () => {
  const waiting = delayAttempt(scheduled, 'Gangway is not called for now', now + 1, now);
  const still = delayAttempt(waiting, 'Gangway is not called for now, still', now + 2, now);
  const before = scheduled.decision?.because ?? [];
  const wait = { kind: 'waits', attempt: 1, says: 'Gangway is not called for now' };
  assert.deepEqual(still.decision?.because, [...before, wait]);
});

test('an attempt whose answer was lost and that never was is made again at once, and its POST counts', () => {
  const lost = recordLost(triggering, now + 8);
  assert.deepEqual([lost.state, intentOf(lost)?.lostAt], ['triggering', now + 8]);
  const listed = countList(countList(lost, false), true);
  assert.deepEqual([intentOf(listed)?.listCalls, intentOf(listed)?.cleanLists], [2, 1]);
  const waiting = recordNeverCreated(countList(lost, false), now + 9);
  assert.deepEqual([waiting.state, wakeAtOf(waiting), waiting.tries], ['scheduled', now + 9, 0]);
  const again = beginAttempt(waiting, now + minute, now + 9);
  const { postsSent, listCalls, gangwayCalls, lostAt } = intentOf(again) ?? {};
  assert.deepEqual(
    { postsSent, listCalls, gangwayCalls, lostAt },
    { postsSent: 2, listCalls: 0, gangwayCalls: 3, lostAt: null },
  );
  assert.equal(countList(following, true), following, 'there is no attempt to ask after');
  assert.equal(recordLost(following, now), following);
});

test('a chain that is handed to a person says why, at the end of its account, too', () => {
  const handed = escalate(triggering, note('Nothing tells'), now);
  assert.deepEqual([handed.state, intentOf(handed)], ['needs-human', intentOf(triggering)]);
  assert.equal(intentOf(escalate(following, note('Nothing tells'), now)), null);
  assert.deepEqual(handed.decision, {
    ...decisionOf('retry', 'matched'),
    because: [note('Because.'), note('Nothing tells')],
  });
  assert.deepEqual(
    [reasonOf(handed.outbox.at(-1)), handed.outbox.at(-1)?.decision],
    [note('Nothing tells'), handed.decision],
  );
  assert.equal(escalate(judged, note('Gone'), now).decision, null, 'there is no account');
});

test('a task that moves on forgets its tries, one that is put off counts them', () => {
  const late = postpone(postpone(opened, now), now + 5);
  assert.deepEqual([wakeAtOf(late), late.tries, late.state], [now + 5, 2, 'judging']);
  assert.equal(move(late, 'ended', { state: 'judging', wakeAt: now }, now).tries, 0);
});

test('the tokens go when a chain closes, the Slack addresses when the last report has left', () => {
  assert.deepEqual(closed.credentials, { tokens: [], refusals: 0, addresses: [] });
  const telling = closeAs(
    enqueueReport(enqueueReport(opened, { topic: 'passed' }, now), { topic: 'passed' }, now),
    'passed',
    now,
  );
  const { addresses } = opened.credentials;
  assert.equal(addresses.length, 1);
  assert.deepEqual(telling.credentials, { tokens: [], refusals: 0, addresses });
  assert.deepEqual(dropReport(telling).credentials.addresses, addresses);
  assert.deepEqual(dropReport(dropReport(telling)).credentials.addresses, []);
  assert.deepEqual(
    withoutReports(following).credentials,
    opened.credentials,
    'an open chain needs them still',
  );
});

const byState: Record<ChainState, Chain> = {
  judging: opened,
  scheduled,
  held,
  triggering,
  following,
  passed: closeAs(following, 'passed', now),
  exhausted: applyDecision(following, decisionOf('skip', 'attempts-exhausted'), null, now),
  skipped: closed,
  rejected: recordRefused(triggering, 'Gangway answered 400', now),
  'needs-human': escalate(triggering, note('Nothing tells'), now),
};

test('every way that the table does not know is refused, and the others leave their event', () => {
  for (const from of chainStates) {
    for (const to of chainStates) {
      const { state: _, ...fields } = byState[to];
      const destination = { ...fields, state: to } as Chain;
      for (const name of transitionNames) {
        const go = (): Chain => move(byState[from], name, destination, now, { by: 'ada' });
        if (isTransition(name, from, to)) {
          assert.deepEqual(go().state, to);
        } else assert.throws(go, IllegalTransition, `${name} from ${from} to ${to}`);
      }
    }
  }
  const moved = move(opened, 'ended', { state: 'judging', wakeAt: now }, now, { by: 'ada' });
  assert.deepEqual(moved.events.at(-1), { at: now, what: 'ended', by: 'ada', detail: null });
});

test('the events of a chain have a bound, and its beginning stays', () => {
  let chain = opened;
  for (let n = 0; n < 300; n += 1) chain = move(chain, 'ended', { state: 'judging', wakeAt: now }, now + n);
  assert.equal(chain.events.length, 100);
  assert.deepEqual([chain.events[0]?.what, chain.events.at(-1)?.at], ['opened', now + 299]);
});
