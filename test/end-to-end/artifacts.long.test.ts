import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../prow/prow-for-test.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const hour = 60 * minute;

test('a JUnit file that comes half a minute after finished.json is waited for', async (t) => {
  const world = await World.start(t);
  const plan = { outcome: 'fail-pre', junit: { lateBy: minute / 2 }, buildLog: 'missing' } as const;
  world.prow.defineJob({ name: job, type: 'periodic', plan: [plan] });
  world.prow.startRun(job);
  const chain = await world.untilState('scheduled', 'skipped');
  assert.equal(chain.runs[0]?.phase, 'pre');
});

test('without a JUnit file the log tells the phase', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({
    name: job,
    type: 'periodic',
    plan: [{ outcome: 'fail-pre', junit: 'missing' }, { outcome: 'pass' }],
  });
  world.prow.startRun(job);
  const chain = await world.untilState('passed');
  assert.equal(chain.runs[0]?.phase, 'pre');
});

test('where nothing tells, the decision says evidence-missing, and people are told what was missing', async (t) => {
  const world = await World.start(t);
  const plan = { outcome: 'fail-pre', junit: 'missing', buildLog: 'missing' } as const;
  world.prow.defineJob({ name: job, type: 'periodic', plan: [plan] });
  world.prow.startRun(job);
  const chain = await world.untilState('skipped');
  assert.equal(chain.decision?.reason, 'evidence-missing');
  assert.match(chain.decision?.because.join(' ') ?? '', /junit_operator\.xml is not there/);
  await world.until('it is told', () => world.messages.length === 1);
  assert.match(world.messages[0] ?? '', /is not tried again/);
});

test('a bucket that is down for an hour is waited for', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  const run = world.prow.startRun(job);
  await world.until('the run is pending', () => run.state === 'pending');
  for (const on of ['object', 'list'] as const) {
    world.prow.bucket.fault({ path: '', kind: '503', on, until: world.clock.now() + 2 * hour });
  }
  await world.untilState('passed');
});

test('JUnit cut off behind the failed post phase is no proof that it began there: the log tells pre', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  world.prow.bucket.fault({ path: 'junit_operator.xml', kind: 'truncated' });
  world.prow.startRun(job);
  const chain = await world.untilState('passed', 'skipped');
  assert.equal(chain.runs[0]?.phase, 'pre');
});

test('a run whose end never shows is given up after the completion timeout, and a person is asked', async (t) => {
  const world = await World.start(t);
  world.prow.onReTriggerStep = null;
  world.prow.defineJob({
    name: job,
    type: 'periodic',
    plan: [{ outcome: 'fail-pre', durations: { test: 48 * hour, pre: 48 * hour } }],
  });
  const run = world.prow.startRun(job);
  await world.until('the run is pending', () => run.state === 'pending');
  const began = world.clock.now();
  await world.notifyOf(run);
  const chain = await world.untilState('needs-human');
  assert.equal(chain.decision?.reason, 'evidence-missing');
  assert.ok(world.clock.now() - began >= 12 * hour && world.clock.now() - began < 12.1 * hour);
  await world.until('a person is asked', () => world.messages.length === 1);
  assert.match(world.messages[0] ?? '', /needs a person.*\n.*within 12h/);
  assert.match(world.prow.slack.delivered[0]?.path ?? '', /errors/);
  assert.ok(world.prow.gangway.calls.length <= 3);
});

const lost =
  'rules: [{name: lost, match: {type: periodic, status: ERROR}, retry: {attempts: 1, delay: 30m}}]';

test("a run whose pod was deleted is retried as Prow's error, though its sidecar says ABORTED, and Prow is quoted", async (t) => {
  const world = await World.start(t, { rules: lost });
  const plan = [{ outcome: 'lost', durations: { report: 40_000 } }, { outcome: 'pass' }] as const;
  world.prow.defineJob({ name: job, type: 'periodic', plan: [...plan] });
  const run = world.prow.startRun(job);
  await world.until('the run is pending', () => run.state === 'pending');
  await world.notifyOf(run);
  const scheduled = await world.untilState('scheduled', 'skipped');
  assert.deepEqual([scheduled.runs[0]?.status, scheduled.runs[0]?.phase], ['ERROR', 'infra']);
  assert.ok(scheduled.decision?.because.includes('Prow: "Pod got deleted unexpectedly"'));
  await world.untilState('passed');
  assert.match(world.messages.join('\n'), /Pod got deleted unexpectedly/);
});

for (const finished of ['empty', 'missing'] as const) {
  test(`a run whose finished.json is ${finished} is judged by its prowjob.json within minutes`, async (t) => {
    const world = await World.start(t);
    world.prow.defineJob({
      name: job,
      type: 'periodic',
      plan: [{ outcome: 'fail-pre', finished }, { outcome: 'pass' }],
    });
    const run = world.prow.startRun(job);
    const chain = await world.untilState('scheduled', 'skipped', 'needs-human');
    assert.deepEqual(
      [chain.state, chain.runs[0]?.status, chain.runs[0]?.phase],
      ['scheduled', 'FAILURE', 'pre'],
    );
    assert.ok(world.clock.now() - (run.completedAt ?? 0) <= 3 * minute);
    assert.equal((await world.untilState('passed')).runs.length, 2);
  });
}

test('a run whose source Prow could not clone failed in build, and the account quotes git', async (t) => {
  const rules = 'rules: [{name: clone, match: {phase: build}, retry: {attempts: 1, delay: 30m}}]';
  const world = await World.start(t, { rules });
  world.prow.defineJob({
    name: job,
    type: 'periodic',
    plan: [{ outcome: 'fail-clone' }, { outcome: 'pass' }],
  });
  const run = world.prow.startRun(job);
  await world.until('the run is pending', () => run.state === 'pending');
  await world.notifyOf(run);
  const chain = await world.untilState('scheduled', 'skipped');
  assert.equal(chain.runs[0]?.phase, 'build');
  assert.match(chain.decision?.because.join('\n') ?? '', /Prow could not clone the source \(acme\/shop\)/);
  await world.until('it is told', () => world.messages.length === 1);
  assert.match(world.messages[0] ?? '', /Automatic merge failed/);
});

test('an evicted pod’s run is found again under its new build id', async (t) => {
  const world = await World.start(t);
  const plan = [{ outcome: 'fail-pre' }, { outcome: 'pass', evictAfter: 10 * minute }] as const;
  world.prow.defineJob({ name: job, type: 'periodic', plan: [...plan] });
  world.prow.startRun(job);
  const chain = await world.untilState('passed', 'needs-human');
  assert.equal(chain.state, 'passed');
  assert.equal(chain.runs[1]?.build_id, world.prow.runs[1]?.buildId);
});
