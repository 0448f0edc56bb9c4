import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeDelay } from '../../../src/rules/decide/decide.ts';
import { day, hour, minute, now, retryFor } from '../matchers/failed-run.ts';

type Row = [retry: object, attempt: number, chance: number, lastAttemptAt: number | null, delayMs: number];

const rows: Row[] = [
  [{ delay: '30m' }, 0, 0.5, null, 30 * minute],
  [{ delay: '0s' }, 0, 0.99, null, 0],
  [{ delay: '30m' }, 3, 0.5, null, 30 * minute],
  [{ delay: '30m', backoff: 2 }, 0, 0.5, null, 30 * minute],
  [{ delay: '30m', backoff: 2 }, 1, 0.5, null, hour],
  [{ delay: '30m', backoff: 1.5 }, 2, 0.5, null, 67.5 * minute],
  [{ delay: '30m', backoff: 2, max_delay: '4h' }, 3, 0.5, null, 4 * hour],
  [{ delay: '30m', backoff: 2, max_delay: '4h' }, 9, 0.5, null, 4 * hour],
  [{ delay: '1h', max_delay: '30m' }, 0, 0.5, null, 30 * minute],
  // Without a max_delay no attempt waits longer than a week, or its date would be none.
  [{ delay: '7d', backoff: 10, attempts: 10 }, 9, 0.5, null, 7 * day],
  [{ delay: '100m', jitter: 0.1 }, 0, 0, null, 90 * minute],
  [{ delay: '100m', jitter: 0.1 }, 0, 0.5, null, 100 * minute],
  [{ delay: '100m', jitter: 0.1 }, 0, 0.75, null, 105 * minute],
  [{ delay: '100m', jitter: 1 }, 0, 0, null, 0],
  [{ delay: '100m', backoff: 2, max_delay: '150m', jitter: 0.1 }, 4, 0, null, 135 * minute],
  [{ delay: '5m', cooldown: '1h' }, 0, 0.5, null, 5 * minute],
  [{ delay: '5m', cooldown: '1h' }, 0, 0.5, now - 20 * minute, 40 * minute],
  [{ delay: '5m', cooldown: '1h' }, 0, 0.5, now - 58 * minute, 5 * minute],
  [{ delay: '5m', cooldown: '1h' }, 0, 0.5, now - 2 * hour, 5 * minute],
  // Another chain's attempt is due in 20 minutes.
  [{ delay: '5m', cooldown: '1h' }, 0, 0.5, now + 20 * minute, 80 * minute],
  [{ delay: '5m' }, 0, 0.5, now + 20 * minute, 5 * minute],
  [{ delay: '5m', cooldown: '0s' }, 0, 0.5, now + 20 * minute, 5 * minute],
  [{ delay: '5m', cooldown: '1h', max_delay: '6m', jitter: 0.5 }, 0, 0, now, hour],
];

for (const [retry, attempt, chance, lastAttemptAt, delayMs] of rows) {
  const last = lastAttemptAt === null ? 'none before' : `one at ${(lastAttemptAt - now) / minute}m`;
  test(`${JSON.stringify(retry)} after attempt ${attempt}, chance ${chance}, ${last}: ${delayMs / minute}m`, () => {
    const moment = { now, random: () => chance };
    assert.equal(computeDelay(retryFor({ attempts: 10, ...retry }), attempt, lastAttemptAt, moment), delayMs);
  });
}
