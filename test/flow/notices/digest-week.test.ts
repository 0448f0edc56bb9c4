import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import * as fc from 'fast-check';
import { findDigestWeek, findNextDigest } from '../../../src/flow/notices/digest.ts';

const cases: [now: string, name: string, from: string][] = [
  ['2026-11-23T08:00:00Z', '2026-W47', '2026-11-16'],
  ['2026-11-23T07:59:59.999Z', '2026-W46', '2026-11-09'],
  ['2026-11-23T00:00:00Z', '2026-W46', '2026-11-09'],
  ['2026-11-30T07:59:59.999Z', '2026-W47', '2026-11-16'],
  ['2024-03-05T12:00:00Z', '2024-W09', '2024-02-26'],
  ['2026-01-05T08:00:00Z', '2026-W01', '2025-12-29'],
  ['2027-01-04T08:00:00Z', '2026-W53', '2026-12-28'],
  ['2027-01-11T08:00:00Z', '2027-W01', '2027-01-04'],
  ['2021-01-04T08:00:00Z', '2020-W53', '2020-12-28'],
  ['1970-01-01T00:00:00Z', '1969-W52', '1969-12-22'],
];

describe('the last week that was to be told', () => {
  for (const [now, name, from] of cases) {
    it(`is ${name} at ${now}`, () => {
      const week = findDigestWeek(Date.parse(now));
      assert.deepEqual([week.name, new Date(week.from).toISOString()], [name, `${from}T00:00:00.000Z`]);
    });
  }
});

test('every moment has its week, from Monday to Monday, and weeks have names of their own', () => {
  const property = fc.property(fc.integer({ min: 0, max: Date.UTC(2200, 0) }), (now) => {
    const { name, from, to, dueAt } = findDigestWeek(now);
    assert.equal(new Date(from).getUTCDay(), 1);
    assert.match(new Date(dueAt).toISOString(), /T08:00:00\.000Z$/);
    const next = findNextDigest(now);
    assert.ok(to < dueAt && dueAt <= now && now < next);
    assert.deepEqual([to - from, next - dueAt], [604_800_000, 604_800_000]);
    const following = findDigestWeek(next);
    assert.equal(following.from, to);
    assert.ok(following.name > name);
  });
  fc.assert(property, { numRuns: 2_000, seed: 47 });
});
