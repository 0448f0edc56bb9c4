import { note, brought, marked, now, opened, run, stranger } from './chains.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chain, RecipientId } from '../../src/chain/chain.ts';
import { joinChain } from '../../src/chain/accept.ts';
import {
  addressesOf,
  delayDelivery,
  endDelivery,
  nextDelivery,
  enqueueReport,
  recipientKey,
} from '../../src/chain/outbox.ts';
const [ours] = addressesOf(opened);
const both = joinChain(opened, run, { ...brought, slack: marked('another') }, now, stranger);
const [, theirs] = addressesOf(both);
assert.ok(ours !== undefined && theirs !== undefined);
const two = enqueueReport(
  enqueueReport(both, { topic: 'scheduled', dueAt: 7 }, now),
  { topic: 'triggered', attempt: 3 },
  now + 1,
);

function isOurs(id: RecipientId): boolean {
  return ours !== undefined && recipientKey(id) === recipientKey(ours);
}

function describeNext(chain: Chain): string | null {
  const next = nextDelivery(chain);
  return next && `${next.report.topic} to ${isOurs(next.recipient.id) ? 'us' : 'them'}`;
}

/** What is delivered, in order, where each address answers so. */
function deliverAll(chain: Chain, answers: (id: RecipientId) => 'delivered' | 'later'): string[] {
  const order: string[] = [];
  let at = now;
  let left = chain;
  for (let next = nextDelivery(left); next !== null && at < now + 50; next = nextDelivery(left)) {
    at = Math.max(at, next.recipient.nextTryAt);
    const isDelivered = answers(next.recipient.id) === 'delivered';
    if (isDelivered) order.push(describeNext(left) ?? '');
    left = isDelivered
      ? endDelivery(left, next, [next.recipient.id])
      : delayDelivery(left, next, [next.recipient.id], at + 5);
  }
  return order;
}

test('a report goes to each address, and leaves the chain with the last', () => {
  assert.deepEqual(
    deliverAll(two, () => 'delivered'),
    ['scheduled to us', 'scheduled to them', 'triggered to us', 'triggered to them'],
  );
  const first = nextDelivery(two);
  assert.ok(first !== null);
  const half = endDelivery(two, first, [ours]);
  assert.deepEqual(
    half.outbox.map(({ to }) => to.map(({ id }) => id)),
    [[theirs], [ours, theirs]],
  );
  const second = nextDelivery(half);
  assert.ok(second !== null);
  assert.equal(endDelivery(half, second, [theirs]).outbox.length, 1);
  assert.equal(endDelivery(half, first, [ours]), half, 'done already');
  assert.equal(delayDelivery(half, first, [ours], now), half, 'done already');
});

test('an address that does not answer keeps no other waiting', () => {
  assert.deepEqual(
    deliverAll(two, (id) => (isOurs(id) ? 'later' : 'delivered')),
    ['scheduled to them', 'triggered to them'],
  );
});

test('at each address people read the story in order', () => {
  const first = nextDelivery(two);
  assert.ok(first !== null);
  const late = delayDelivery(two, first, [ours], now + 9);
  assert.equal(describeNext(late), 'scheduled to them');
  const [delayed] = late.outbox[0]?.to ?? [];
  assert.deepEqual([delayed?.tries, delayed?.nextTryAt], [1, now + 9]);
  let times = 0;
  const order = deliverAll(two, (id) => (isOurs(id) && times++ === 0 ? 'later' : 'delivered'));
  assert.deepEqual(
    order.filter((each) => each.endsWith('us')),
    ['scheduled to us', 'triggered to us'],
  );
});

test('those that share an address are delayed together', () => {
  const first = nextDelivery(two);
  assert.ok(first !== null);
  const [report] = delayDelivery(two, first, [ours, theirs], now + 9).outbox;
  assert.deepEqual(
    report?.to.map(({ tries, nextTryAt }) => [tries, nextTryAt]),
    [
      [1, now + 9],
      [1, now + 9],
    ],
  );
});

test('a report to some goes to those alone', () => {
  const chain = enqueueReport(both, { topic: 'held', reason: note('It waits') }, now, [theirs]);
  assert.deepEqual(
    deliverAll(chain, () => 'delivered'),
    ['held to them'],
  );
  assert.equal(nextDelivery(both), null);
});
