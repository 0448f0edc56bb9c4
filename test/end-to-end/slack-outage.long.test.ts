import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { minute } from '../prow/prow-for-test.ts';
import { World } from './start-world.ts';

const jobs = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `periodic-ci-org-repo-main-e2e-aws-${name}`);
const [first = '', second = '', ...later] = jobs;
const rules = `
rules: [{ name: setup, match: { phase: pre }, retry: { attempts: 1, delay: 30m } }]
outage: { same_step_jobs: 3, within: 1h, hold: 2h }
`;
const env = { RETRIGGER_POLL_INTERVAL: '2m', RETRIGGER_API_TOKEN: 'api' };
const broken: RunPlan = { outcome: 'fail-pre', step: 'ipi-install-install' };
const sound: RunPlan = { outcome: 'pass' };

async function startOutage(t: TestContext, again: RunPlan): Promise<World> {
  const world = await World.start(t, { rules, env, slackApp: true });
  for (const job of jobs) {
    world.prow.defineJob({ name: job, type: 'periodic', plan: [broken, again] });
    world.prow.startRun(job);
    world.clock.advance(5 * minute);
  }
  return world;
}

function cardsOf(world: World, word: string): string[] {
  const { api } = world.prow.slack;
  return api.cards.filter(({ text }) => text.includes(word)).map((card) => api.read(card));
}

function untilOutage(world: World, says: RegExp): Promise<void> {
  return world.until(`the outage says ${says}`, () => says.test(cardsOf(world, 'Outage')[0] ?? ''));
}

test('an outage has one message, with the count, the canary and the release; none a chain meanwhile', async (t) => {
  const world = await startOutage(t, sound);
  await untilOutage(world, /Outage: 5 runs wait for a canary/);
  const [outage = ''] = cardsOf(world, 'Outage');
  assert.match(outage, /ipi-install-install/);
  assert.match(outage, new RegExp(first));
  for (const job of later) assert.deepEqual(cardsOf(world, job), []);
  // What was told before anybody knew of the outage no longer promises an attempt at its time.
  assert.match(cardsOf(world, second)[0] ?? '', /^\*Held/);
  await world.restart(env);
  await untilOutage(world, /Outage over: 5 runs are tried again/);
  await world.until('every job passed', () =>
    jobs.every((job) => cardsOf(world, job)[0]?.startsWith('*Passed')),
  );
  assert.equal(cardsOf(world, 'Outage').length, 1);
});

test('the message of an outage that lasted says which jobs are not tried again', async (t) => {
  const world = await startOutage(t, broken);
  await untilOutage(world, /Outage: the canary failed alike, 5 runs wait still/);
  await untilOutage(world, /Outage lasted: 5 runs are not tried again/);
  const [outage = ''] = cardsOf(world, 'Outage');
  for (const job of later) assert.match(outage, new RegExp(job));
  for (const job of later) assert.deepEqual(cardsOf(world, job), []);
  await world.until('the card that was there follows', () =>
    /outage lasted/.test(cardsOf(world, second)[0] ?? ''),
  );
});

test('whom a person takes out of an outage no longer counts', async (t) => {
  const world = await startOutage(t, sound);
  await untilOutage(world, /Outage: 5 runs wait/);
  const chain = (await world.chains()).find(({ job_name: name }) => name === later[0]);
  const answer = await fetch(`${world.service.url}/api/v1/chains/${chain?.id}/cancel`, {
    method: 'POST',
    headers: { authorization: 'Bearer api' },
  });
  assert.equal(answer.status, 200);
  await untilOutage(world, /Outage: 4 runs wait/);
});
