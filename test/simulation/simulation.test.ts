import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeBreaches, toFinding } from './findings.ts';
import { runSeed } from './run-seed.ts';

test('in 20 worlds that go wrong, every invariant holds', async () => {
  const breaches: string[] = [];
  for (let seed = 1; seed <= 20; seed += 1) {
    const finding = toFinding(await runSeed(seed));
    if (finding.breaches.length > 0) breaches.push(describeBreaches(finding));
  }
  assert.equal(breaches.join('\n'), '');
});

test('the same seed is the same world, to the last step', async () => {
  for (const seed of [350, 443]) {
    const [once, twice] = [await runSeed(seed), await runSeed(seed)];
    assert.ok(once.trace.length > 10);
    assert.deepEqual(twice.trace, once.trace);
    assert.deepEqual(twice.tally, once.tally);
  }
});

test('a breach says how to see it again', () => {
  const finding = { seed: 17, accepted: 1, attempts: 0, fired: [], held: [] };
  const breach = { invariant: 'every accepted failure ends', what: 'run 1 is lost' } as const;
  const text = describeBreaches({ ...finding, breaches: [breach] });
  assert.match(text, /every accepted failure ends: run 1 is lost/);
  assert.match(text, /npm run simulate -- --seed 17$/);
});
