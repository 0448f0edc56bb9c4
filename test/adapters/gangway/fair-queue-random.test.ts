import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FairQueue, type Ticket } from '../../../src/adapters/gangway/fair-queue.ts';
import { seed } from '../../rules/language/random-rules.ts';
import { startQueue } from './queue-for-test.ts';

const tickets: fc.Arbitrary<Ticket> = fc.record({
  token: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  isKnown: fc.boolean(),
  isDemanded: fc.constantFrom(false, false, false, true),
  urgency: fc.constantFrom('trigger', 'lookup', 'verification'),
});

const steps = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('ask' as const), ticket: tickets }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('taken' as const, 'refused' as const),
      token: fc.constantFrom('a', 'b', 'c', 'd'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 20_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause' as const), ms: fc.nat({ max: 30_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('hold', 'release', 'turn away') }) },
);

const rate = { calls: 30, perMs: 60_000, burst: 4 };

test('each call is served once within the rate, or is rejected', async () => {
  const property = fc.asyncProperty(
    fc.array(steps, { maxLength: 120 }),
    fc.boolean(),
    async (list, closes) => {
      const { clock, order, queue, pass } = startQueue(rate);
      const begun: number[] = [];
      const ends: Promise<string>[] = [];
      for (const step of list) {
        if (step.kind === 'ask') {
          const turn = queue.turn(step.ticket, () => begun.push(clock.now()));
          ends.push(turn.then(({ kind }) => kind));
        } else if (step.kind === 'refused') order.noteRefused(step.token);
        else if (step.kind === 'taken') order.noteTaken(step.token);
        else if (step.kind === 'pass') await pass(step.ms);
        else if (step.kind === 'pause') queue.pauseFor(step.ms);
        else if (step.kind === 'hold') queue.pauseAll();
        else if (step.kind === 'release') queue.resumeAll();
        else queue.rejectAll();
      }
      if (closes) queue.close();
      else queue.resumeAll();
      await pass(30_000 + ends.length * 2_000);
      const outcomes = await Promise.all(ends);
      assert.equal(outcomes.filter((each) => each === 'begun').length, begun.length);
      assert.ok(closes || !outcomes.includes('closed'));
      assert.equal(clock.nextDue(), null);
      for (const [n, from] of begun.entries()) {
        for (const [more, to] of begun.slice(n).entries()) {
          assert.ok(
            more + 1 <= rate.burst + (to - from) / 2_000 + 1e-6,
            `${more + 1} calls in ${to - from} ms`,
          );
        }
      }
    },
  );
  await fc.assert(property, { seed, numRuns: 150 });
});

test('every token is served, however many calls the others bring', () => {
  /** Of 4 turns 3 go to each of three ranks before it, and of its token's calls likewise; it shares with 8 tokens. */
  const maxTurns = 64 * 16 * 2 * 8;
  const property = fc.property(
    fc.array(tickets, { minLength: 1, maxLength: 6 }),
    fc.array(tickets, { minLength: 8, maxLength: 24 }),
    fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
    (ours, flood, refused) => {
      const queue = new FairQueue<number>();
      for (const token of refused) queue.noteRefused(token);
      for (const [n, each] of ours.entries()) queue.add(each, n);
      const waiting = new Set(ours.keys());
      for (let turn = 0; waiting.size > 0; turn += 1) {
        assert.ok(
          turn < ours.length * maxTurns,
          `${[...waiting].map((n) => JSON.stringify(ours[n])).join()} waits`,
        );
        // One call comes for each that goes, so there is always something to serve in its place.
        queue.add(flood[turn % flood.length]!, -1);
        waiting.delete(queue.take() ?? -1);
      }
    },
  );
  fc.assert(property, { seed, numRuns: 100 });
});

test('nothing is lost or served twice while tokens are taken and refused', () => {
  const noted = fc.record({ token: fc.constantFrom('a', 'b', 'c'), isTaken: fc.boolean(), turns: fc.nat(4) });
  const property = fc.property(fc.array(fc.tuple(tickets, noted), { maxLength: 200 }), (list) => {
    const queue = new FairQueue<number>();
    const served: number[] = [];
    const take = (): boolean => {
      const call = queue.take();
      if (call !== undefined) served.push(call);
      return call !== undefined;
    };
    for (const [n, [each, { token, isTaken, turns }]] of list.entries()) {
      queue.add(each, n);
      if (isTaken) queue.noteTaken(token);
      else queue.noteRefused(token);
      for (let turn = 0; turn < turns - 1; turn += 1) take();
    }
    while (take());
    assert.deepEqual(
      served.toSorted((a, b) => a - b),
      list.map((_, n) => n),
    );
  });
  fc.assert(property, { seed });
});
