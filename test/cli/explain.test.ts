import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
    [
      'a run that passed, once for all rules',
      periodic,
      { outcome: 'pass' },
      [/^It would not be tried again: not-failed$/m, /\n\nThe run passed, so no rule is asked\.\n$/],
    ],
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
        runCommand(['explain', job.name, run.buildId], settingsFor(prow)),
        runCommand(['explain', run.url], settingsFor(prow)),
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
    const plan: RunPlan = { outcome: 'fail-pre', buildLog: 'missing' };
    const run = prow.recordPast(periodic.name, plan, clock.now() - 10 * hour);
    const { stdout } = await runCommand(['explain', run.url, '--json'], settingsFor(prow));
    const { job_name: job, build_id: build, evidence, decision } = JSON.parse(stdout);
    assert.deepEqual(
      [job, build, evidence.phase, evidence.gaps, decision.reason],
      [periodic.name, run.buildId, 'pre', ['build-log.txt is not there'], 'matched'],
    );
  });

  test('tells how every rule fared, which came nearest, and what the job did before', async (t) => {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob(periodic);
    const plans: RunPlan[] = [{ outcome: 'pass' }, { outcome: 'fail-test' }, { outcome: 'fail-pre' }];
    plans.forEach((plan, index) =>
      prow.recordPast(periodic.name, plan, clock.now() - (90 - index * 5) * hour),
    );
    const labels = { 'retrigger/root': 'some-run', 'retrigger/attempt': '1' };
    prow.recordPast(periodic.name, { outcome: 'fail-test' }, clock.now() - 50 * hour, { labels });
    const run = prow.recordPast(periodic.name, { outcome: 'fail-test' }, clock.now() - 40 * hour);
    const newer = prow.recordPast(periodic.name, { outcome: 'pass' }, clock.now() - 20 * hour);
    const rules = await folderForTest(t);
    const retry = 'retry: {attempts: 1, delay: 30m}';
    await writeFile(
      join(rules, 'r.yaml'),
      `rules:
  - {name: far, match: {type: presubmit, phase: pre}, ${retry}}
  - {name: near, match: {phase: test, step: "ipi-*"}, ${retry}}
  - {name: over, match: {}, expires: 2020-01-01, ${retry}}
`,
    );
    const settings = { ...settingsFor(prow), RETRIGGER_RULES_DIR: rules };
    const [{ stdout }, asJson] = await Promise.all([
      runCommand(['explain', run.url], settings),
      runCommand(['explain', run.url, '--json'], settings),
    ]);
    const lines = [
      /^failures +4 in a row within 14d, this run included$/m,
      /^attempts +1 within 14d before this run, 0 of them passed$/m,
      new RegExp(`^newer run +${newer.buildId}$`, 'm'),
      /^ +1\. Rule far does not match: type is periodic, it asks for presubmit, phase is test, it asks for pre\.$/m,
      /^ +2\. Rule near does not match: step is openshift-e2e-test, it asks for ipi-\*\.$/m,
      /^ +3\. Rule over has expired; before, it would have matched: status is FAILURE\.$/m,
      /^The nearest miss is rule near\.$/m,
    ];
    assert.doesNotMatch(stdout, /superseded/, 'nothing would be tried again');
    for (const line of lines) assert.match(stdout, line);
    const { past, nearest_miss: nearest, trace } = JSON.parse(asJson.stdout);
    assert.deepEqual(past, {
      window_ms: 14 * 24 * hour,
      consecutive_failures: 4,
      attempts: 1,
      flake_rate: 0,
      newer_run: newer.buildId,
      newer_attempt: null,
      gaps: [],
    });
    assert.deepEqual([nearest, trace.length], ['near', 3]);
  });

  test('says what a retry would carry and what it cannot, by name, and shows no value', async (t) => {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob(periodic);
    const run = prow.recordPast(periodic.name, { outcome: 'fail-pre' }, clock.now() - 20 * hour, {
      annotations: { executor: 'gangway' },
      envs: { RELEASE_IMAGE_LATEST: 'hush-1', DEPLOY_TOKEN: 'hush-2' },
      args: ['--multi-stage-param=FOO=hush-3'],
    });
    const rules = await folderForTest(t);
    const retry = 'retry: {attempts: 1, delay: 30m, envs: {DEPLOY_TOKEN: hush-4}}';
    await writeFile(join(rules, 'r.yaml'), `rules: [{name: a, match: {phase: pre}, ${retry}}]`);
    const settings = { ...settingsFor(prow), RETRIGGER_RULES_DIR: rules };
    const [{ stdout }, asJson] = await Promise.all([
      runCommand(['explain', run.url], settings),
      runCommand(['explain', run.url, '--json'], settings),
    ]);
    for (const line of [
      /^overrides +RELEASE_IMAGE_LATEST, DEPLOY_TOKEN$/m,
      /^not sent +--multi-stage-param FOO$/m,
      /^ +The retry carries over RELEASE_IMAGE_LATEST\.$/m,
      /^ +The failed run was started with --multi-stage-param FOO, which Gangway cannot pass on: the retry runs without it\.$/m,
    ])
      assert.match(stdout, line);
    const { evidence, plan } = JSON.parse(asJson.stdout);
    const named = { envs: ['RELEASE_IMAGE_LATEST', 'DEPLOY_TOKEN'], notCarried: ['--multi-stage-param FOO'] };
    assert.deepEqual(evidence.overrides, named);
    assert.deepEqual(plan, { delayMs: 30 * 60_000, envs: ['DEPLOY_TOKEN'] });
    assert.doesNotMatch(stdout + asJson.stdout, /hush/);
  });

  test('decides by what the job did before: a streak, and the same failure in an attempt', async (t) => {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob(periodic);
    const first = prow.recordPast(periodic.name, { outcome: 'fail-pre' }, clock.now() - 50 * hour);
    const labels = { 'retrigger/root': first.prowJobId, 'retrigger/attempt': '1' };
    const second = prow.recordPast(periodic.name, { outcome: 'fail-pre' }, clock.now() - 40 * hour, {
      labels,
    });
    const rules = await folderForTest(t);
    const files = ['{same_failure: stop}', '{max_consecutive_failures: 2}'].map(
      (history) => `rules:
  - {name: a, match: {phase: pre}, history: ${history}, retry: {attempts: 3, delay: 30m}}
  - {name: b, match: {}, retry: never}
`,
    );
    const says = ['same-failure', 'failing-streak'];
    for (const [index, text] of files.entries()) {
      await writeFile(join(rules, 'r.yaml'), text);
      const settings = { ...settingsFor(prow), RETRIGGER_RULES_DIR: rules };
      const { stdout } = await runCommand(['explain', second.url], settings);
      assert.match(stdout, new RegExp(`^It would not be tried again: ${says[index]} \\(rule a\\)$`, 'm'));
      assert.match(stdout, /^attempt +1$/m);
      assert.match(stdout, /^ +2\. Rule b would have matched: status is FAILURE\.$/m);
    }
  });

  test('rules after the deciding one are told, too, and attempts where there were none', async (t) => {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob(periodic);
    const run = prow.recordPast(periodic.name, { outcome: 'fail-pre' }, clock.now() - 10 * hour);
    const rules = await folderForTest(t);
    await writeFile(
      join(rules, 'r.yaml'),
      `rules:
  - {name: a, match: {phase: pre}, retry: {attempts: 1, delay: 30m}}
  - {name: b, match: {phase: test}, retry: never}
`,
    );
    const settings = { ...settingsFor(prow), RETRIGGER_RULES_DIR: rules };
    const { stdout } = await runCommand(['explain', run.url], settings);
    assert.match(stdout, /^ +2\. Rule b would not match: phase is pre, it asks for test\.$/m);
    assert.match(stdout, /^attempts +none within 14d before this run$/m);
  });

  test('a run that has not ended is not judged', async (t) => {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob({ ...periodic, plan: [{ outcome: 'fail-pre' }] });
    const run = prow.startRun(periodic.name);
    clock.advance(30 * 60_000);
    const [{ code, stdout }, asJson] = await Promise.all([
      runCommand(['explain', run.url], settingsFor(prow)),
      runCommand(['explain', run.url, '--json'], settingsFor(prow)),
    ]);
    assert.deepEqual([code, asJson.code], [1, 1]);
    assert.match(stdout, /^The run has not ended yet: nothing is decided; ask again then\.$/m);
    assert.doesNotMatch(stdout, /It would/);
    const view = JSON.parse(asJson.stdout);
    assert.deepEqual([view.ended, 'decision' in view], [false, false]);
  });

  test('a newer run stands against an attempt, unless it is one of this very run', async (t) => {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob(periodic);
    const run = prow.recordPast(periodic.name, { outcome: 'fail-pre' }, clock.now() - 30 * hour);
    const newer = prow.recordPast(periodic.name, { outcome: 'pass' }, clock.now() - 20 * hour);
    const explain = () => runCommand(['explain', run.url], settingsFor(prow));
    const stands = `; but a newer run \\(build ${newer.buildId}\\) would stand against an attempt now \\(superseded\\)$`;
    assert.match((await explain()).stdout, RegExp(`^It would be tried again: matched .+${stands}`, 'm'));
    const labels = { 'retrigger/root': run.prowJobId, 'retrigger/attempt': '1' };
    const own = prow.recordPast(periodic.name, { outcome: 'pass' }, clock.now() - 10 * hour, { labels });
    const { stdout } = await explain();
    assert.match(stdout, RegExp(`^It would be .+; build ${own.buildId} is attempt 1 of this very run$`, 'm'));
    assert.match(stdout, RegExp(`^newer run +${own.buildId} \\(attempt 1 of this very run\\)$`, 'm'));
  });

  test('what people paste: the link of an old bucket, and a ProwJob by its name', async (t) => {
    const { prow, clock } = await prowForTest(t, { otherBuckets: ['kubevirt-prow'] });
    prow.defineJob(periodic);
    const plan = { outcome: 'fail-pre', bucket: 'kubevirt-prow' } as const;
    const run = prow.recordPast(periodic.name, plan, clock.now() - 5 * hour);
    const settings = {
      ...settingsFor(prow),
      RETRIGGER_GCS_BUCKET: `${prow.bucketName},kubevirt-prow`,
      RETRIGGER_PROW_URL: prow.deckUrl,
    };
    const old = `<https://gcsweb.test/gcs/origin-ci-test/${run.folder}/artifacts/|artifacts>.`;
    for (const text of [old, `https://prow.test/prowjob?prowjob=${run.prowJobId}`]) {
      const { code, stdout, stderr } = await runCommand(['explain', text], settings);
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, new RegExp(`^${prow.deckUrl}/view/gs/kubevirt-prow/${run.folder}\n`));
      assert.match(stdout, /^phase +pre$/m);
    }
    assert.deepEqual(prow.deck.asked, [run.prowJobId]);
    prow.collect({ keepNewest: false, olderThan: 0 });
    const gone = await runCommand(['explain', `/prowjob?prowjob=${run.prowJobId}`], settings);
    assert.equal(gone.code, 1);
    assert.match(
      gone.stderr,
      /^Prow has no record of \S+: it deletes its records about two days after the run\./,
    );
  });

  test('a run that is not there, a bucket that is away, and rules that are bad', async (t) => {
    const { prow } = await prowForTest(t, { otherBuckets: ['closed'] });
    for (const bucket of prow.buckets.slice(1)) bucket.isPrivate = true;
    const run = ['explain', periodic.name, '1602362182819909632'];
    const rules = await folderForTest(t);
    const troubles: [env: Record<string, string>, code: number, says: RegExp][] = [
      [{}, 1, /The bucket test-platform-results-public has no run 1602362182819909632 of periodic/],
      [{ RETRIGGER_GCS_URL: 'http://127.0.0.1:1' }, 1, /The bucket could not be read: ECONNREFUSED/],
      [{ RETRIGGER_GCS_BUCKET: 'closed' }, 1, /^Access denied: bucket closed is not public\.$/m],
      [{ RETRIGGER_RULES_DIR: `${rules}/none` }, 2, /\/none: the directory cannot be read/],
    ];
    const ends = await Promise.all(
      troubles.map(([env]) => runCommand(run, { ...settingsFor(prow), ...env })),
    );
    for (const [index, { code, stdout, stderr }] of ends.entries()) {
      const [, expected, says] = troubles[index]!;
      assert.deepEqual([code, stdout], [expected, '']);
      assert.match(stderr, says);
    }
  });
});
