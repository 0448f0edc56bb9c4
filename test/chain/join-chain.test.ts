import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyDecision } from '../../src/chain/apply-decision.ts';
import {
  beginAttempt,
  dropToken,
  nextAttempt,
  recordRefused,
  recordTokenRefused,
} from '../../src/chain/attempt-chain.ts';
import { type Chain, currentRun } from '../../src/chain/chain.ts';
import { type ClaimLook, openClaims, weighClaims } from '../../src/chain/claim-place.ts';
import { joinChain } from '../../src/chain/join-chain.ts';
import { close, handForToken, handToPerson } from '../../src/chain/move-chain.ts';
import { openChain } from '../../src/chain/open-chain.ts';
import {
  brought,
  closed,
  decisionOf,
  following,
  judged,
  marked,
  minute,
  now,
  opened,
  run,
  scheduled,
  t0,
  tokensOf,
  triggering,
} from './chains.ts';

const later = now + minute;
const other = { token: marked('U'), slack: marked('S2'), slackErrors: null };
const wrong = { ...run, jobName: 'another-job', buildId: '77' };
const [mark = ''] = opened.credentials.tokens.map((token) => token.mark);

function join(chain: Chain, told = run, secrets: typeof brought | typeof other = other): Chain {
  return joinChain(chain, told, secrets, later);
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
  const next = recordTokenRefused(join(triggering), mark, 'Gangway answered 401', now);
  assert.deepEqual([next.state, next.wakeAt, tokensOf(next)], ['scheduled', now, ['U']]);
  assert.deepEqual(next.outbox, triggering.outbox);
  const again = beginAttempt(next, later, now);
  assert.deepEqual([again.intent?.attempt, again.intent?.sent, again.intent?.gangwayCalls], [1, 1, 1]);
});

test('the last token that is refused rejects', () => {
  const rejected = recordTokenRefused(triggering, mark, 'Gangway answered 401', now);
  assert.deepEqual([rejected.state, rejected.outbox.at(-1)?.topic], ['rejected', 'rejected']);
  assert.equal(dropToken(following, mark), following, 'a question does not take it');
});

const rejected = recordRefused(triggering, 'Gangway answered 401', now);

test('a rejected chain goes on with another token, with the account kept', () => {
  const reopened = join(rejected);
  assert.deepEqual(
    [reopened.state, reopened.wakeAt, reopened.closedAt, tokensOf(reopened), nextAttempt(reopened)],
    ['scheduled', later, null, ['U'], 1],
  );
  assert.equal(reopened.decision?.reason, 'matched');
  assert.deepEqual(reopened.decision.because.slice(-2), [
    'Gangway answered 401.',
    'Another notification of the run brought another token.',
  ]);
  assert.equal(joinChain(rejected, run, brought, later), rejected, 'the same token');
  assert.equal(
    join(recordRefused(reopened, 'Gangway answered 401', later)).state,
    'rejected',
    'the same again',
  );
});

test('an account does not grow with each token that is refused', () => {
  let chain = rejected;
  for (let n = 0; n < 50; n += 1) {
    const secrets = { ...brought, token: marked(`bad ${n}`) };
    chain = recordRefused(joinChain(chain, run, secrets, later), 'Gangway answered 401', later);
  }
  assert.equal(chain.state, 'rejected');
  assert.equal(chain.decision?.because.length, (rejected.decision?.because.length ?? 0) + 1);
});

test('where a token was all that was missing, an attempt that may exist is looked for before anything is sent', () => {
  const handed = handForToken(triggering, 'Nothing tells', [mark], now);
  const reopened = join(handed);
  assert.deepEqual([reopened.state, reopened.intent], ['triggering', triggering.intent]);
  assert.equal(joinChain(handed, run, brought, later), handed, 'the refused one');
  assert.equal(join(handForToken(scheduled, 'There is no token', [], now)).state, 'scheduled');
});

