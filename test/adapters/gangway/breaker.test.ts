import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker, type BreakerVerdict } from '../../../src/adapters/gangway/breaker.ts';
import { VirtualClock } from '../../time/virtual-clock.ts';

const fault: BreakerVerdict = { kind: 'fault', says: 'Gangway answered 503' };
const served: BreakerVerdict = { kind: 'served' };
const silent: BreakerVerdict = { kind: 'silent' };
const minute = 60_000;

function start() {
  const clock = new VirtualClock();
  const changes: string[] = [];
  const breaker = new Breaker(clock, () => changes.push(breaker.state));
  const call = (verdict: BreakerVerdict, times = 1) => {
    for (let i = 0; i < times; i += 1) breaker.release(breaker.begin(), verdict);
  };
  return { clock, breaker, changes, call };
}

test('it opens at the fifth fault in a row; what is served breaks the row, what says nothing does not', () => {
  const { breaker, call, changes } = start();
  call(fault, 4);
  call(served);
  assert.deepEqual([breaker.faultsInARow, breaker.lastFault], [0, null]);
  call(fault, 4);
  call(silent, 9);
  assert.deepEqual([breaker.state, breaker.msLeft()], ['closed', 0]);
  call(fault);
  assert.deepEqual([breaker.state, breaker.msLeft(), changes], ['open', 30_000, ['closed', 'open']]);
  assert.deepEqual([breaker.faultsInARow, breaker.lastFault], [5, 'Gangway answered 503']);
});

test('each probe that fails doubles the wait, up to 15 minutes; one that is served ends it all', () => {
  const { clock, breaker, call, changes } = start();
  call(fault, 5);
  const waits: number[] = [];
  for (let i = 0; i < 8; i += 1) {
    waits.push(breaker.msLeft());
    clock.advance(breaker.msLeft() - 1);
    assert.equal(breaker.state, 'open');
    clock.advance(1);
    assert.equal(breaker.state, 'half-open');
    call(fault);
  }
  const seconds = [30, 60, 120, 240, 480, 900, 900, 900];
  assert.deepEqual(
    waits,
    seconds.map((each) => each * 1_000),
  );
  clock.advance(15 * minute);
  call(served);
  assert.deepEqual([breaker.state, breaker.faultsInARow, changes.at(-1)], ['closed', 0, 'closed']);
  call(fault, 5);
  assert.equal(breaker.msLeft(), 30_000);
});

test('a probe that says nothing leaves the next call to be one', () => {
  const { clock, breaker, call } = start();
  call(fault, 5);
  clock.advance(30_000);
  call(silent, 3);
  assert.equal(breaker.state, 'half-open');
  assert.equal(breaker.begin().isProbe, true);
});

test('what was under way when it opened neither prolongs nor ends the wait', () => {
  const { clock, breaker, call } = start();
  const late = Array.from({ length: 8 }, () => breaker.begin());
  call(fault, 5);
  clock.advance(10_000);
  for (const pass of late) breaker.release(pass, fault);
  assert.equal(breaker.msLeft(), 20_000);
  breaker.release(breaker.begin(), served);
  for (const pass of late) breaker.release(pass, fault);
  assert.equal(breaker.state, 'closed');
});
