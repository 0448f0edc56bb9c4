import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import * as fc from 'fast-check';
import { SlackPacer, type ChatMethod } from '../../../../src/adapters/slack/outbound/pacer.ts';
import { VirtualClock } from '../../../time/virtual-clock.ts';

function startPacer() {
  const clock = new VirtualClock(0);
  return { clock, pacer: new SlackPacer(clock), begun: [] as string[] };
}

/** Sends at once when the turn comes. */
async function send(pacer: SlackPacer, channel: string, whenTurn: () => void): Promise<void> {
  const endTurn = await pacer.turn(channel);
  whenTurn();
  endTurn?.(true);
}

async function pass(clock: VirtualClock, ms: number): Promise<void> {
  for (const end = clock.now() + ms; clock.now() < end;) {
    await tick();
    clock.advanceTo(Math.min(clock.nextDue() ?? end, end));
  }
  await tick();
}

test('a channel is served in order, one a second, and holds up no other', async () => {
  const { clock, pacer, begun } = startPacer();
  for (const name of ['a1', 'a2', 'a3', 'b1'])
    void send(pacer, name.slice(0, 1), () => begun.push(`${name} at ${clock.now()}`));
  await pass(clock, 2_000);
  assert.deepEqual(begun, ['a1 at 0', 'b1 at 0', 'a2 at 1000', 'a3 at 2000']);
});

test('the second counts from the end of a call, and one without a call takes none', async () => {
  const { clock, pacer, begun } = startPacer();
  const first = await pacer.turn('a');
  const visit = async (name: string): Promise<void> => {
    const endTurn = await pacer.turn('a');
    begun.push(`${name} at ${clock.now()}`);
    endTurn?.(false);
  };
  for (const name of ['a2', 'a3']) void visit(name);
  await pass(clock, 5_000);
  assert.deepEqual(begun, [], 'the first is not done');
  first?.(true);
  await pass(clock, 1_000);
  assert.deepEqual(begun, ['a2 at 6000', 'a3 at 6000']);
});

test('a name and its id share a queue once they are known to be one channel', async () => {
  const { clock, pacer, begun } = startPacer();
  await send(pacer, '#ci', () => pacer.learnId('#ci', 'C1'));
  await send(pacer, 'C2', () => pacer.learnId('#other', 'C2'));
  for (const name of ['C1', '#ci', '#other', 'C2'])
    void send(pacer, name, () => begun.push(`${name} at ${clock.now()}`));
  await pass(clock, 3_000);
  assert.deepEqual(begun, ['C1 at 1000', '#other at 1000', '#ci at 2000', 'C2 at 2000']);
});

test('callers that wait under the name wait on under the id, in one order', async () => {
  const { clock, pacer, begun } = startPacer();
  const first = await pacer.turn('#ci');
  const other = await pacer.turn('C1');
  for (const name of ['#ci', 'C1', '#ci'])
    void send(pacer, name, () => begun.push(`${name} at ${clock.now()}`));
  pacer.learnId('#ci', 'C1');
  assert.equal(pacer.waiting, 3);
  first?.(true);
  other?.(true);
  await pass(clock, 3_000);
  assert.deepEqual(begun, ['C1 at 1000', '#ci at 2000', '#ci at 3000']);
  assert.equal(pacer.waiting, 0);
});

test('rewritings are at most 48 a minute over all channels, messages as many as there are channels', async () => {
  const { clock, pacer } = startPacer();
  const passed: number[] = [];
  for (let nth = 0; nth < 60; nth += 1) void pacer.pass('chat.update').then(() => passed.push(clock.now()));
  const posted = Promise.all(Array.from({ length: 60 }, () => pacer.pass('chat.postMessage')));
  await tick();
  await posted;
  await pass(clock, 60_000);
  assert.equal(passed.filter((at) => at < 60_000).length, 48);
});

test('says whether a pass took time', async () => {
  const { clock, pacer } = startPacer();
  assert.equal(await pacer.pass('chat.update'), 'at-once');
  const second = pacer.pass('chat.update');
  await pass(clock, 1_250);
  assert.equal(await second, 'waited');
  await pass(clock, 1_250);
  assert.equal(await pacer.pass('chat.update'), 'at-once');
});

test('a pause holds the whole method and no other', async () => {
  const { clock, pacer, begun } = startPacer();
  pacer.pause('chat.postMessage', 30_000);
  pacer.pause('chat.postMessage', 10_000);
  const note = (method: ChatMethod) =>
    pacer.pass(method).then(() => begun.push(`${method} at ${clock.now()}`));
  void note('chat.postMessage');
  void note('chat.update');
  await pass(clock, 30_000);
  assert.deepEqual(begun, ['chat.update at 0', 'chat.postMessage at 30000']);
});

test('closing sends away who waits and who comes later, and leaves no timer', async () => {
  const { clock, pacer } = startPacer();
  await send(pacer, 'a', () => {});
  await pacer.pass('chat.update');
  const waiting = [pacer.turn('a'), pacer.pass('chat.update')];
  pacer.close();
  const later = [pacer.turn('a'), pacer.turn('new'), pacer.pass('chat.postMessage')];
  assert.deepEqual(await Promise.all([...waiting, ...later]), [null, 'closed', null, null, 'closed']);
  assert.equal(clock.nextDue(), null);
});

test('whatever comes, a channel is served in order and never twice within a second', async () => {
  const visit = fc.record({
    channel: fc.constantFrom('a', 'b'),
    afterMs: fc.nat(1_500),
    tookMs: fc.nat(1_500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(visit, { maxLength: 12 }), async (visits) => {
      const { clock, pacer } = startPacer();
      const served: Record<string, { nth: number; from: number; to: number }[]> = { a: [], b: [] };
      const visitNth = async (nth: number, channel: string, tookMs: number): Promise<void> => {
        const endTurn = await pacer.turn(channel);
        const from = clock.now();
        await new Promise<void>((resolve) => clock.at(from + tookMs, resolve));
        served[channel]?.push({ nth, from, to: clock.now() });
        endTurn?.(true);
      };
      let at = 0;
      for (const [nth, { channel, afterMs, tookMs }] of visits.entries()) {
        at += afterMs;
        clock.at(at, () => void visitNth(nth, channel, tookMs));
      }
      await pass(clock, 60_000);
      assert.equal(served['a']!.length + served['b']!.length, visits.length);
      for (const calls of Object.values(served))
        for (const [index, call] of calls.slice(1).entries()) {
          const before = calls[index]!;
          assert.ok(call.nth > before.nth && call.from >= before.to + 1_000);
        }
    }),
    { numRuns: 60 },
  );
});

test('a call that shows the id of its channel delays callers by the id and callers by the name', async () => {
  const { clock, pacer, begun } = startPacer();
  await send(pacer, 'C1', () => undefined);
  await pass(clock, 5_000);
  const endTurn = await pacer.turn('#ci');
  void send(pacer, '#ci', () => begun.push(`#ci at ${clock.now()}`));
  pacer.learnId('#ci', 'C1');
  endTurn?.(true);
  await tick();
  void send(pacer, 'C1', () => begun.push(`C1 at ${clock.now()}`));
  await pass(clock, 3_000);
  assert.deepEqual(begun, ['#ci at 6000', 'C1 at 7000']);
});
