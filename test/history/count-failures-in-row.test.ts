import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countFailuresInRow } from '../../src/history/statistics.ts';
import type { PastRun } from '../../src/history/past-runs.ts';
import type { JobStatus } from '../../src/job/status.ts';
import { day, hour, makePastRun, now } from './make-past-run.ts';

/** Runs an hour apart, newest first. */
function runsOf(...statuses: JobStatus[]): PastRun[] {
  return statuses.map((status, n) => makePastRun(n + 1, { status }));
}

const rows: [string, JobStatus[], number][] = [
  ['no run', [], 0],
  ['a success', ['SUCCESS'], 0],
  ['failures', ['FAILURE', 'FAILURE', 'FAILURE'], 3],
  ['an error counts', ['ERROR', 'FAILURE'], 2],
  ['a success ends the row', ['FAILURE', 'ERROR', 'SUCCESS', 'FAILURE'], 2],
  ['an aborted run neither counts nor ends it', ['ABORTED', 'FAILURE', 'ABORTED', 'FAILURE', 'SUCCESS'], 2],
  ['nor does one whose end nobody knows', ['FAILURE', 'UNKNOWN', 'FAILURE'], 2],
];

for (const [what, statuses, count] of rows) {
  test(`failures in a row: ${what}`, () => {
    assert.equal(countFailuresInRow(runsOf(...statuses), day, now), count);
  });
}

test('counts what ended within the window, to the millisecond', () => {
  const runs = runsOf('FAILURE', 'FAILURE', 'FAILURE');
  assert.equal(countFailuresInRow(runs, 2 * hour, now), 2);
  assert.equal(countFailuresInRow(runs, 2 * hour - 1, now), 1);
});

test('goes by the start where the end is not told, and leaves out a run without any time', () => {
  const begun = makePastRun(1, { finishedAt: null });
  assert.equal(countFailuresInRow([begun], 2 * hour, now), 1);
  assert.equal(countFailuresInRow([begun], 2 * hour - 1, now), 0);
  assert.equal(countFailuresInRow([{ ...begun, startedAt: null }], day, now), 0);
});

test('a success ends the row whenever it was', () => {
  const passed = makePastRun(2, { status: 'SUCCESS', startedAt: null, finishedAt: null });
  assert.equal(countFailuresInRow([makePastRun(1), passed, makePastRun(3)], day, now), 1);
});
