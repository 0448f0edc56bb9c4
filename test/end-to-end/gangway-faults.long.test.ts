import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World, type WorldOptions } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const longJob = `periodic-ci-${'very-'.repeat(12)}long-name-main-e2e-aws`;

async function startFailing(
  t: Parameters<typeof World.start>[0],
  options: WorldOptions = {},
  name = job,
): Promise<World> {
  const world = await World.start(t, options);
  const plan: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];
  world.prow.defineJob({ name, type: 'periodic', plan });
  world.prow.startRun(name);
  await world.untilState('scheduled');
  return world;
}

for (const name of [job, longJob]) {
  test(`an answer lost after the run was created: the run is found, none is made twice (${name.length} characters)`, async (t) => {
    const world = await startFailing(t, {}, name);
    world.prow.gangway.fail('drop-after', { on: 'create' });
    const chain = await world.untilState('passed', 'needs-human');
    assert.equal(chain.state, 'passed');
    assert.equal(world.prow.runs.length, 2);
    assert.equal(chain.runs[1]?.prow_job_id, world.prow.runs[1]?.prowJobId);
    assert.ok(world.prow.gangway.calls.length <= 5, `${world.prow.gangway.calls.length} calls`);
  });

  test(`a request lost before it arrived is sent once more, after a list showed that nothing was made (${name.length} characters)`, async (t) => {
    const world = await startFailing(t, {}, name);
    world.prow.gangway.fail('drop-before', { on: 'create' });
    const chain = await world.untilState('passed', 'needs-human');
    assert.equal(chain.state, 'passed');
    assert.equal(world.prow.runs.length, 2);
    assert.ok(world.prow.gangway.calls.length <= 5, `${world.prow.gangway.calls.length} calls`);
  });
}

test('an empty list proves nothing: a person is asked, and nothing is sent again', async (t) => {
  const world = await startFailing(t);
  world.prow.gangway.fail('drop-before', { on: 'create' });
  world.prow.collect({ olderThan: 0, keepNewest: false });
  const chain = await world.untilState('passed', 'needs-human');
  assert.equal(chain.state, 'needs-human');
  assert.equal(creates(world), 1);
  await world.until('a person is asked', () => world.messages.length === 2);
  assert.match(world.messages[1] ?? '', /Nothing tells whether attempt 1 was started/);
});

test('Envoy found no Gangway: nothing was created, so the attempt is sent again without reconciling', async (t) => {
  const world = await startFailing(t);
  world.prow.gangway.fail('503-no-upstream', { on: 'create' });
  await world.untilState('following');
  const calls = world.prow.gangway.calls.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(calls, ['POST /v1/executions', 'POST /v1/executions']);
  assert.equal((await world.untilState('passed', 'needs-human')).state, 'passed');
  assert.equal(world.prow.runs.length, 2);
});

const passing: [string, WorldOptions, (world: World) => void][] = [
  [
    '429 with Retry-After',
    {},
    ({ prow }) => prow.gangway.fail('429', { on: 'create', times: 2, retryAfter: 7 }),
  ],
  [
    'connection refused',
    {},
    ({ prow, clock }) =>
      void prow.gangway.down().then(() => clock.at(clock.now() + 40 * 60_000, () => void prow.gangway.up())),
  ],
  [
    '504 after the run was created',
    {},
    ({ prow }) => prow.gangway.fail('504', { on: 'create', created: true }),
  ],
  ['an old server without job_url', { prow: { gangwayForm: { version: '2024' } } }, () => {}],
  ['the ESPv2 form of answers', { prow: { gangwayForm: { style: 'espv2' } } }, () => {}],
  ['404 for the body form', { prow: { gangwayForm: { bodyForm: 404 } } }, () => {}],
  ['405 for the body form', { prow: { gangwayForm: { bodyForm: 405 } } }, () => {}],
];

for (const [fault, options, bring] of passing) {
  test(`goes well in spite of: ${fault}`, async (t) => {
    const world = await startFailing(t, options);
    bring(world);
    const chain = await world.untilState('passed', 'rejected', 'needs-human');
    assert.equal(chain.state, 'passed');
    assert.equal(world.prow.runs.length, 2);
    assert.ok(served(world) <= 5, `${served(world)} calls`);
  });
}

const refusals: [string, (world: World) => void, RegExp][] = [
  ['a bad token', ({ prow }) => prow.gangway.revoke(prow.token), /does not take this token/],
  ['a tenant’s refusal', ({ prow }) => prow.gangway.fail('403-tenant', { on: 'create' }), /403/],
];

for (const [what, bring, told] of refusals) {
  test(`${what} rejects: nothing is made, and a person is told`, async (t) => {
    const world = await startFailing(t);
    bring(world);
    const chain = await world.untilState('passed', 'rejected', 'needs-human');
    assert.equal(chain.state, 'rejected');
    assert.equal(world.prow.runs.length, 1);
    await world.until('it is told', () => world.messages.length === 2);
    assert.match(world.messages[1] ?? '', told);
    assert.match(world.prow.slack.delivered[1]?.path ?? '', /errors/);
  });
}

test('a retry of a run that takes ten hours costs at most five calls', async (t) => {
  const world = await World.start(t, { env: { RETRIGGER_POLL_INTERVAL: '5m' } });
  const slow = { durations: { test: 10 * 3_600_000, scheduling: 3_600_000 } };
  world.prow.defineJob({
    name: job,
    type: 'periodic',
    plan: [{ outcome: 'fail-pre' }, { outcome: 'pass', ...slow }],
  });
  world.prow.startRun(job);
  await world.untilState('passed');
  assert.ok(world.prow.gangway.calls.length <= 5, `${world.prow.gangway.calls.length} calls`);
});

test('a retry usually costs one call: the bucket tells where the new run is', async (t) => {
  const world = await startFailing(t);
  await world.untilState('passed');
  assert.deepEqual(
    world.prow.gangway.calls.map(({ method }) => method),
    ['POST'],
  );
});

test('where the bucket cannot be listed, Gangway’s job_url tells the build id', async (t) => {
  const world = await startFailing(t);
  await world.untilState('following');
  world.prow.bucket.fault({ path: '', kind: '503', on: 'list' });
  const chain = await world.untilState('passed');
  assert.equal(chain.runs[1]?.build_id, world.prow.runs[1]?.buildId);
  assert.ok(world.prow.gangway.calls.length <= 5);
});

function creates(world: World): number {
  return world.prow.gangway.calls.filter(({ method }) => method === 'POST').length;
}

/** Calls that Gangway took: a refused connection and a 429 cost nobody anything. */
function served(world: World): number {
  return world.prow.gangway.calls.filter(({ status }) => status !== 429).length;
}
