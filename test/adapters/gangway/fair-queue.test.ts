import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairQueue, type Ticket } from '../../../src/adapters/gangway/fair-queue.ts';
import { ticket } from './queue-for-test.ts';

function queueOf(...calls: [name: string, ticket: Ticket][]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const [name, each] of calls) queue.add(each, name);
  return queue;
}

/** So many turns, or all that there are. */
function take(queue: FairQueue<string>, turns = Infinity): string[] {
  const served: string[] = [];
  for (let call = queue.take(); call !== undefined; call = queue.take()) {
    served.push(call);
    if (served.length === turns) break;
  }
  return served;
}

const known = (token: string) => ticket('trigger', { token });
const unknown = (token: string) => ticket('trigger', { token, isKnown: false });

test('calls that a person demanded go first, then known tokens, then unknown ones, then refused ones', () => {
  const queue = new FairQueue<string>();
  queue.noteRefused('refused');
  queue.add(known('refused'), 'refused');
  queue.add(unknown('unknown'), 'unknown');
  queue.add(known('known'), 'known');
  queue.add(ticket('lookup', { token: 'refused', isDemanded: true }), 'demanded');
  assert.deepEqual(take(queue), ['demanded', 'known', 'unknown', 'refused']);
});

test('every fourth turn goes to the next rank that waits', () => {
  const queue = new FairQueue<string>();
  for (let n = 0; n < 12; n += 1) queue.add(known('k'), 'known');
  for (let n = 0; n < 4; n += 1) queue.add(unknown('u'), 'unknown');
  queue.noteRefused('r');
  queue.add(unknown('r'), 'refused');
  const letters = take(queue).map((name) => name.charAt(0));
  assert.equal(letters.join(''), 'kkkukkkukkkukkkru');
});

test('tokens are served in turn, however many calls one of them has', () => {
  const many = Array.from({ length: 50 }, (_, n): [string, Ticket] => [`a${n}`, known('a')]);
  const queue = queueOf(...many, ['b0', known('b')], ['c0', known('c')], ['b1', known('b')]);
  assert.deepEqual(take(queue, 6), ['a0', 'b0', 'c0', 'a1', 'b1', 'a2']);
});

test('among unknown tokens, the one that has waited longest and the newest one take turns', () => {
  const queue = queueOf(...['a', 'b', 'c', 'd', 'e'].map((name): [string, Ticket] => [name, unknown(name)]));
  assert.deepEqual(take(queue, 2), ['a', 'e']);
  queue.add(unknown('f'), 'f');
  assert.deepEqual(take(queue), ['b', 'f', 'c', 'd']);
});

test('an unknown token with many calls is the newest only once', () => {
  const many = Array.from({ length: 9 }, (_, n): [string, Ticket] => [`z${n}`, unknown('z')]);
  const queue = queueOf(...['a', 'b', 'c'].map((name): [string, Ticket] => [name, unknown(name)]), ...many);
  assert.deepEqual(take(queue, 6), ['a', 'z0', 'b', 'c', 'z1', 'z2']);
});

test('of one token, triggers go before lookups, and lookups before verifications', () => {
  const queue = queueOf(
    ['verification', ticket('verification')],
    ['lookup', ticket('lookup')],
    ['trigger', ticket('trigger')],
  );
  assert.deepEqual(take(queue), ['trigger', 'lookup', 'verification']);
});

test('a lookup waits for three triggers of its token, and a verification for fifteen calls', () => {
  const queue = queueOf(['verification', ticket('verification')]);
  for (let n = 0; n < 40; n += 1) {
    queue.add(ticket('trigger'), 'trigger');
    queue.add(ticket('lookup'), 'lookup');
  }
  const served = take(queue, 16);
  assert.deepEqual(served.slice(0, 4), ['trigger', 'trigger', 'trigger', 'lookup']);
  assert.equal(served.indexOf('verification'), 15);
});

test('after a refusal, the calls of a token come last until one of them is taken', () => {
  const queue = queueOf(['a0', known('a')], ['a1', known('a')], ['b0', unknown('b')], ['b1', unknown('b')]);
  queue.noteRefused('a');
  assert.deepEqual(take(queue, 2), ['b0', 'b1']);
  queue.add(known('a'), 'a2');
  queue.add(unknown('c'), 'c');
  assert.deepEqual(take(queue, 2), ['c', 'a0']);
  queue.noteTaken('a');
  queue.add(unknown('d'), 'd');
  assert.deepEqual(take(queue), ['a1', 'a2', 'd']);
});

test('the waiting calls of a token rank as known as soon as it is known', () => {
  const taken = queueOf(['a', unknown('a')], ['b0', unknown('b')], ['b1', unknown('b')]);
  taken.noteTaken('b');
  assert.deepEqual(take(taken), ['b0', 'b1', 'a']);
  const told = queueOf(['a', unknown('a')], ['b0', unknown('b')], ['b1', known('b')]);
  assert.deepEqual(take(told), ['b0', 'b1', 'a']);
});

test('10,000 refused tokens are remembered, and the oldest is forgotten for the next', () => {
  const queue = new FairQueue<string>();
  for (let n = 0; n <= 10_000; n += 1) queue.noteRefused(`token ${n}`);
  for (const n of [1, 2, 10_000]) queue.add(unknown(`token ${n}`), 'refused');
  queue.add(unknown('token 0'), 'forgotten');
  assert.deepEqual(take(queue, 1), ['forgotten']);
});

test('a token that is forgotten while it waits stays where its calls are', () => {
  const queue = new FairQueue<string>();
  queue.noteRefused('a');
  queue.add(unknown('a'), 'a0');
  for (let n = 0; n < 10_000; n += 1) queue.noteRefused(`token ${n}`);
  queue.add(unknown('a'), 'a1');
  queue.noteTaken('a');
  assert.deepEqual(take(queue), ['a0', 'a1']);
});

test('all waiting calls can be taken at once, of every rank', () => {
  const queue = queueOf(
    ['a', known('a')],
    ['b', unknown('b')],
    ['c', ticket('lookup', { isDemanded: true })],
  );
  queue.noteRefused('d');
  queue.add(unknown('d'), 'd');
  assert.deepEqual(queue.takeAll().toSorted(), ['a', 'b', 'c', 'd']);
  assert.equal(queue.take(), undefined);
});
