import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FastClock } from './fast-clock.ts';

const hour = 3_600_000;

test('hours pass in a moment, each timer at its own instant', async () => {
  const clock = new FastClock({ pace: 100_000, start: 0 });
  const seen: number[] = [];
  for (const when of [2 * hour, hour]) clock.at(when, () => void seen.push(clock.now()));
  clock.at(3 * hour, () => clock.stop());
  await clock.run(async () => {});
  assert.deepEqual(seen, [hour, 2 * hour]);
  assert.equal(clock.now(), 3 * hour);
});

test('while somebody works a second is a second, so that no time-out comes early', async () => {
  const clock = new FastClock({ pace: 100_000, start: 0 });
  let work = Promise.resolve();
  let timedOut = false;
  async function checkSoon(): Promise<void> {
    await new Promise<void>((resolve) => clock.at(hour + 200, resolve));
    assert.equal(timedOut, false);
    assert.equal(clock.now(), hour + 200);
  }
  clock.at(hour, () => {
    clock.at(clock.now() + 60_000, () => (timedOut = true));
    work = checkSoon();
  });
  clock.at(2 * hour, () => clock.stop());
  await clock.run(() => work);
  assert.equal(timedOut, true);
});

test('a fault in the work ends the run with it', async () => {
  const clock = new FastClock({ pace: 1, start: 0 });
  await assert.rejects(
    clock.run(() => Promise.reject(new Error('broken'))),
    /broken/,
  );
});
