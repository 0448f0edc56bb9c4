import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  applyResult,
  type CardState,
  newCard,
  recordShown,
  markStale,
} from '../../../src/notice/card-state.ts';
import { CardWriter } from '../../../src/flow/deliver/card-writer.ts';
import type { ChannelPublisher, PublicationDraft, WriteResult } from '../../../src/report/reporter.ts';
import type { Card } from '../../../src/report/message.ts';

const now = 1_000_000;
const day = 24 * 60 * 60_000;
const place = { channel: 'C1', ts: '1.1' };
const card: Card = { tone: 'waiting', title: 'Scheduled', facts: [], lines: [], links: [], actions: null };
const other: Card = { ...card, title: 'Running' };

/** A publisher that keeps what was asked of it, and answers in this order. */
function boardOf(...answers: WriteResult[]) {
  const drafts: (PublicationDraft | null)[] = [];
  const publisher: ChannelPublisher = {
    async write(_channel, draft) {
      const asked = await draft();
      drafts.push(asked);
      return asked === null ? { kind: 'nothing' } : (answers.shift() ?? { kind: 'written', place });
    },
    check: async () => ({ ok: true, says: '' }),
    close: () => {},
  };
  return { publisher, drafts };
}

/** Writes the card that stands so on disk; by then, `current` is what it should show. */
async function write(publisher: ChannelPublisher, state: CardState, current: Card = card, at = now) {
  return writeBy(new CardWriter(publisher), state, current, at);
}

function writeBy(cards: CardWriter, state: CardState, current: Card = card, at = now) {
  return cards.write({
    key: 'a chain',
    channel: '#ci',
    read: async () => ({ state, card }),
    record: async (result, isCurrent) => ({
      result,
      settled: applyResult(state, result, isCurrent(current), at),
    }),
  });
}

const posting = markStale(newCard, now);
const standing = recordShown(newCard, place, 'what stood there');
const rewriting = markStale(standing, now);
const later: WriteResult = { kind: 'later', why: 'away', retryAfterMs: null };

suite('writing a card', () => {
  test('keeps where it stands and what it shows, and leaves it alone while that is so', async () => {
    const { publisher, drafts } = boardOf();
    const { settled } = await write(publisher, posting);
    assert.deepEqual([settled.place, settled.stale], [place, null]);
    const { settled: again } = await write(publisher, markStale(settled, now));
    assert.deepEqual([again, drafts[1]], [settled, null]);
  });

  test('writes again where the chain has changed meanwhile, whatever came of it', async () => {
    for (const answer of [undefined, { kind: 'never', why: 'too long' } as const]) {
      const { publisher } = boardOf(...(answer === undefined ? [] : [answer]));
      const { settled } = await write(publisher, rewriting, other);
      assert.notEqual(settled.stale, null);
    }
  });

  test('is posted anew where it is gone, at once; what never stood can not be gone', async () => {
    const gone = await write(boardOf({ kind: 'gone' }).publisher, rewriting);
    assert.deepEqual(gone.settled, markStale({ ...newCard, lost: 1 }, now));
    const absurd = await write(boardOf({ kind: 'gone' }).publisher, posting);
    assert.deepEqual([absurd.settled.stale?.tries, absurd.settled.place], [1, null]);
    assert.ok((absurd.settled.stale?.dueAt ?? 0) > now);
  });

  test('is not posted twice if the result of the first post could not be recorded', async () => {
    const { publisher, drafts } = boardOf();
    const cards = new CardWriter(publisher);
    const record = () => Promise.reject(new Error('disk full'));
    const read = async () => ({ state: posting, card });
    await assert.rejects(cards.write({ key: 'a chain', channel: '#ci', read, record }), /disk full/);
    await writeBy(cards, posting);
    await writeBy(cards, posting);
    const asked = drafts.map((draft) => (draft?.kind === 'card' ? draft.ts : 'none'));
    // Once it is recorded, only the disk counts.
    assert.deepEqual(asked, [null, place.ts, null]);
  });

  test('leaves a channel that takes nothing any more', async () => {
    const { settled } = await write(boardOf({ ...later, isClosed: true }).publisher, rewriting);
    assert.deepEqual([settled.place, settled.stale?.tries], [null, 1]);
  });

  test('changes nothing while the service is stopping', async () => {
    const { settled } = await write(boardOf({ kind: 'stopped' }).publisher, rewriting);
    assert.equal(settled, rewriting);
  });

  test('does not know any more what stands there once an answer was lost', async () => {
    const { settled } = await write(boardOf(later).publisher, rewriting);
    assert.deepEqual([settled.place, settled.shown], [place, null]);
  });

  test('is given up after a day and ten tries, not after a day in which the service was away', async () => {
    const early = await write(boardOf(later).publisher, rewriting, card, now + day + 1);
    assert.notEqual(early.settled.stale, null);
    const tried = { ...rewriting, stale: { since: now, dueAt: now, tries: 10 } };
    const late = await write(boardOf(later).publisher, tried, card, now + day + 1);
    assert.equal(late.settled.stale, null);
  });
});
