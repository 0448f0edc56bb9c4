import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { World } from '../../end-to-end/start-world.ts';
import type { ProwRun } from '../../prow/cluster/prow-run.ts';
import type { Outcome } from '../../prow/cluster/run-plan.ts';
import { hour, prowForTest } from '../../prow/prow-for-test.ts';
import type { Prow } from '../../prow/start-prow.ts';
import { folderForTest, runCommand, settingsFor } from '../run-command.ts';

const aws = 'periodic-ci-acme-shop-main-e2e-aws';
const gcp = 'periodic-ci-acme-shop-main-e2e-gcp';

/** The command reads the system's clock. */
function record(prow: Prow, name: string, past: [outcome: Outcome, ago: number][]): ProwRun[] {
  prow.defineJob({ name, type: 'periodic', plan: [] });
  return past.map(([outcome, ago]) => prow.recordPast(name, { outcome }, Date.now() - ago * hour));
}

/** Directories with rules for these phases: a rule for each, named after it. */
async function rulesDirs(
  t: TestContext,
  ...sets: { phases: string[]; budgets?: object[] }[]
): Promise<string[]> {
  const parent = await folderForTest(t);
  return Promise.all(
    sets.map(async ({ phases, budgets = [] }, index) => {
      const directory = join(parent, `set-${index}`);
      const rules = phases.map((phase) => ({
        name: phase,
        match: { phase },
        retry: { attempts: 1, delay: '30m' },
      }));
      await mkdir(directory);
      await writeFile(join(directory, 'rules.yaml'), JSON.stringify({ rules, budgets }));
      return directory;
    }),
  );
}

/** Two jobs: of the lease failures one was followed by a pass, of the setup failures none. */
async function startPast(t: TestContext) {
  const { prow } = await prowForTest(t);
  const awsRuns = record(prow, aws, [
    ['pass', 400],
    ['fail-pre', 350],
    ['pass', 100],
    ['fail-lease', 80],
    ['pass', 60],
    ['fail-lease', 40],
    ['fail-pre', 20],
  ]);
  const gcpRuns = record(prow, gcp, [['fail-test', 30]]);
  return { prow, awsRuns, gcpRuns };
}

