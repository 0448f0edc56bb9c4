import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import type { JobDefinition } from '../prow/cluster/job-definition.ts';
import { hour, prowForTest } from '../prow/prow-for-test.ts';
import { folderForTest, runCommand, settingsFor } from './run-command.ts';

const periodic: JobDefinition = { name: 'periodic-ci-acme-shop-main-e2e-aws', type: 'periodic', plan: [] };
const presubmit: JobDefinition = {
  name: 'pull-ci-acme-shop-main-e2e-aws',
  type: 'presubmit',
  plan: [],
  refs: {
    org: 'acme',
    repo: 'shop',
    base_ref: 'main',
    base_sha: 'a'.repeat(40),
    pulls: [{ number: 7, author: 'ann', sha: 'b'.repeat(40) }],
  },
};

suite('explain', { concurrency: 2 }, () => {
  const runs: [what: string, job: JobDefinition, plan: RunPlan, says: RegExp[]][] = [
    [
      'a failed setup, which would be tried again',
      periodic,
      { outcome: 'fail-pre' },
      [
        /^phase +pre$/m,
        /^steps +ipi-install-install$/m,
        /^It would be tried again: matched \(rule setup-failure\)$/m,
      ],
    ],
    [
      'a failed test, and why it is left alone',
      periodic,
      { outcome: 'fail-test' },
      [/^It would not be tried again: no-rule-matched$/m, /phase is test, it asks for pre/],
    ],
    [
      'a presubmit, and why it is left alone',
      presubmit,
      { outcome: 'fail-pre' },
      [/^type +presubmit$/m, /type is presubmit, it asks for periodic/],
    ],
    ['a run that passed', periodic, { outcome: 'pass' }, [/^It would not be tried again: not-failed$/m]],
    [
      'a run without its JUnit and log',
      periodic,
      { outcome: 'fail-pre', junit: 'missing', buildLog: 'missing' },
      [
        /^It would not be tried again: evidence-missing/m,
        /^gap +artifacts\/junit_operator.xml is not there$/m,
      ],
    ],
  ];
  for (const [what, job, plan, says] of runs) {
    test(`shows ${what}, by job and build id and by address alike`, async (t) => {
      const { prow, clock } = await prowForTest(t);
      prow.defineJob(job);
      const run = prow.recordPast(job.name, plan, clock.now() - 10 * hour);
      const [byId, byUrl] = await Promise.all([
        runCommand(t, ['explain', job.name, run.buildId], settingsFor(prow)),
        runCommand(t, ['explain', run.url], settingsFor(prow)),
      ]);
      assert.deepEqual([byId.code, byId.stderr], [0, '']);
      assert.deepEqual(byUrl, byId);
      assert.ok(byId.stdout.startsWith(`${run.url}\n`));
      for (const line of says) assert.match(byId.stdout, line);
      assert.equal(prow.gangway.calls.length, 0);
    });
  }

  test('answers as JSON', async (t) => {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob(periodic);
    const run = prow.recordPast(periodic.name, { outcome: 'fail-pre' }, clock.now() - 10 * hour);
    const { stdout } = await runCommand(t, ['explain', run.url, '--json'], settingsFor(prow));
    const { job_name: job, build_id: build, evidence, decision } = JSON.parse(stdout);
    assert.deepEqual(
      [job, build, evidence.phase, decision.reason],
      [periodic.name, run.buildId, 'pre', 'matched'],
    );
  });

  test('a run that is not there, a bucket that is away, and rules that are bad', async (t) => {
    const { prow } = await prowForTest(t);
    const run = ['explain', periodic.name, '1602362182819909632'];
    const rules = await folderForTest(t);
    const troubles: [env: Record<string, string>, code: number, says: RegExp][] = [
      [{}, 1, /The bucket test-platform-results has no run 1602362182819909632 of periodic/],
      [{ RETRIGGER_GCS_URL: 'http://127.0.0.1:1' }, 1, /The bucket could not be read: ECONNREFUSED/],
      [{ RETRIGGER_RULES_DIR: `${rules}/none` }, 2, /\/none: the directory cannot be read/],
    ];
    const ends = await Promise.all(
      troubles.map(([env]) => runCommand(t, run, { ...settingsFor(prow), ...env })),
    );
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      const [, expected, says] = troubles[index]!;
      assert.deepEqual([code, stdout], [expected, '']);
      assert.match(stderr, says);
    }
  });
});
