import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProgressLine } from '../../../src/cli/replay/replay.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';

function startCounting(isTTY: boolean) {
  const written: string[] = [];
  const clock = new VirtualClock();
  const stream = { isTTY, write: (text: string) => written.push(text) > 0 };
  return { clock, written, counter: startProgressLine(stream, clock) };
}

test('counts on one line once it takes long, and leaves nothing behind', () => {
  const { clock, written, counter } = startCounting(true);
  counter.show('1 run');
  clock.advance(1_000);
  counter.show('2 runs');
  counter.show('3 runs');
  counter.clear();
  counter.clear();
  assert.deepEqual(written, ['\r\u001b[K2 runs', '\r\u001b[K3 runs', '\r\u001b[K']);
});

test('says nothing where nobody looks on', () => {
  const { clock, written, counter } = startCounting(false);
  clock.advance(60_000);
  counter.show('2 runs');
  counter.clear();
  assert.deepEqual(written, []);
});
