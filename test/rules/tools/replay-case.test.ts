import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Evidence } from '../../../src/evidence/evidence.ts';
import type { PastRun } from '../../../src/history/past-runs.ts';
import { markLineage } from '../../../src/trigger/lineage.ts';
import { type Failure, type JobRecord, listCases } from '../../../src/rules/tools/replay-case.ts';
import { hour, makePastRun, now } from '../../history/make-past-run.ts';
import { failedRun } from '../matchers/failed-run.ts';

/** The failure of a past run; as attempt `attempt` of `root` where that is given. */
function failureOf(run: PastRun, signature: string | null = null, root: string | null = null): Failure {
  const marks = root === null ? {} : markLineage({ root, attempt: run.attempt });
  const { prowJobId, startedAt, finishedAt } = run;
  const evidence: Partial<Evidence> = { ...marks, signature, prowJobId, startedAt, finishedAt };
  return { buildId: run.buildId, endedAt: finishedAt ?? 0, url: '', evidence: failedRun(evidence).evidence };
}

const jobName = 'job-a';
const builds = (runs: readonly PastRun[] | null): string[] | undefined =>
  runs?.map(({ prowJobId }) => prowJobId ?? '');

suite('the cases of a replay', () => {
  test('come in the order in which the runs of all jobs ended', () => {
    const [a, b, c] = [makePastRun(3), makePastRun(2), makePastRun(1)];
    const records: JobRecord[] = [
      { jobName, runs: [c, a], failures: [failureOf(c), failureOf(a)] },
      { jobName: 'job-b', runs: [b], failures: [failureOf(b)] },
    ];
    assert.deepEqual(
      listCases(records).map(({ run, at }) => [run.jobName, (now - at) / hour]),
      [
        [jobName, 3],
        ['job-b', 2],
        [jobName, 1],
      ],
    );
  });

  test('look back on the runs that had ended by then, and on the last attempt', () => {
    const runs = [
      makePastRun(1),
      makePastRun(2),
      makePastRun(3, { finishedAt: now - 1.5 * hour }),
      makePastRun(4, { attempt: 1, status: 'SUCCESS' }),
      makePastRun(5, { attempt: 2 }),
    ];
    const [found] = listCases([{ jobName, runs, failures: [failureOf(runs[1]!)] }]);
    assert.deepEqual(builds(found!.facts.pastRuns), ['run-4', 'run-5']);
    assert.equal(found!.facts.lastAttemptAt, runs[3]!.startedAt);
  });

  test('know what manages them, attempts of managed runs included', () => {
    const [attempt, first] = [makePastRun(1, { attempt: 1 }), makePastRun(2)];
    const labels = { 'release.openshift.io/verify': 'true' };
    const managed = { ...failureOf(first), evidence: { ...failureOf(first).evidence, labels } };
    const annotations = { 'retrigger/managed-by': 'release-controller' };
    const marked = { ...failureOf(attempt), evidence: { ...failureOf(attempt).evidence, annotations } };
    const found = listCases([{ jobName, runs: [attempt, first], failures: [marked, managed] }]);
    assert.deepEqual(
      found.map(({ run }) => run.managedBy?.by),
      ['release-controller', 'release-controller'],
    );
  });

  test('know their chain: attempt, root and how it failed before', () => {
    const [second, first, alien, root] = [
      makePastRun(1, { attempt: 2 }),
      makePastRun(2, { attempt: 1 }),
      makePastRun(3),
      makePastRun(4),
    ];
    const failures = [
      failureOf(second, 'c', 'run-4'),
      failureOf(first, 'b', 'run-4'),
      failureOf(alien, 'x'),
      failureOf(root, 'a'),
    ];
    const cases = listCases([{ jobName, runs: [second, first, alien, root], failures }]);
    assert.deepEqual(
      cases.map((each) => [each.root, each.run.attempt, each.facts.earlierSignatures.toSorted().join()]),
      [
        ['run-4', 0, ''],
        ['run-3', 0, ''],
        ['run-4', 1, 'a'],
        ['run-4', 2, 'a,b'],
      ],
    );
    assert.equal(cases[2]!.facts.lastAttemptAt, first.startedAt);
  });

  const failed = makePastRun(10);
  const followers: [what: string, later: PastRun[], newerRunAt: number | null, nextStatus: string | null][] =
    [
      ['nothing', [], null, null],
      ['a pass', [makePastRun(5, { status: 'SUCCESS' })], now - 6 * hour, 'SUCCESS'],
      [
        'the nearest of several',
        [makePastRun(2), makePastRun(5, { status: 'ABORTED' })],
        now - 6 * hour,
        'ABORTED',
      ],
      [
        'an attempt, which is nobody’s newer run',
        [makePastRun(5, { attempt: 1, status: 'SUCCESS' })],
        null,
        'SUCCESS',
      ],
      [
        'a run that began while it was running',
        [makePastRun(8, { status: 'SUCCESS' }), makePastRun(9, { startedAt: now - 10.5 * hour })],
        now - 10.5 * hour,
        'SUCCESS',
      ],
      ['its own second build', [makePastRun(9, { prowJobId: 'run-10' })], null, null],
    ];
  for (const [what, later, newerRunAt, nextStatus] of followers) {
    test(`know what followed: ${what}`, () => {
      const [found] = listCases([{ jobName, runs: [...later, failed], failures: [failureOf(failed)] }]);
      assert.deepEqual([found!.newerRunAt, found!.nextStatus], [newerRunAt, nextStatus]);
    });
  }
});
