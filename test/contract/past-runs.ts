import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { PastRun, PastRuns } from '../../src/history/past-runs.ts';
import { makePastRun, now } from '../history/make-past-run.ts';
import { testOnEach } from './test-on-each.ts';

/** Past runs to test, empty, and the way to be done with them. */
export interface PastRunsUnderTest {
  pastRuns: PastRuns;
  stop: () => Promise<void>;
}

const folder = 'logs/periodic-ci-a';
const dayInHours = 24;

function makeRuns(count: number, from = 0): PastRun[] {
  return Array.from({ length: count }, (_, n) => makePastRun(from + n));
}

/** What every memory of past runs must do; run it with a factory of empty ones whose clock stands at `now`. */
export function testPastRuns(
  name: string,
  open: (clock: { now(): number }) => Promise<PastRunsUnderTest>,
): void {
  const each = testOnEach(() => open({ now: () => now }));
  function test(what: string, body: (pastRuns: PastRuns) => Promise<void>): void {
    each(what, ({ pastRuns }) => body(pastRuns));
  }
  describe(`past runs: ${name}`, () => {
    describe('what is kept', () => testKept(test));
    describe('what is forgotten', () => testForgotten(test));
  });
}

type Test = (what: string, body: (pastRuns: PastRuns) => Promise<void>) => void;

function testKept(test: Test): void {
  test('a folder never looked at has none', async (pastRuns) => {
    assert.deepEqual(await pastRuns.known(folder), []);
    await pastRuns.add(folder, []);
    assert.deepEqual(await pastRuns.known(folder), []);
  });

  test('runs come back whole, newest first, however they came', async (pastRuns) => {
    const bare = { prowJobId: null, status: 'UNKNOWN', startedAt: null, finishedAt: null } as const;
    const runs = [
      makePastRun(1, { status: 'SUCCESS', attempt: 2 }),
      makePastRun(2, { status: 'ABORTED' }),
      makePastRun(3, { status: 'ERROR' }),
      makePastRun(4, bare),
      makePastRun(5),
    ];
    await pastRuns.add(
      folder,
      [runs[3], runs[0], runs[4]].filter((run) => run !== undefined),
    );
    await pastRuns.add(folder, runs.slice(1, 3));
    assert.deepEqual(await pastRuns.known(folder), runs);
  });

  test('newest is by number, not by text', async (pastRuns) => {
    const ids = ['10000000000000000000', '9999999999999999999', '42', '7'];
    const runs = ids.map((buildId) => makePastRun(1, { buildId }));
    await pastRuns.add(folder, runs.toReversed());
    assert.deepEqual(await pastRuns.known(folder), runs);
  });

  test('a run that is known stays as it is', async (pastRuns) => {
    const run = makePastRun(1);
    await pastRuns.add(folder, [run]);
    await pastRuns.add(folder, [{ ...run, status: 'SUCCESS' }, makePastRun(2)]);
    assert.deepEqual(await pastRuns.known(folder), [run, makePastRun(2)]);
  });

  test('each folder has its own', async (pastRuns) => {
    const folders = [folder, `${folder}b`, 'logs/Periodic-ci-a', 'pr-logs/pull/org_repo/1/periodic-ci-a'];
    await Promise.all(folders.map((each, n) => pastRuns.add(each, [makePastRun(n)])));
    for (const [n, each] of folders.entries()) {
      assert.deepEqual(await pastRuns.known(each), [makePastRun(n)]);
    }
  });

  test('what is added at once is kept, all of it', async (pastRuns) => {
    const runs = makeRuns(50);
    await Promise.all(runs.map((run) => pastRuns.add(folder, [run])));
    assert.deepEqual(await pastRuns.known(folder), runs);
  });
}

function testForgotten(test: Test): void {
  test('more than 100 runs, oldest first', async (pastRuns) => {
    const runs = makeRuns(130);
    await pastRuns.add(folder, runs.slice(30));
    await pastRuns.add(folder, runs.slice(0, 30));
    assert.deepEqual(await pastRuns.known(folder), runs.slice(0, 100));
  });

  test('what ended more than 90 days ago', async (pastRuns) => {
    const lately = makeRuns(19);
    const edge = makePastRun(90 * dayInHours);
    await pastRuns.add(folder, [
      ...lately,
      edge,
      makePastRun(89 * dayInHours),
      ...makeRuns(5, 91 * dayInHours),
    ]);
    const kept = [...lately, makePastRun(89 * dayInHours), edge];
    assert.deepEqual(await pastRuns.known(folder), kept);
  });

  test('but never the newest 20, which would be read again', async (pastRuns) => {
    const old = makeRuns(25, 91 * dayInHours);
    await pastRuns.add(folder, old);
    assert.deepEqual(await pastRuns.known(folder), old.slice(0, 20));
  });
}
