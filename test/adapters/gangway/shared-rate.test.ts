import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Secret } from '../../../src/secret.ts';
import type { Caller } from '../../../src/trigger/execution-api.ts';
import { caller, clientOfProw, job, goAhead, request } from './client-for-test.ts';
import { startQueue } from './queue-for-test.ts';

/** Between two turns are 2 s. */
const rate = { calls: 30, perMs: 60_000, burst: 4 };
/** How long a call of ours may wait, in milliseconds, however many made-up tokens wait, too. */
const goalMs = 20_000;
const madeUp = Array.from({ length: 60 }, (_, n) => `made-up-${n}`);

const places = [
  ['after', [...madeUp, 'ours']],
  ['before', [...madeUp.slice(0, 4), 'ours', ...madeUp.slice(4)]],
] as const;

for (const isKnown of [true, false]) {
  for (const [where, order] of places) {
    test(`a call with ${isKnown ? 'a known' : 'a new'} token that comes ${where} 60 made-up ones goes out within 20 s`, async () => {
      const { served, ask, pass } = startQueue(rate);
      for (const token of order) ask(token, 'trigger', { token, isKnown: isKnown && token === 'ours' });
      await pass(60 * 2_000);
      assert.equal(served.length, order.length);
      const at = served.find(({ name }) => name === 'ours')?.at ?? Infinity;
      assert.ok(at <= goalMs, `after ${at} ms`);
    });
  }
}

test('a continuous flood does not delay a known token', async () => {
  const { served, ask, pass } = startQueue(rate);
  for (let round = 0; round < 100; round += 1) {
    for (const n of [1, 2, 3]) {
      const token = `made-up-${round}-${n}`;
      ask(token, 'trigger', { token, isKnown: false });
    }
    if (round % 10 === 5) ask(`ours-${round}`, 'trigger');
    await pass(2_000);
  }
  const waits = served.flatMap(({ name, at }) =>
    name.startsWith('ours') ? [at - Number(name.slice(5)) * 2_000] : [],
  );
  assert.equal(waits.length, 10);
  assert.ok(Math.max(...waits) <= goalMs, `they waited ${waits.join()} ms`);
});

test('refused tokens that come again do not delay a new one', async () => {
  const { order, served, ask, pass } = startQueue(rate);
  for (const token of madeUp) order.noteRefused(token);
  for (const token of madeUp) ask(token, 'lookup', { token, isKnown: false });
  for (const token of ['new', 'other']) ask(token, 'lookup', { token, isKnown: false });
  await pass(goalMs);
  const names = served.map(({ name }) => name);
  assert.deepEqual(names.slice(4, 6), ['new', 'other']);
});

/** 60 made-up tokens ask the stand-in for a run; how long `ours` waits, in ms of its clock, and all calls that it got. */
async function waitBehindFlood(t: TestContext, ours: Caller) {
  const { prow, clock, client } = await clientOfProw(t, {}, rate);
  const answers: string[] = [];
  const asked = madeUp.map(async (each) => {
    const { kind } = await client.create(request, { token: new Secret(each), isKnown: false }, goAhead);
    answers.push(kind);
    return kind;
  });
  const startedAt = clock.now();
  let waitedMs = Infinity;
  const creation = client.create(request, ours, goAhead).then(({ kind }) => {
    answers.push(kind);
    waitedMs = clock.now() - startedAt;
    return kind;
  });
  // The clock goes on only once all that had its turn is answered.
  for (let turns = 4; turns <= 61; turns += 1) {
    while (answers.length < turns) await setTimeout(1);
    clock.advance(2_000);
  }
  return { waitedMs, kinds: await Promise.all([creation, ...asked]), prow };
}

for (const isKnown of [true, false]) {
  test(`through Gangway: our run with ${isKnown ? 'a known' : 'a new'} token starts within 20 s while 60 made-up ones wait`, async (t) => {
    const { waitedMs, kinds, prow } = await waitBehindFlood(t, { ...caller, isKnown });
    assert.ok(waitedMs <= goalMs, `after ${waitedMs} ms`);
    assert.deepEqual(kinds, ['created', ...madeUp.map(() => 'refused')]);
    assert.deepEqual([prow.runs.length, prow.gangway.calls.length], [1, 61]);
  });
}

test('through Gangway: the next call of a refused token waits until no other call waits', async (t) => {
  const { prow, clock, client } = await clientOfProw(t, {}, { ...rate, burst: 1 });
  const bad: Caller = { token: new Secret('made-up'), isKnown: false };
  assert.equal((await client.get('run-1', bad)).kind, 'refused');
  const order: string[] = [];
  const ask = (name: string, by: Caller) => client.list(job, by).then(() => order.push(name));
  const other = (name: string): Caller => ({ token: new Secret(name), isKnown: false });
  const calls = [ask('refused', bad), ask('ours', caller), ask('new', other('a')), ask('new', other('b'))];
  for (let answered = 0; answered < calls.length; answered += 1) {
    clock.advance(2_000);
    await prow.gangway.whenCall(() => prow.gangway.calls.length === answered + 2);
    while (order.length <= answered) await setTimeout(1);
  }
  assert.deepEqual(order, ['ours', 'new', 'new', 'refused']);
});
