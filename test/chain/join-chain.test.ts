import {
  note,
  brought,
  closeAs,
  closed,
  decisionOf,
  following,
  judged,
  marked,
  minute,
  now,
  opened,
  refuseToken,
  run,
  scheduled,
  stranger,
  t0,
  tokenOf,
  tokensOf,
  triggering,
} from './chains.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryChain } from '../../src/chain/actions.ts';
import { applyDecision } from '../../src/chain/decide.ts';
import {
  beginAttempt,
  dropToken,
  nextAttempt,
  recordRefused,
  recordTokenRefused,
} from '../../src/chain/attempt.ts';
import {
  type Chain,
  currentRun,
  wakeAtOf,
  intentOf,
  isManual,
  missingOf,
  closedAtOf,
} from '../../src/chain/chain.ts';
import { type LocationCheck, openLocations, applyLocationChecks } from '../../src/chain/location.ts';
import { joinChain, openChain } from '../../src/chain/accept.ts';
import { ownToken } from '../../src/chain/credentials.ts';
import { escalate, escalateForToken } from '../../src/chain/move.ts';
const later = now + minute;
const other = { token: marked('U'), slack: marked('S2'), slackErrors: null };
const wrong = { ...run, jobName: 'another-job', buildId: '77' };
const token = tokenOf('T');

function join(chain: Chain, told = run, secrets: typeof brought | typeof other = other): Chain {
  return joinChain(chain, told, secrets, later, stranger);
}

test('a later notification of an open chain adds its token and its address', () => {
  for (const chain of [opened, scheduled, triggering, following]) {
    const joined = join(chain);
    assert.deepEqual(tokensOf(joined), ['T', 'U']);
    assert.equal(joined.credentials.addresses.length, 2);
    const rest = { credentials: 0, updatedAt: 0 };
    assert.deepEqual({ ...joined, ...rest }, { ...chain, ...rest }, 'and nothing else');
    assert.equal(join(joined), joined, 'a repeat');
  }
});

test('a refused token makes room for the next at once, and nobody is told', () => {
  const next = recordTokenRefused(join(triggering), token, 'Gangway answered 401', now);
  assert.deepEqual([next.state, wakeAtOf(next), tokensOf(next)], ['scheduled', now, ['U']]);
  assert.deepEqual(next.outbox, triggering.outbox);
  const again = beginAttempt(next, later, now);
  assert.deepEqual(
    [intentOf(again)?.attempt, intentOf(again)?.postsSent, intentOf(again)?.gangwayCalls],
    [1, 1, 1],
  );
});

test('the last token that is refused rejects', () => {
  const rejected = recordTokenRefused(triggering, token, 'Gangway answered 401', now);
  assert.deepEqual([rejected.state, rejected.outbox.at(-1)?.topic], ['rejected', 'rejected']);
  assert.equal(dropToken(following, token), following, 'a question does not take it');
});

const rejected = recordTokenRefused(triggering, token, 'Gangway answered 401', now);

test('a rejected chain goes on with another token, with the account kept', () => {
  const reopened = join(rejected);
  assert.deepEqual(
    [reopened.state, wakeAtOf(reopened), closedAtOf(reopened), tokensOf(reopened), nextAttempt(reopened)],
    ['scheduled', later, null, ['U'], 1],
  );
  assert.equal(reopened.decision?.reason, 'matched');
  assert.deepEqual(reopened.decision.because.slice(-2), [
    { kind: 'gangway-says', says: 'Gangway answered 401' },
    { kind: 'token-brought' },
  ]);
});

test('a rejected chain goes on with the same token, because the right to start the job may have been granted', () => {
  const reopened = joinChain(rejected, run, brought, later, stranger);
  assert.deepEqual([reopened.state, wakeAtOf(reopened), tokensOf(reopened)], ['scheduled', later, ['T']]);
  assert.equal(joinChain(reopened, run, brought, later, stranger), reopened, 'a repeat while it is open');
  const again = refuseToken(reopened, 'T', 'Gangway answered 403', later);
  assert.equal(again.state, 'rejected');
  assert.equal(
    wakeAtOf(joinChain(again, run, brought, later, stranger)),
    later + 5 * minute,
    'the next time it waits',
  );
});

test('a refused token that comes again while the chain is open is tried after the others', () => {
  const left = recordTokenRefused(join(triggering), token, 'Gangway answered 403', now);
  assert.deepEqual(tokensOf(joinChain(left, run, brought, later, stranger)), ['U', 'T']);
});

test('where no token is at fault, none is refused, and no other opens the chain again', () => {
  const unknown = recordRefused(triggering, 'Gangway answered 500: failed to find associated', now);
  assert.deepEqual([unknown.state, missingOf(unknown), unknown.credentials.refusals], ['rejected', null, 0]);
  assert.equal(join(unknown), unknown);
});