test('a chain that ended otherwise stays ended, whatever token comes', () => {
  const ends = [closed, close(following, 'passed', now), handToPerson(triggering, 'Nothing tells', now)];
  for (const end of ends) assert.equal(join(end, wrong), end);
});

test('who names another place for the first run is looked after, until one is proven', () => {
  const contested = join(openChain(wrong, brought, t0));
  assert.deepEqual(contested.claims, [{ jobName: run.jobName, buildId: run.buildId }]);
  assert.equal(contested.wakeAt, later);
  assert.deepEqual(
    openClaims(contested).map(({ buildId }) => buildId),
    ['77', run.buildId],
  );
  assert.equal(join(contested), contested, 'a repeat');
  assert.equal(judged.claims, null, 'its prowjob.json was seen');
  assert.deepEqual(join(judged, wrong, brought), judged, 'so nothing that is said later counts');
});

test('the newest four of what is said are kept', () => {
  let chain = opened;
  for (let n = 0; n < 30; n += 1) chain = join(chain, { ...run, buildId: `${n}` });
  assert.deepEqual(
    chain.claims?.map(({ buildId }) => buildId),
    ['26', '27', '28', '29'],
  );
});

const contested = join(openChain(wrong, brought, t0));
const [first, second] = openClaims(contested);
assert.ok(first !== undefined && second !== undefined);
const ours: ClaimLook = { claim: second, verdict: 'ours', folder: 'logs/periodic-ci-a/1', url: 'u' };

test('the place that is proven is kept, with the job’s name, and the others are forgotten', () => {
  const settled = weighClaims(contested, [{ claim: first, verdict: 'open' }, ours], later);
  assert.deepEqual([settled.jobName, settled.claims], [run.jobName, null]);
  const { buildId, folder, url } = currentRun(settled);
  assert.deepEqual([buildId, folder, url], [run.buildId, 'logs/periodic-ci-a/1', 'u']);
});

test('a place of another run is left for the next that may be right', () => {
  const moved = weighClaims(contested, [{ claim: first, verdict: 'foreign' }], later);
  assert.deepEqual([moved.jobName, currentRun(moved).buildId, moved.claims], [run.jobName, run.buildId, []]);
  const waiting = weighClaims(contested, [{ claim: second, verdict: 'foreign' }], later);
  assert.deepEqual([waiting.jobName, currentRun(waiting).buildId, waiting.claims], ['another-job', '77', []]);
  const none = weighClaims(
    contested,
    [first, second].map((claim) => ({ claim, verdict: 'foreign' })),
    later,
  );
  assert.deepEqual([currentRun(none).buildId, none.claims], ['77', []]);
});

test('of two places of an evicted pod’s run the later one is kept', () => {
  const late = { ...ours, claim: { jobName: run.jobName, buildId: '1930000000000000002' } };
  const early = { ...ours, claim: { jobName: run.jobName, buildId: '1930000000000000001' } };
  for (const looks of [
    [late, early],
    [early, late],
  ])
    assert.equal(currentRun(weighClaims(contested, looks, later)).buildId, '1930000000000000002');
});

test('a chain that ended because its run was nowhere goes on where a notification names another place', () => {
  const lost = applyDecision(
    openChain(wrong, brought, t0),
    decisionOf('skip', 'evidence-missing'),
    null,
    now,
  );
  const reopened = join(lost);
  assert.deepEqual(
    [reopened.state, reopened.wakeAt, reopened.decision, tokensOf(reopened)],
    ['judging', later, null, ['U']],
  );
  assert.deepEqual(reopened.claims, [{ jobName: run.jobName, buildId: run.buildId }]);
  assert.equal(currentRun(reopened).openedAt, later, 'it is waited for anew');
  assert.equal(join(lost, wrong), lost, 'the same place again');
  const proven = applyDecision(judged, decisionOf('skip', 'evidence-missing'), null, now);
  assert.equal(join(proven, wrong), proven, 'where the place was right, nothing is missing');
});
