import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const longJob = `periodic-ci-${'very-'.repeat(12)}long-name-main-e2e-aws`;

async function startFailing(t: TestContext, name = job): Promise<World> {
  const world = await World.start(t);
  const plan: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];
  world.prow.defineJob({ name, type: 'periodic', plan });
  world.prow.startRun(name);
  await world.untilState('scheduled');
  return world;
}

test('an answer is lost after the run was created: the run is found by the cut name, and no second one is made', async (t) => {
  const world = await startFailing(t, longJob);
  world.prow.gangway.fail('drop-after', { on: 'create' });
  const chain = await world.untilState('passed', 'needs-human');
  assert.equal(chain.state, 'passed');
  assert.equal(world.prow.runs.length, 2);
  assert.equal(chain.runs[1]?.prow_job_id, world.prow.runs[1]?.prowJobId);
  assert.ok(world.prow.gangway.calls.length <= 5, `${world.prow.gangway.calls.length} calls`);
});

test('Gangway refuses the token: no run is made, and the channel for errors is told', async (t) => {
  const world = await startFailing(t);
  world.prow.gangway.revoke(world.prow.token);
  const chain = await world.untilState('passed', 'rejected', 'needs-human');
  assert.equal(chain.state, 'rejected');
  assert.equal(world.prow.runs.length, 1);
  await world.until('it is told', () => world.messages.length === 2);
  assert.match(world.prow.slack.delivered[1]?.path ?? '', /errors/);
});

test('a retry usually costs one call, because the bucket shows where the new run is', async (t) => {
  const world = await startFailing(t);
  await world.untilState('passed');
  assert.deepEqual(
    world.prow.gangway.calls.map(({ method }) => method),
    ['POST'],
  );
});
