import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { minute, prowForTest } from '../prow/prow-for-test.ts';
import { runCommand, settingsFor } from './run-command.ts';

const job = 'periodic-ci-acme-shop-main-e2e-aws';
const plan = [{ outcome: 'pass' as const }];

suite('trigger', { concurrency: 2 }, () => {
  test('starts a run once, with what --env says', async (t) => {
    const { prow } = await prowForTest(t);
    prow.defineJob({ name: job, type: 'periodic', plan });
    const envs = ['--env', 'MULTISTAGE_PARAM_OVERRIDE_A=1', '-e', 'B=x=y z'];
    const { code, stdout, stderr } = await runCommand(['trigger', job, ...envs], settingsFor(prow));
    assert.deepEqual([code, stderr], [0, '']);
    const [run] = prow.runs;
    assert.equal(prow.runs.length, 1);
    assert.deepEqual(run?.envs, { MULTISTAGE_PARAM_OVERRIDE_A: '1', B: 'x=y z' });
    assert.match(stdout, new RegExp(`${job} was triggered as ${run.prowJobId}`));
    assert.match(stdout, new RegExp(`retrigger -- status ${run.prowJobId}`));
  });

  test('answers as JSON', async (t) => {
    const { prow } = await prowForTest(t);
    prow.defineJob({ name: job, type: 'periodic', plan });
    const { code, stdout } = await runCommand(['trigger', job, '--json'], settingsFor(prow));
    const id = prow.runs[0]?.prowJobId;
    const url = `https://prow.ci.openshift.org/prowjob?prowjob=${id}`;
    assert.deepEqual([code, JSON.parse(stdout)], [0, { job_name: job, prow_job_id: id, url }]);
  });

  const refusals: [what: string, job: string, env: Record<string, string>, says: RegExp][] = [
    ['a job that is unknown', 'no-such-job', {}, /no-such-job.+Nothing was started\. Is the name right/],
    ['a bad token', job, { RETRIGGER_GANGWAY_TOKEN: 'bad-token' }, /does not take this token.+oc whoami -t/],
    ['a job that is not ours', 'theirs', {}, /not authorized.+This token may not trigger the job/],
    [
      'a Gangway that is away',
      job,
      { RETRIGGER_GANGWAY_URL: 'http://127.0.0.1:1' },
      /ECONNREFUSED.+Nothing was st/,
    ],
  ];
  for (const [what, name, env, says] of refusals) {
    test(`${what} starts nothing and ends with 1`, async (t) => {
      const { prow } = await prowForTest(t);
      prow.gangway.allow(prow.token, (wanted) => wanted !== 'theirs');
      for (const each of [job, 'theirs']) prow.defineJob({ name: each, type: 'periodic', plan });
      const { code, stdout, stderr } = await runCommand(['trigger', name], {
        ...settingsFor(prow),
        ...env,
      });
      assert.deepEqual([code, stdout, prow.runs.length], [1, '', 0]);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /bad-token|sha256~/);
    });
  }

  test('an answer that is lost may have started a run, and is not asked for again', async (t) => {
    const { prow } = await prowForTest(t);
    prow.defineJob({ name: job, type: 'periodic', plan });
    prow.gangway.fail('drop-after');
    const { code, stderr } = await runCommand(['trigger', job], settingsFor(prow));
    assert.deepEqual([code, prow.runs.length], [1, 1]);
    assert.match(stderr, /The run may exist: look at https:\S+job=periodic\S+ before you try again/);
  });
});

suite('status', { concurrency: 2 }, () => {
  test('tells of a run that is scheduled, that goes on and that has ended', async (t) => {
    const { prow, clock } = await prowForTest(t);
    prow.defineJob({ name: job, type: 'periodic', plan });
    const ended = prow.recordPast(job, { outcome: 'fail-test' }, clock.now() - 200 * minute);
    const pending = prow.startRun(job);
    clock.advance(minute);
    const scheduled = prow.startRun(job);
    const tellings: [id: string, says: RegExp][] = [
      [scheduled.prowJobId, /is (SCHEDULING|TRIGGERED)\nIt has no page yet/],
      [pending.prowJobId, new RegExp(`is PENDING\n${pending.url}`)],
      [ended.prowJobId, new RegExp(`ended as FAILURE\n${ended.url}`)],
    ];
    const answers = await Promise.all(tellings.map(([id]) => runCommand(['status', id], settingsFor(prow))));
    for (const [index, { code, stdout, stderr }] of answers.entries()) {
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, tellings[index]![1]);
    }
    const json = await runCommand(['status', ended.prowJobId, '--json'], settingsFor(prow));
    const view = { prow_job_id: ended.prowJobId, job_name: job, status: 'FAILURE', url: ended.url };
    assert.deepEqual(JSON.parse(json.stdout), view);
  });

  test('of one that Prow has forgotten, it says so', async (t) => {
    const { prow } = await prowForTest(t);
    const { code, stdout, stderr } = await runCommand(['status', 'gone'], settingsFor(prow));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /Prow has no run gone; it forgets one some 24 h after its start/);
  });
});
