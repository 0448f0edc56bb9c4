import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pocJob } from '../../src/flow/requests/verify-deployment.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { minute } from '../prow/prow-for-test.ts';
import { World } from './start-world.ts';

/** The message about the deployment. */
function findTold({ messages }: World): string | undefined {
  return messages.find((text) => text.startsWith('*retrigger is '));
}

const plan: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'fail-pre' }];

test('the job that verifies deployments makes the service prove itself in Slack, and goes its way', async (t) => {
  const world = await World.start(t, { env: { RETRIGGER_PUBLIC_URL: 'https://retrigger.example/' } });
  world.prow.defineJob({ name: pocJob, type: 'periodic', plan });
  world.prow.startRun(pocJob);
  await world.until('it is told', () => findTold(world) !== undefined);
  const told = findTold(world) ?? '';
  const lines = [
    /^\*retrigger is verified\*$/m,
    /^Slack: ok, /m,
    /^Gangway: ok, http:\S+ takes the token that the notification brought$/m,
    /^Bucket: ok, http:\S+ can be listed$/m,
    /^Rules: ok, \d+ in the service itself$/m,
    /^Store: ok, the service itself says that its data directory takes writes$/m,
    /^Version: \d+\.\d+\.\d+$/m,
    /^Public address: https:\/\/retrigger\.example$/m,
    /^Notifications: warning, anyone who can reach this service can send notifications/m,
  ];
  for (const line of lines) assert.match(told, line);
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
  await world.until('it is told', () => findTold(world) !== undefined);
  const told = findTold(world) ?? '';
  assert.match(told, /^\*retrigger is not verified: see gangway\*$/m);
  assert.match(told, /^Gangway: failed, Gangway does not take this token/m);
  assert.doesNotMatch(told, /bad-token/);
});

test('before the run has failed nothing is checked', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: pocJob, type: 'periodic', plan });
  world.prow.onReTriggerStep = null;
  const run = world.prow.startRun(pocJob);
  world.clock.advance(2 * minute);
  assert.equal((await world.notifyOf(run)).status, 202);
  await world.until('the run has failed', () => {
    if (run.completedAt !== null) return true;
    assert.deepEqual([world.prow.gangway.calls.length, world.messages], [0, []]);
    return false;
  });
  await world.until('it is told', () => findTold(world) !== undefined);
});

test('no message contains a header of the notification', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: pocJob, type: 'periodic', plan });
  world.prow.onReTriggerStep = null;
  const run = world.prow.startRun(pocJob);
  world.clock.advance(2 * minute);
  const notify = world.notifyOf.bind(world);
  const { fetch } = globalThis;
  t.mock.method(globalThis, 'fetch', (url: string, init: RequestInit) =>
    fetch(url, {
      ...init,
      headers: {
        'content-type': 'application/json',
        'x-forwarded-host': 'evil.example',
        'x-forwarded-proto': 'https',
      },
    }),
  );
  assert.equal((await notify(run)).status, 202);
  t.mock.reset();
  await world.until('it is told', () => findTold(world) !== undefined);
  assert.match(
    findTold(world) ?? '',
    /^Public address: not shown, because RETRIGGER_PUBLIC_URL is not set$/m,
  );
  assert.doesNotMatch(world.messages.join('\n'), /evil\.example/);
});

test('what was found out is told after a restart, too', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: pocJob, type: 'periodic', plan });
  await world.prow.slack.down();
  world.prow.startRun(pocJob);
  await world.until('it is logged', () => world.logs.some((line) => line.includes('deployment verified')));
  await world.restart();
  await world.prow.slack.up();
  await world.until('it is told', () => findTold(world) !== undefined);
  assert.match(findTold(world) ?? '', /^\*retrigger is verified\*$/m);
});
