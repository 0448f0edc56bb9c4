import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pocJob } from '../../src/flow/verify-deployment.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { minute } from '../prow/prow-for-test.ts';
import { World } from './start-world.ts';

const plan: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'fail-pre' }];

test('the job that verifies deployments makes the service prove itself in Slack, and goes its way', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: pocJob, type: 'periodic', plan });
  world.prow.startRun(pocJob);
  await world.until('it is told', () => world.messages.length > 0);
  const [first = ''] = world.messages;
  const lines = [
    /^\*retrigger is verified\*$/m,
    /^Slack: ok, /m,
    /^Gangway: ok, http:\S+ takes the token that the notification brought$/m,
    /^Bucket: ok, http:\S+ can be listed$/m,
    /^Rules: ok, \d+ in the service itself$/m,
    /^Store: ok, the service itself says that its data directory takes writes$/m,
    /^Version: \d+\.\d+\.\d+$/m,
    new RegExp(`^Public address: ${world.service.url}: the notification was sent there$`, 'm'),
  ];
  for (const line of lines) assert.match(first, line);
  await world.untilState('exhausted');
  await world.until('all is told', () => world.messages.length === 4);
  const verified = world.messages.filter((text) => text.includes('retrigger is verified'));
  assert.equal(verified.length, 1, 'its attempt is no verification');
});

test('it proves the token that came, and says what fails', async (t) => {
  const world = await World.start(t);
  world.prow.onReTriggerStep = (run) => world.notifyOf(run, { trigger_token: 'sha256~bad-token' });
  world.prow.defineJob({ name: pocJob, type: 'periodic', plan });
  world.prow.startRun(pocJob);
  await world.until('it is told', () => world.messages.length > 0);
  const [first = ''] = world.messages;
  assert.match(first, /^\*retrigger is not verified: see gangway\*$/m);
  assert.match(first, /^Gangway: failed, Gangway does not take this token/m);
  assert.doesNotMatch(first, /bad-token/);
});

test('the 202 waits for nothing that is checked', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: pocJob, type: 'periodic', plan });
  world.prow.onReTriggerStep = null;
  const run = world.prow.startRun(pocJob);
  world.clock.advance(2 * minute);
  world.prow.gangway.fail('slow', { on: 'get' });
  const response = await world.notifyOf(run);
  assert.equal(response.status, 202);
  assert.deepEqual(world.messages, []);
  while (world.prow.gangway.release() === 0) await turn();
  await world.until('it is told', () => world.messages.length > 0);
});

test('what was found out is told after a restart, too', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: pocJob, type: 'periodic', plan });
  await world.prow.slack.down();
  world.prow.startRun(pocJob);
  await world.until('it is logged', () => world.logs.some((line) => line.includes('deployment verified')));
  await world.restart();
  await world.prow.slack.up();
  await world.until('it is told', () => world.messages.length > 0);
  assert.match(world.messages[0] ?? '', /^\*retrigger is verified\*$/m);
});
