import assert from 'node:assert/strict';
import { test } from 'node:test';
import { throttleReads } from '../../src/app/readiness.ts';

function setUp() {
  const place = { now: 10_000, looks: 0, fault: null as Error | null };
  const looks: ((seen: number) => void)[] = [];
  const ask = throttleReads({ now: () => place.now }, 1_000, async () => {
    place.looks += 1;
    if (place.fault !== null) throw place.fault;
    return new Promise<number>((resolve) => void looks.push(resolve));
  });
  return { place, ask, end: (seen: number) => looks.shift()?.(seen) };
}

test('many calls at once cost one look, and a second later another one', async () => {
  const { place, ask, end } = setUp();
  const asked = Array.from({ length: 50 }, ask);
  // However long the look takes.
  place.now += 60_000;
  asked.push(ask());
  end(1);
  assert.deepEqual(new Set(await Promise.all(asked)), new Set([1]));
  place.now += 999;
  assert.equal(await ask(), 1);
  assert.equal(place.looks, 1);
  place.now += 1;
  const next = ask();
  end(2);
  assert.equal(await next, 2);
  assert.equal(place.looks, 2);
});

test('the result of a failed look is not reused', async () => {
  const { place, ask, end } = setUp();
  place.fault = new Error('no');
  await assert.rejects(ask(), /no/);
  place.fault = null;
  const next = ask();
  end(1);
  assert.equal(await next, 1);
});

test('after the clock was set back, the result is not reused', async () => {
  const { place, ask, end } = setUp();
  const first = ask();
  end(1);
  await first;
  place.now -= 3_600_000;
  const next = ask();
  end(2);
  assert.equal(await next, 2);
});
