import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import * as fc from 'fast-check';
import { SlackPacer, type ChatMethod } from '../../../../src/adapters/slack/outbound/pacer.ts';
import { VirtualClock } from '../../../time/virtual-clock.ts';

function lanesForTest() {
  const clock = new VirtualClock(0);
  return { clock, lanes: new SlackPacer(clock), begun: [] as string[] };
}

/** Sends at once when the turn comes. */
async function send(lanes: SlackPacer, channel: string, whenTurn: () => void): Promise<void> {
  const endTurn = await lanes.turn(channel);
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
  const { clock, lanes, begun } = lanesForTest();
  for (const name of ['a1', 'a2', 'a3', 'b1'])
    void send(lanes, name.slice(0, 1), () => begun.push(`${name} at ${clock.now()}`));
  await pass(clock, 2_000);
  assert.deepEqual(begun, ['a1 at 0', 'b1 at 0', 'a2 at 1000', 'a3 at 2000']);
});

test('the second counts from the end of a call, and one without a call takes none', async () => {
  const { clock, lanes, begun } = lanesForTest();
  const first = await lanes.turn('a');
  const visit = async (name: string): Promise<void> => {
    const endTurn = await lanes.turn('a');
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

test('a name and its id share a lane once they are known to be one channel', async () => {
  const { clock, lanes, begun } = lanesForTest();
  await send(lanes, '#ci', () => lanes.join('#ci', 'C1'));
  await send(lanes, 'C2', () => lanes.join('#other', 'C2'));
  for (const name of ['C1', '#ci', '#other', 'C2'])
    void send(lanes, name, () => begun.push(`${name} at ${clock.now()}`));
  await pass(clock, 3_000);
  assert.deepEqual(begun, ['C1 at 1000', '#other at 1000', '#ci at 2000', 'C2 at 2000']);
});

test('who waits under the name waits on under the id, and in one order', async () => {
  const { clock, lanes, begun } = lanesForTest();
  const first = await lanes.turn('#ci');
  const other = await lanes.turn('C1');
  for (const name of ['#ci', 'C1', '#ci'])
    void send(lanes, name, () => begun.push(`${name} at ${clock.now()}`));
  lanes.join('#ci', 'C1');
  assert.equal(lanes.waiting, 3);
  first?.(true);
  other?.(true);
  await pass(clock, 3_000);
  assert.deepEqual(begun, ['C1 at 1000', '#ci at 2000', '#ci at 3000']);
  assert.equal(lanes.waiting, 0);
});

test('rewritings are at most 48 a minute over all channels, messages as many as there are channels', async () => {
  const { clock, lanes } = lanesForTest();
  const passed: number[] = [];
  for (let nth = 0; nth < 60; nth += 1) void lanes.pass('chat.update').then(() => passed.push(clock.now()));
  const posted = Promise.all(Array.from({ length: 60 }, () => lanes.pass('chat.postMessage')));
  await tick();
  await posted;
  await pass(clock, 60_000);
  assert.equal(passed.filter((at) => at < 60_000).length, 48);
});

test('says whether a pass took time', async () => {
  const { clock, lanes } = lanesForTest();
  assert.equal(await lanes.pass('chat.update'), 'at-once');
  const second = lanes.pass('chat.update');
  await pass(clock, 1_250);
  assert.equal(await second, 'waited');
  await pass(clock, 1_250);
  assert.equal(await lanes.pass('chat.update'), 'at-once');
});

test('a pause holds the whole method and no other', async () => {
  const { clock, lanes, begun } = lanesForTest();
  lanes.pause('chat.postMessage', 30_000);
  lanes.pause('chat.postMessage', 10_000);
  const note = (method: ChatMethod) =>
    lanes.pass(method).then(() => begun.push(`${method} at ${clock.now()}`));
  void note('chat.postMessage');
  void note('chat.update');
  await pass(clock, 30_000);
  assert.deepEqual(begun, ['chat.update at 0', 'chat.postMessage at 30000']);
});

test('a clock that is set back lengthens no wait beyond the gap', async () => {
  let now = 1_000_000_000;
  const timers: (() => void)[] = [];
  const lanes = new SlackPacer({
    now: () => now,
    elapsed: () => now,
    at: (_, what) => (timers.push(what), () => {}),
    after: () => () => {},
  });
  await send(lanes, 'a', () => {});
  now -= 500_000_000;
  let isServed = false;
  void send(lanes, 'a', () => (isServed = true));
  now += 1_000;
  timers.pop()?.();
  await tick();
  assert.ok(isServed);
});

test('closing sends away who waits and who comes later, and leaves no timer', async () => {
  const { clock, lanes } = lanesForTest();
  await send(lanes, 'a', () => {});
  await lanes.pass('chat.update');
  const waiting = [lanes.turn('a'), lanes.pass('chat.update')];
  lanes.close();
  const later = [lanes.turn('a'), lanes.turn('new'), lanes.pass('chat.postMessage')];
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
      const { clock, lanes } = lanesForTest();
      const served: Record<string, { nth: number; from: number; to: number }[]> = { a: [], b: [] };
      const visitNth = async (nth: number, channel: string, tookMs: number): Promise<void> => {
        const endTurn = await lanes.turn(channel);
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

test('the call that tells the id of its channel keeps those waiting who go by the id, and those who wait by the name', async () => {
  const { clock, lanes, begun } = lanesForTest();
  await send(lanes, 'C1', () => undefined);
  await pass(clock, 5_000);
  const endTurn = await lanes.turn('#ci');
  void send(lanes, '#ci', () => begun.push(`#ci at ${clock.now()}`));
  lanes.join('#ci', 'C1');
  endTurn?.(true);
  void send(lanes, 'C1', () => begun.push(`C1 at ${clock.now()}`));
  await pass(clock, 3_000);
  assert.deepEqual(begun, ['#ci at 6000', 'C1 at 7000']);
});