suite('rules replay', { concurrency: 2 }, () => {
  test('compares two rule sets over the past of jobs that are named, without a service', async (t) => {
    const { prow, awsRuns } = await startPast(t);
    const [now, other] = await rulesDirs(t, { phases: ['pre'] }, { phases: ['lease'] });
    const env = { ...settingsFor(prow), RETRIGGER_RULES_DIR: now! };
    const args = ['rules', 'replay', '--since', '14d', '--against', other!, '--job', aws, '--job', gcp];
    const { code, stdout, stderr } = await runCommand(args, env);
    assert.deepEqual([code, stderr], [0, '']);
    const lease = 'skip no-rule-matched → retry matched (lease) after 30m';
    const lines = stdout.trimEnd().split('\n');
    const day = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d';
    assert.match(
      lines[0]!,
      RegExp(`^${day}  ${aws}  ${awsRuns[3]!.buildId}  ${lease.replaceAll(/[()]/g, '\\$&')}$`),
    );
    assert.ok(lines[1]!.endsWith(`${awsRuns[5]!.buildId}  ${lease}`));
    assert.ok(lines[2]!.endsWith('retry matched (pre) after 30m → skip no-rule-matched'));
    assert.deepEqual(lines.slice(3), [
      '',
      `${now}: 4 failed runs judged, 1 attempt`,
      '  no-rule-matched 3, matched 1',
      `${other}: 4 failed runs judged, 2 attempts`,
      '  matched 2, no-rule-matched 2',
      'Balance: +1 attempt',
      `  2 by ${other} alone: the job's next run passed after 1 of these failures (a hint, no promise)`,
      `  1 by ${now} alone: the job's next run passed after 0 of these failures, 1 had no next run yet (a hint, no promise)`,
    ]);
    assert.deepEqual([prow.gangway.calls.length, prow.slack.delivered.length], [0, 0]);
    const paths = prow.bucket.calls.map(({ path }) => path);
    assert.equal(new Set(paths).size, paths.length, 'nothing is read twice');
  });

  test('what differs only in the name of the rule is counted', async (t) => {
    const { prow } = await startPast(t);
    const [now, other] = await rulesDirs(t, { phases: ['pre', 'lease'] }, { phases: ['lease'] });
    const text = { name: 'set-up', match: { phase: 'lease' }, retry: { attempts: 1, delay: '30m' } };
    await writeFile(join(other!, 'rules.yaml'), JSON.stringify({ rules: [text] }));
    const args = ['rules', 'replay', '--since', '14d', '--rules', now!, '--against', other!, '--job', aws];
    const { code, stdout } = await runCommand(args, settingsFor(prow));
    const [first, second, third] = stdout.split('\n');
    assert.equal(code, 0);
    assert.match(first!, /retry matched \(pre\) after 30m → skip no-rule-matched$/);
    assert.deepEqual([second, third], ["2 more differ only in the rule's name", '']);
  });

  test('without --against, says what the present rules would have done, by job and rule', async (t) => {
    const { prow } = await startPast(t);
    const [dir] = await rulesDirs(t, {
      phases: ['lease', 'pre'],
      budgets: [{ job: '*', retries: 2, per: '7d' }],
    });
    const args = ['rules', 'replay', '--since', '14d', '--rules', dir!, '--job', aws, '--job', gcp];
    const { code, stdout, stderr } = await runCommand(args, settingsFor(prow));
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      'JOB                                 RULE   DECISION              RUNS',
      `${aws}  lease  retry matched         2`,
      `${aws}  pre    skip budget-spent     1`,
      `${gcp}  -      skip no-rule-matched  1`,
      '',
      `${dir}: 4 failed runs judged, 2 attempts`,
      '  matched 2, budget-spent 1, no-rule-matched 1',
    ]);
  });

  test('answers as JSON, every judged run included', async (t) => {
    const { prow, gcpRuns } = await startPast(t);
    const [now, other] = await rulesDirs(t, { phases: ['pre'] }, { phases: ['test'] });
    const args = [
      'rules',
      'replay',
      '--since',
      '2d',
      '--against',
      other!,
      '--rules',
      now!,
      '--job',
      gcp,
      '--json',
    ];
    const { code, stdout } = await runCommand(args, settingsFor(prow));
    const answer = JSON.parse(stdout);
    const [run] = answer.runs;
    assert.equal(code, 0);
    assert.deepEqual([answer.rules, answer.against, answer.notes], [now, other, []]);
    assert.equal(Date.parse(answer.until) - Date.parse(answer.since), 48 * hour);
    assert.deepEqual(answer.jobs, [
      { job_name: gcp, folder: `logs/${gcp}`, runs_read: 1, failed: 1, cut: false, unread: [] },
    ]);
    assert.deepEqual([run.job_name, run.build_id, run.url], [gcp, gcpRuns[0]!.buildId, gcpRuns[0]!.url]);
    assert.deepEqual(
      [
        run.status,
        run.phase,
        run.next_run,
        run.differs,
        run.before.reason,
        run.after.rule,
        run.after.delay_ms,
      ],
      ['FAILURE', 'test', null, true, 'no-rule-matched', 'test', 1_800_000],
    );
    assert.deepEqual(answer.totals.after, { judged: 1, attempts: 1, reasons: { matched: 1 }, held: 0 });
    assert.deepEqual(answer.balance, {
      attempts: 1,
      only_before: { attempts: 0, followed_by_pass: 0, next_unknown: 0 },
      only_after: { attempts: 1, followed_by_pass: 0, next_unknown: 1 },
    });
  });

  test('asks the service for its jobs, those of pull requests included, and takes a glob', async (t) => {
    const world = await World.start(t, { prow: {} });
    // The service's clock stands still in the past; the command's does not.
    world.clock.advanceTo(Date.now());
    const refs = { org: 'acme', repo: 'shop', base_ref: 'main', base_sha: 'a'.repeat(40) };
    const pull = 'pull-ci-acme-shop-main-e2e-aws';
    const pulls = [{ number: 7, author: 'ann', sha: 'b'.repeat(40) }];
    world.prow.defineJob({ name: pull, type: 'presubmit', plan: [], refs: { ...refs, pulls } });
    const ago = (hours: number): number => world.clock.now() - hours * hour;
    await world.notifyOf(world.prow.recordPast(pull, { outcome: 'fail-test' }, ago(5)));
    record(world.prow, gcp, [
      ['fail-pre', 30],
      ['fail-test', 5],
    ]);
    await world.notifyOf(world.prow.runs.at(-1)!);
    await world.until('both are judged', async () =>
      (await world.chains()).every(({ state }) => state === 'skipped'),
    );
    const env = { ...settingsFor(world.prow), RETRIGGER_LISTEN_PORT: new URL(world.service.url).port };
    const [all, some, none] = await Promise.all([
      runCommand(['rules', 'replay', '--since', '7d', '--json'], env),
      runCommand(['rules', 'replay', '--since', '7d', '--json', '--job', 'pull-*'], env),
      runCommand(['rules', 'replay', '--since', '7d', '--job', 'nobody-*'], env),
    ]);
    const failed = (text: string): string[] =>
      JSON.parse(text).runs.map((run: { job_name: string }) => run.job_name);
    assert.deepEqual(failed(all.stdout).toSorted(), [gcp, gcp, pull]);
    assert.deepEqual(failed(some.stdout), [pull]);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /has no chain of nobody-\* since .+--job NAME, which needs no service/);
  });

  test('what could not be read is told, and the rest is judged', async (t) => {
    const { prow, awsRuns } = await startPast(t);
    const { buildId } = awsRuns[6]!;
    prow.bucket.fault({ path: `${buildId}/finished.json`, kind: '503' });
    const args = ['rules', 'replay', '--since', '3d', '--job', aws, '--job', 'periodic-gone'];
    const { code, stdout, stderr } = await runCommand(args, settingsFor(prow));
    assert.equal(code, 0);
    assert.match(stdout, /1 failed run judged, 0 attempts/);
    assert.match(stderr, RegExp(`^Not read in logs/${aws}: .+${buildId}.+HTTP 503\\.$`, 'm'));
    assert.match(stderr, /^No bucket has a finished run in logs\/periodic-gone\.$/m);
  });

  test('a quiet time is fine', async (t) => {
    const { prow } = await startPast(t);
    const { code, stdout } = await runCommand(
      ['rules', 'replay', '--since', '1h', '--job', aws],
      settingsFor(prow),
    );
    assert.deepEqual([code, stdout], [0, 'No run that ended in the last 1h failed.\n']);
  });

  const troubles: [args: string[], env: Record<string, string>, code: number, says: RegExp][] = [
    [[], {}, 2, /required option '--since <duration>'/],
    [['--since', 'soon'], {}, 2, /'soon' is invalid. Write a duration such as 14d/],
    [['--since', '0d'], {}, 2, /Write a duration/],
    [['--since', '9999d'], {}, 2, /at most 365d/],
    [['--since', '1d', '--job', 'a/b'], {}, 2, /a\/b is neither a job's name nor a glob/],
    [
      ['--since', '1d', '--job', 'a', '--against', '/nowhere'],
      {},
      2,
      /\/nowhere: the directory cannot be read/,
    ],
    [
      ['--since', '1d', '--job', 'a', '--rules', '/nowhere'],
      {},
      2,
      /\/nowhere: the directory cannot be read/,
    ],
    [['--since', '1d'], {}, 1, /No service answers at .+ Or name jobs with --job NAME/],
    [['--since', '1d', '--job', 'a', '--job', 'a*'], {}, 1, /No service answers/],
    [
      ['--since', '1d', '--job', 'a'],
      {},
      1,
      /^Nothing could be read\.\n {2}No bucket has a finished run in logs\/a\./,
    ],
    [
      ['--since', '1d', '--job', 'a'],
      { RETRIGGER_GCS_URL: 'http://127.0.0.1:1' },
      1,
      /^Nothing could be read\.\n {2}logs\/a could not be listed: ECONNREFUSED/,
    ],
  ];
  for (const [args, env, expected, says] of troubles) {
    test(`${['rules replay', ...args].join(' ')} ${Object.keys(env).join()} ends with ${expected}`, async (t) => {
      const { prow } = await prowForTest(t);
      const end = await runCommand(['rules', 'replay', ...args], { ...settingsFor(prow), ...env });
      assert.deepEqual([end.code, end.stdout], [expected, '']);
      assert.match(end.stderr, says);
    });
  }
});
