import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';

async function readGangway(world: World): Promise<{ status: number; gangway: Record<string, unknown> }> {
  const response = await fetch(`${world.service.url}/readyz`);
  const { gangway } = (await response.json()) as { gangway: Record<string, unknown> };
  return { status: response.status, gangway };
}

test('an open breaker shows in /readyz, which stays 200: failures are still taken in', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  world.prow.startRun(job);
  await world.untilState('scheduled');
  await world.prow.gangway.down();
  await world.until(
    'the breaker is open',
    async () => (await readGangway(world)).gangway['breaker'] === 'open',
  );
  const { status, gangway } = await readGangway(world);
  assert.deepEqual(
    [status, gangway],
    [
      200,
      {
        breaker: 'open',
        faults_in_a_row: 5,
        last_fault: 'Gangway could not be reached (ECONNREFUSED)',
        retry_at: new Date(world.clock.now() + 30_000).toISOString(),
      },
    ],
  );
  await world.prow.gangway.up();
  await world.untilState('passed');
  assert.equal((await readGangway(world)).gangway['breaker'], 'closed');
  const told = world.logs.filter((line) => /Gangway (?:is left alone|serves again)/.test(line));
  assert.equal(told.length, 2);
});
