import type { PastRun } from '../../src/history/past-runs.ts';

export const now = Date.parse('2026-06-01T10:00:00Z');
export const hour = 60 * 60_000;
export const day = 24 * hour;

/** A run that ended `n` hours before `now`: the newer it is, the larger its build id. */
export function makePastRun(n: number, changes: Partial<PastRun> = {}): PastRun {
  return {
    buildId: String(2_000_000_000_000_000_000n - BigInt(n)),
    prowJobId: `run-${n}`,
    status: 'FAILURE',
    startedAt: now - (n + 1) * hour,
    finishedAt: now - n * hour,
    attempt: 0,
    ...changes,
  };
}
