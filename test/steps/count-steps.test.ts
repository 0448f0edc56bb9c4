import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { countSteps } from './count-steps.ts';

let sum = 0;

function visitAll(items: number): void {
  for (let at = 0; at < items; at += 1) sum += at;
}

function visitPairs(items: number): void {
  for (let at = 0; at < items; at += 1) visitAll(items);
}

test('a loop counts each round, however often it has run before', async () => {
  for (let time = 0; time < 5; time += 1) {
    const steps = await countSteps(() => visitAll(50_000));
    assert.ok(steps >= 50_000 && steps <= 50_100, `${steps} steps`);
  }
});

test('work that grows with the square of its size shows it', async () => {
  const [once, twice] = [await countSteps(() => visitPairs(200)), await countSteps(() => visitPairs(400))];
  assert.ok(twice > 3.5 * once, `${once} steps, then ${twice}`);
});

test('work that waits is counted to its end', async () => {
  const steps = await countSteps(async () => {
    await setImmediate();
    visitAll(1_000);
  });
  assert.ok(steps >= 1_000, `${steps} steps`);
});