/** The chain after each of many notifications brought a token that was refused, or a place that was nobody's. */
function bringInVain(
  begun: Chain,
  vain: (chain: Chain, n: number) => Chain,
): { chain: Chain; waits: number[] } {
  const waits: number[] = [];
  let chain = begun;
  for (let n = 0; n < 50; n += 1) {
    const reopened = joinChain(
      chain,
      { ...run, buildId: `${n}` },
      { ...brought, token: marked(`bad ${n}`) },
      later,
      stranger,
    );
    if (reopened === chain) continue;
    waits.push(((wakeAtOf(reopened) ?? 0) - later) / minute);
    chain = vain(reopened, n);
  }
  return { chain, waits };
}

const slowerAndSlower = [0, 5, 10, 20, 40, 80, 160, 320];

test('a rejected chain is opened again more and more slowly, eight times at most, and who opens it hears each time', () => {
  const { chain, waits } = bringInVain(rejected, (reopened, n) =>
    refuseToken(reopened, `bad ${n}`, 'Gangway answered 401', later),
  );
  assert.deepEqual([chain.state, waits], ['rejected', slowerAndSlower]);
  assert.equal(chain.decision?.because.length, (rejected.decision?.because.length ?? 0) + 1);
  const told = chain.outbox.filter(({ topic }) => topic === 'rejected');
  assert.deepEqual(
    told.map(({ to }) => to.length),
    [1, 1, 1, 1, 1, 1, 1, 1, 1],
  );
  assert.equal(retryChain(chain, true, later).kind, 'done', 'a person still can');
});

test('a person need not wait for the look that a later notification has put off', () => {
  const handed = { ...escalateForToken(triggering, note('Nothing tells'), [token], now), reopened: 3 };
  const reopened = join(handed);
  assert.ok((wakeAtOf(reopened) ?? 0) > later);
  const act = retryChain(reopened, false, later);
  assert.ok(act.kind === 'done');
  assert.deepEqual(
    [act.chain.state, wakeAtOf(act.chain), intentOf(act.chain)],
    ['triggering', later, intentOf(triggering)],
  );
  assert.equal(retryChain(triggering, true, now).kind, 'conflict');
});

test('a chain whose run is nowhere is opened again as often, and what comes while it waits is kept', () => {
  const evidenceMissing = decisionOf('skip', 'evidence-missing');
  const lost = applyDecision(openChain(wrong, brought, t0), evidenceMissing, null, now);
  const { waits } = bringInVain(lost, (reopened) => applyDecision(reopened, evidenceMissing, null, later));
  assert.deepEqual(waits, slowerAndSlower);
  const waiting = join(applyDecision(join(lost), evidenceMissing, null, now), { ...run, buildId: '5' });
  assert.equal(wakeAtOf(waiting), later + 5 * minute);
  const kept = join(waiting, { ...run, buildId: '6' });
  assert.deepEqual(
    [kept.reportedLocations?.at(-1)?.buildId, wakeAtOf(kept), kept.reopened],
    ['6', wakeAtOf(waiting), 2],
  );
});

test('one whose address is new hears of a refusal that others heard of', () => {
  const reopened = join(rejected);
  const again = refuseToken(reopened, 'U', 'Gangway answered 401', later);
  const told = again.outbox.filter(({ topic }) => topic === 'rejected').map(({ to }) => to.length);
  assert.deepEqual(told, [1, 1]);
  assert.notEqual(again.outbox.at(-1)?.to[0]?.id, rejected.outbox.at(-1)?.to[0]?.id);
});

test('where a token was all that was missing, an attempt that may exist is looked for before anything is sent', () => {
  const handed = escalateForToken(triggering, note('Nothing tells'), [token], now);
  const reopened = join(handed);
  assert.deepEqual([reopened.state, intentOf(reopened)], ['triggering', intentOf(triggering)]);
  assert.equal(joinChain(handed, run, brought, later, stranger).state, 'triggering', 'the refused one, too');
  assert.equal(join(escalateForToken(scheduled, note('There is no token'), [], now)).state, 'scheduled');
});

test('the token of a later notification makes the attempt that a person asked for, as that person asked', () => {
  const asked = retryChain(closeAs(following, 'skipped', now), true, now);
  assert.ok(asked.kind === 'done');
  const sent = beginAttempt(asked.chain, later, now);
  const refused = recordTokenRefused(sent, ownToken, 'Gangway answered 401', now);
  const handed = escalateForToken(sent, note('Nothing tells'), [ownToken], now);
  assert.deepEqual(
    [asked.chain, sent, refused, join(refused), handed, join(handed)].map((chain) => [
      chain.state,
      isManual(chain),
    ]),
    [
      ['scheduled', true],
      ['triggering', true],
      ['rejected', true],
      ['scheduled', true],
      ['needs-human', true],
      ['triggering', true],
    ],
  );
  assert.equal(isManual(join(rejected)), false, 'a rule asked for this one');
});

