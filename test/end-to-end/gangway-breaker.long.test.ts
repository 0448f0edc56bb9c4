import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './start-world.ts';

const hour = 3_600_000;
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

test('a Gangway that is away for three hours is not hammered, and every attempt is made once it is back', async (t) => {
  const world = await World.start(t);
  const { clock, prow } = world;
  const jobs = Array.from({ length: 8 }, (_, i) => `${job}-${i}`);
  for (const name of jobs) {
    prow.defineJob({ name, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
    prow.startRun(name);
  }
  await world.until('all are scheduled', async () => {
    const states = (await world.chains()).map(({ state }) => state);
    return states.length === jobs.length && states.every((state) => state === 'scheduled');
  });
  await prow.gangway.down();
  const back = clock.now() + 3 * hour;
  clock.at(back, () => void prow.gangway.up());
  await world.until('all have passed', async () =>
    (await world.chains()).every(({ state }) => state === 'passed'),
  );
  assert.equal(prow.runs.length, 2 * jobs.length);
  assert.ok(clock.now() < back + 3 * hour);
  const tries = world.logs.filter((line) => line.includes('"attempt not created"'));
  const sent = tries.filter((line) => !line.includes('not called for now'));
  // Without a breaker, every one of eight chains would have tried some 17 times.
  assert.ok(sent.length <= 5 + jobs.length + 15, `${sent.length} of ${tries.length} tries were sent`);
});
