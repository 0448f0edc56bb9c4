import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cancelChain, noteSilence, retryChain } from '../../src/chain/actions.ts';
import { applyDecision } from '../../src/chain/decide.ts';
import { recordCreated } from '../../src/chain/attempt.ts';
import type { Chain } from '../../src/chain/chain.ts';
import {
  forgetThread,
  isSettled,
  nextCardStep,
  markCardStale,
  thread,
  nextDelivery,
  enqueueReport,
} from '../../src/chain/outbox.ts';
import { giveUpHold, holdChain, makeCanary, releaseChain } from '../../src/chain/hold.ts';
import { coalesceMs, newCard, recordDeleted, recordShown } from '../../src/notice/card-state.ts';
import { move } from '../../src/chain/move.ts';
import { closeAs, decisionOf, hold, judged, minute, next, now, withoutReports } from './chains.ts';

const place = { channel: 'C1', ts: '1.1' };
const shown = recordShown(newCard, place, 'face');
const bare: Chain = { ...judged, trust: 'secret', card: newCard };
const scheduled = applyDecision(bare, decisionOf('retry', 'matched'), next, now);

/** As if the card had been posted, and all been told under it. */
function standing(chain: Chain): Chain {
  return { ...forgetThread(withoutReports(chain)), card: shown };
}

function threadTopics({ outbox }: Chain): string[] {
  return outbox.filter(({ to }) => to.some(({ id }) => id.kind === 'thread')).map(({ topic }) => topic);
}

suite("a chain's card", () => {
  test('is posted at once with the first news, before what is told under it', () => {
    assert.deepEqual(nextCardStep(scheduled), { kind: 'show', at: now });
    assert.deepEqual(threadTopics(scheduled), ['scheduled']);
    const posted = { ...scheduled, card: shown };
    assert.equal(nextCardStep(posted)?.kind, 'reply');
  });

  test('is made by no move that is no news', () => {
    assert.equal(nextCardStep(bare), null);
    assert.equal(nextCardStep(move(bare, 'ended', { state: 'judging', wakeAt: now + minute }, now)), null);
    const unspoken = applyDecision(bare, decisionOf('skip', 'no-rule-matched'), null, now);
    assert.ok(isSettled(unspoken));
  });

  test('is rewritten together with all that changes in the next two seconds', () => {
    const moved = markCardStale(standing(scheduled), now);
    assert.deepEqual(nextCardStep(moved), { kind: 'show', at: now + coalesceMs });
    const ended = markCardStale(closeAs(moved, 'passed', now + 1_000), now + 1_000);
    assert.deepEqual(nextCardStep(ended), { kind: 'show', at: now + coalesceMs });
    assert.ok(!isSettled(ended));
    assert.ok(isSettled({ ...ended, card: shown }));
  });

  test('shows a change before the thread tells it', () => {
    const told = enqueueReport(standing(scheduled), { topic: 'triggered' }, now, [thread]);
    assert.deepEqual(nextCardStep(told), { kind: 'show', at: now + coalesceMs });
    assert.equal(nextCardStep({ ...told, card: shown })?.kind, 'reply');
  });

  test('is posted anew where it was deleted, and the thread waits for that', () => {
    const told = enqueueReport(
      { ...standing(scheduled), card: recordDeleted(shown, now) },
      { topic: 'passed' },
      now,
    );
    assert.deepEqual(nextCardStep(told), { kind: 'show', at: now });
  });

  test('hears of everything at its place beside the addresses, which do not wait for it', () => {
    assert.notEqual(nextDelivery(scheduled), null);
    assert.notDeepEqual(nextDelivery(scheduled)?.recipient.id, thread);
    const created = recordCreated(standing(scheduled), { prowJobId: 'r', buildId: null }, now, now);
    assert.deepEqual(threadTopics(created), ['triggered']);
  });

  test('keeps no address of a chain that ended while only the thread is behind', () => {
    const ended = closeAs({ ...scheduled, outbox: [] }, 'passed', now);
    const told = closeAs(
      enqueueReport({ ...standing(scheduled) }, { topic: 'passed' }, now, [thread]),
      'passed',
      now,
    );
    assert.deepEqual(told.credentials.addresses, []);
    assert.deepEqual(ended.credentials.addresses, []);
    assert.deepEqual(threadTopics(told), ['passed']);
  });

  test('is nothing where the chain has none', () => {
    const without = { ...scheduled, card: null };
    assert.equal(nextCardStep(without), null);
    assert.equal(markCardStale(without, now).card, null);
  });
});

suite('an outage', () => {
  const held = applyDecision(bare, decisionOf('hold', 'outage'), { ...next, hold }, now);

  test('makes no card for the chains that wait, nor for the canary while it goes first', () => {
    assert.equal(nextCardStep(held), null);
    const canary = makeCanary(held, hold, now);
    const made = recordCreated(canary, { prowJobId: 'run-1', buildId: null }, now, now);
    assert.equal(nextCardStep(made), null);
    assert.notDeepEqual(made.outbox, []);
  });

  test('lets the end of the canary be told, and all of whoever is released', () => {
    const canary = makeCanary(held, hold, now);
    assert.equal(nextCardStep(enqueueReport(canary, { topic: 'passed' }, now))?.kind, 'show');
    const released = recordCreated(
      releaseChain(held, now, now),
      { prowJobId: 'run-1', buildId: null },
      now,
      now,
    );
    assert.deepEqual(threadTopics(released), ['triggered']);
  });

  test('is told in the thread of a card that was there already', () => {
    const waiting = holdChain(standing(scheduled), hold, now);
    assert.deepEqual(threadTopics(waiting), ['held']);
    assert.deepEqual(threadTopics(releaseChain(waiting, now, now)), ['held', 'scheduled']);
    assert.deepEqual(threadTopics(giveUpHold(waiting, [], now)), ['held', 'outage-lasted']);
    assert.deepEqual(threadTopics(holdChain({ ...standing(scheduled), card: newCard }, hold, now)), []);
  });
});

suite('what people do', () => {
  test('is in the account and in the thread, with who did it', () => {
    const asked = retryChain(standing(scheduled), false, now, 'ada (U1)');
    assert.ok(asked.kind === 'done');
    assert.deepEqual(asked.chain.decision?.because.at(-1), { kind: 'asked-for-attempt-now', by: 'ada (U1)' });
    assert.deepEqual(threadTopics(asked.chain), ['demanded']);
    const stopped = cancelChain(standing(scheduled), now, 'ada (U1)');
    assert.ok(stopped.kind === 'done');
    assert.deepEqual(stopped.chain.decision?.because.at(-1), { kind: 'cancelled', by: 'ada (U1)' });
    assert.deepEqual(threadTopics(stopped.chain), ['cancelled']);
    const silence = { author: 'ada (U1)', until: now + minute, comment: 'quota' };
    const muted = noteSilence(standing(scheduled), silence, now);
    assert.deepEqual(threadTopics(muted), ['muted']);
    assert.deepEqual(muted.decision?.because.at(-1), { kind: 'job-silenced', ...silence, at: now });
  });

  test('is told to no address of a chain that has no card', () => {
    const asked = retryChain({ ...standing(scheduled), card: null }, false, now);
    assert.ok(asked.kind === 'done');
    assert.deepEqual(asked.chain.outbox, []);
  });
});