test('a chain that ended otherwise stays ended, whatever token comes', () => {
  const ends = [closed, closeAs(following, 'passed', now), escalate(triggering, note('Nothing tells'), now)];
  for (const end of ends) assert.equal(join(end, wrong), end);
});

test('who names another place for the first run is looked after, until one is proven', () => {
  const contested = join(openChain(wrong, brought, t0));
  assert.deepEqual(contested.reportedLocations, [{ jobName: run.jobName, buildId: run.buildId }]);
  assert.equal(wakeAtOf(contested), later, 'at once, however seldom the wrong place is looked at by now');
  assert.deepEqual(
    openLocations(contested).map(({ buildId }) => buildId),
    ['77', run.buildId],
  );
  assert.equal(join(contested), contested, 'a repeat');
  assert.equal(judged.reportedLocations, null, 'its prowjob.json was seen');
  assert.deepEqual(join(judged, wrong, brought), judged, 'so nothing that is said later counts');
});

test('of what is said the newest are kept, beside the place that the chain uses', () => {
  let chain = opened;
  for (let n = 0; n < 30; n += 1) chain = join(chain, { ...run, buildId: `${n}` });
  assert.deepEqual(
    openLocations(chain).map(({ buildId }) => buildId),
    [run.buildId, '23', '24', '25', '26', '27', '28', '29'],
  );
});

const contested = join(openChain(wrong, brought, t0));
const [first, second] = openLocations(contested);
assert.ok(first !== undefined && second !== undefined);
const ours: LocationCheck = { location: second, verdict: 'ours', folder: 'b/logs/periodic-ci-a/1', url: 'u' };

test('the place that is proven is kept, with the job’s name, and the others are forgotten', () => {
  const settled = applyLocationChecks(contested, [{ location: first, verdict: 'open' }, ours], later);
  assert.deepEqual([settled.jobName, settled.reportedLocations], [run.jobName, null]);
  const { buildId, folder, url } = currentRun(settled);
  assert.deepEqual([buildId, folder, url], [run.buildId, 'b/logs/periodic-ci-a/1', 'u']);
});

test('a place that is proven counts also where others were named while it was looked at', () => {
  const looked = join(contested, { ...run, buildId: '88' });
  assert.equal(
    applyLocationChecks(looked, [{ location: first, verdict: 'open' }, ours], later).reportedLocations,
    null,
  );
  const left = applyLocationChecks(looked, [{ location: first, verdict: 'foreign' }], later);
  assert.deepEqual(
    [currentRun(left).buildId, left.reportedLocations?.map(({ buildId }) => buildId)],
    [run.buildId, ['88']],
  );
});

test('a place of another run is left for the next that may be right', () => {
  const moved = applyLocationChecks(contested, [{ location: first, verdict: 'foreign' }], later);
  assert.deepEqual(
    [moved.jobName, currentRun(moved).buildId, moved.reportedLocations],
    [run.jobName, run.buildId, []],
  );
  const waiting = applyLocationChecks(contested, [{ location: second, verdict: 'foreign' }], later);
  assert.deepEqual(
    [waiting.jobName, currentRun(waiting).buildId, waiting.reportedLocations],
    ['another-job', '77', []],
  );
  const none = applyLocationChecks(
    contested,
    [first, second].map((location) => ({ location, verdict: 'foreign' })),
    later,
  );
  assert.deepEqual([currentRun(none).buildId, none.reportedLocations], ['77', []]);
});

test('of two places of an evicted pod’s run the later one is kept', () => {
  const late = { ...ours, location: { jobName: run.jobName, buildId: '1930000000000000002' } };
  const early = { ...ours, location: { jobName: run.jobName, buildId: '1930000000000000001' } };
  for (const looks of [
    [late, early],
    [early, late],
  ])
    assert.equal(currentRun(applyLocationChecks(contested, looks, later)).buildId, '1930000000000000002');
});

test('a chain that ended because its run was nowhere goes on with the next notification, of another place or of the same', () => {
  const lost = applyDecision(
    openChain(wrong, brought, t0),
    decisionOf('skip', 'evidence-missing'),
    null,
    now,
  );
  const reopened = join(lost);
  assert.deepEqual(
    [reopened.state, wakeAtOf(reopened), reopened.decision, tokensOf(reopened)],
    ['judging', later, null, ['U']],
  );
  assert.deepEqual(reopened.reportedLocations, [{ jobName: run.jobName, buildId: run.buildId }]);
  assert.equal(currentRun(reopened).openedAt, later, 'it is waited for anew');
  const again = join(lost, wrong);
  assert.deepEqual(
    [again.state, again.reportedLocations],
    ['judging', []],
    'the same place: it may be readable now',
  );
  const proven = applyDecision(judged, decisionOf('skip', 'evidence-missing'), null, now);
  assert.equal(join(proven, wrong), proven, 'where the place was right, nothing is missing');
});
