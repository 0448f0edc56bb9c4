import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../prow/prow-for-test.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const plan: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];

test('a restart in the middle of the delay does not change when the attempt is made', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);
  const before = await world.untilState('scheduled');
  world.clock.advance(12 * minute);
  await world.restart();
  const [after] = await world.chains();
  assert.equal(after?.next_attempt_at, before.next_attempt_at);
  await world.untilState('following');
  const [create] = world.prow.gangway.calls;
  assert.equal(create?.at, Date.parse(before.next_attempt_at ?? ''));
  await world.untilState('passed');
  assert.equal(world.prow.runs.length, 2);
});

test('a delay that ended while the service was down is over at once', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);
  await world.untilState('scheduled');
  await world.restartAfter(3 * 60 * minute);
  const upAt = world.clock.now();
  await world.untilState('following');
  assert.equal(world.prow.gangway.calls[0]?.at, upAt);
});

for (const state of ['judging', 'following'] as const) {
  test(`a restart while ${state} goes on where it was`, async (t) => {
    const world = await World.start(t);
    world.prow.defineJob({ name: job, type: 'periodic', plan });
    world.prow.startRun(job);
    await world.untilState(state);
    await world.restart();
    await world.untilState('passed');
    assert.equal(world.prow.runs.length, 2);
    await world.until('all is told', () => world.messages.length === 3);
  });
}

test('an attempt whose answer was never written down is found after a restart, and not made again', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);
  await world.untilState('scheduled');
  world.prow.gangway.fail('drop-after', { on: 'create' });
  await world.untilState('triggering');
  await world.restart();
  await world.untilState('passed');
  assert.equal(world.prow.runs.length, 2);
});

test('messages that Slack did not take before a restart are delivered after it', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);
  await world.prow.slack.down();
  await world.untilState('passed');
  await world.restart();
  await world.prow.slack.up();
  await world.until('all is told', () => world.messages.length === 3);
});
