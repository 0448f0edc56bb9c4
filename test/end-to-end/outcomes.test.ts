import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';

test('a setup failure is tried again after 30 minutes, passes, and people read the whole story', async (t) => {
  const world = await World.start(t);
  const plan: RunPlan[] = [{ outcome: 'fail-pre', step: 'ipi-install-install' }, { outcome: 'pass' }];
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);

  const scheduled = await world.untilState('scheduled');
  assert.equal(scheduled.decision?.rule, 'setup-failure');
  assert.equal(scheduled.runs[0]?.phase, 'pre');
  assert.deepEqual(scheduled.runs[0]?.steps, ['ipi-install-install']);
  assert.equal(Date.parse(scheduled.next_attempt_at ?? '') - Date.parse(scheduled.updated_at), 30 * 60_000);

  const passed = await world.untilState('passed');
  const [first, second] = world.prow.runs;
  assert.deepEqual(
    passed.runs.map(({ attempt, prow_job_id: id, build_id: build, status }) => ({
      attempt,
      id,
      build,
      status,
    })),
    [
      { attempt: 0, id: first?.prowJobId, build: first?.buildId, status: 'FAILURE' },
      { attempt: 1, id: second?.prowJobId, build: second?.buildId, status: 'SUCCESS' },
    ],
  );
  assert.equal(second?.labels['retrigger/root'], first?.prowJobId);
  assert.equal(second?.labels['retrigger/attempt'], '1');
  assert.equal(world.prow.runs.length, 2);
  assert.deepEqual(titles(world), [
    `*${job} failed and will be tried again at 11:28 UTC*`,
    `*${job} was triggered again: attempt 1*`,
    `*${job} passed on attempt 1: a flake*`,
  ]);
});

test('a setup failure that comes back is told and not tried a third time; its own notification joins the chain', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
  world.prow.startRun(job);

  const chain = await world.untilState('exhausted');
  assert.equal(chain.decision?.reason, 'attempts-exhausted');
  await world.until('all is told', () => world.messages.length === 3);
  assert.equal(world.prow.runs.length, 2);
  assert.equal((await world.chains()).length, 1);
  assert.match(titles(world).at(-1) ?? '', /failed again on attempt 1/);
});

test('a test failure is nobody’s news: no retry, no message, and the chain says why', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-test' }] });
  world.prow.startRun(job);

  const chain = await world.untilState('skipped');
  assert.equal(chain.decision?.reason, 'no-rule-matched');
  assert.match(chain.decision?.because.join(' ') ?? '', /phase is test, it asks for pre/);
  assert.equal(chain.runs[0]?.phase, 'test');
  assert.deepEqual(world.messages, []);
  assert.equal(world.prow.gangway.calls.length, 0);
});

function titles(world: World): string[] {
  return world.messages.map((text) => text.split('\n', 1)[0] ?? '');
}
