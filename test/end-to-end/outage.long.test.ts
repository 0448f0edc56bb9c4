import { holdOf } from '../../src/chain/chain.ts';
import { releaseChain } from '../../src/chain/hold.ts';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ChainView } from '../../src/report/chain/view-chain.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { minute } from '../prow/prow-for-test.ts';
import { World } from './start-world.ts';

const jobs = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `periodic-ci-org-repo-main-e2e-aws-${name}`);
const [first = '', second = '', third = '', ...later] = jobs;
const rules = `
rules: [{ name: setup, match: { phase: pre }, retry: { attempts: 1, delay: 30m } }]
outage: { same_step_jobs: 3, within: 1h, hold: 2h }
`;
/** The runs take hours: looked at as seldom as this, a quarter of the steps tell the same. */
const env = { RETRIGGER_POLL_INTERVAL: '2m' };
const broken: RunPlan = { outcome: 'fail-pre', step: 'ipi-install-install' };
const sound: RunPlan = { outcome: 'pass' };

/** Six jobs fail in the same step, five minutes apart; what their retries do is up to `again`. */
async function startOutage(
  t: TestContext,
  again: (job: string) => RunPlan,
  settings: Record<string, string> = {},
): Promise<World> {
  const world = await World.start(t, { rules, env: { ...env, ...settings } });
  for (const job of jobs) {
    world.prow.defineJob({ name: job, type: 'periodic', plan: [broken, again(job)] });
    world.prow.startRun(job);
    world.clock.advance(5 * minute);
  }
  return world;
}

async function untilStates(world: World, states: Record<string, string>): Promise<ChainView[]> {
  let seen: ChainView[] = [];
  await world.until(JSON.stringify(states), async () => {
    seen = await world.chains();
    return Object.entries(states).every(([job, state]) => stateOf(seen, job) === state);
  });
  return seen;
}

function stateOf(chains: readonly ChainView[], job: string): string | undefined {
  return chains.find(({ job_name: name }) => name === job)?.state;
}

function all(state: string, names: readonly string[] = jobs): Record<string, string> {
  return Object.fromEntries(names.map((job) => [job, state]));
}

function titles(world: World): string[] {
  return world.messages.map((text) => text.split('\n', 1)[0] ?? '');
}

function created(world: World): string[] {
  return world.prow.runs.filter(({ createdBy }) => createdBy === 'gangway').map(({ jobName }) => jobName);
}

test('the third job that fails alike starts a hold: the one due first goes first, the others wait for it', async (t) => {
  // With a rate the others are due one after the other; without one they are all due at once, in no order.
  const world = await startOutage(t, () => sound, { RETRIGGER_GANGWAY_RATE: '60/1m' });
  await untilStates(world, { [first]: 'scheduled', ...all('held', [second, third, ...later]) });
  await untilStates(world, { [first]: 'following' });
  const chains = await untilStates(world, all('passed'));
  assert.deepEqual(created(world)[0], first);
  assert.deepEqual(created(world).toSorted(), jobs.toSorted());
  const canary = chains.find(({ job_name: name }) => name === first);
  const firstOfRest = world.prow.runs.find(
    ({ jobName, createdBy }) => jobName === second && createdBy === 'gangway',
  );
  assert.ok(
    (firstOfRest?.createdAt ?? 0) >= Date.parse(canary?.closed_at ?? ''),
    'the rest waits for the canary',
  );
  assert.deepEqual(created(world).slice(1), [second, third, ...later], 'oldest first');
  assert.equal(titles(world).filter((title) => title.includes('An outage')).length, 1);
});

test('the canary fails alike: the others end when the hold does, with one message for all', async (t) => {
  const world = await startOutage(t, () => broken);
  const chains = await untilStates(world, {
    [first]: 'exhausted',
    ...all('skipped', [second, third, ...later]),
  });
  assert.deepEqual(created(world), [first]);
  for (const chain of chains.filter(({ job_name: name }) => name !== first)) {
    assert.equal(chain.decision?.reason, 'outage');
    assert.equal(chain.decision?.outcome, 'skip');
  }
  await world.until('it is told', () =>
    titles(world).some((title) => title.includes('5 runs are not tried again')),
  );
  assert.equal(
    titles(world).filter((title) => title.includes('not tried again')).length,
    2,
    'the canary, and the rest',
  );
});

test('the canary fails in another way: what broke is mended, and the rest is released', async (t) => {
  const world = await startOutage(t, (job) => (job === first ? { outcome: 'fail-test' } : sound));
  await untilStates(world, { [first]: 'skipped', ...all('passed', [second, third, ...later]) });
});

test('a hold survives restarts, before and after its canary came through', async (t) => {
  const world = await startOutage(t, () => sound);
  await untilStates(world, { [first]: 'scheduled', ...all('held', [second, third, ...later]) });
  await world.restart();
  await untilStates(world, { [first]: 'following', ...all('held', [second, third, ...later]) });
  await world.restartAfter(4 * 60 * minute);
  await untilStates(world, all('passed'));
  assert.equal(world.prow.runs.length, 2 * jobs.length);
});

test('a canary that never runs gives way to the next', async (t) => {
  const world = await startOutage(t, () => sound);
  const chains = await untilStates(world, {
    [first]: 'scheduled',
    ...all('held', [second, third, ...later]),
  });
  const canary = chains.find(({ job_name: name }) => name === first);
  await world.restart({ RETRIGGER_API_TOKEN: 'api' });
  const cancelled = await fetch(`${world.service.url}/api/v1/chains/${canary?.id}/cancel`, {
    method: 'POST',
    headers: { authorization: 'Bearer api' },
  });
  assert.equal(cancelled.status, 200);
  await untilStates(world, { [first]: 'skipped', [second]: 'scheduled' });
  await untilStates(world, all('passed', [second, third, ...later]));
  assert.equal(created(world)[0], second);
});

test('a later failure in the same step joins the hold, one in another step does not', async (t) => {
  const world = await startOutage(t, () => sound);
  await untilStates(world, { [first]: 'following', ...all('held', [second, third, ...later]) });
  const alike = 'periodic-ci-org-repo-main-e2e-gcp-late';
  const other = 'periodic-ci-org-repo-main-e2e-gcp-other';
  const short = { durations: { pre: 5 * minute } };
  world.prow.defineJob({ name: alike, type: 'periodic', plan: [{ ...broken, ...short }, sound] });
  world.prow.defineJob({
    name: other,
    type: 'periodic',
    plan: [{ ...broken, ...short, step: 'ipi-conf-aws' }, sound],
  });
  world.prow.startRun(alike);
  world.prow.startRun(other);
  await untilStates(world, { [alike]: 'held', [other]: 'scheduled' });
  await untilStates(world, all('passed', [...jobs, alike, other]));
});

test('five failures of one job are no outage, nor are failures in different steps', async (t) => {
  const world = await World.start(t, { rules, env });
  for (const [index, job] of jobs.entries()) {
    const plan: RunPlan = { outcome: 'fail-pre', step: `step-${index}`, message: `fault ${'abcdef'[index]}` };
    world.prow.defineJob({ name: job, type: 'periodic', plan: [plan, sound] });
    world.prow.startRun(job);
  }
  await untilStates(world, all('scheduled'));
  await untilStates(world, all('passed'));
});

test('two outages at once have a canary each, and each is told', async (t) => {
  const world = await World.start(t, { rules, env });
  const both: RunPlan = { ...broken, step: ['step-a', 'step-b'] };
  const groups = { both: ['x', 'y'], a: ['a1', 'a2', 'a3'], b: ['b1', 'b2', 'b3'] };
  for (const [group, names] of Object.entries(groups)) {
    for (const name of names) {
      const step = group === 'both' ? both.step : `step-${group}`;
      const plan: RunPlan = { ...broken, step: step ?? '', message: `fault ${name}` };
      world.prow.defineJob({ name: `periodic-${name}`, type: 'periodic', plan: [plan, sound] });
      world.prow.startRun(`periodic-${name}`);
      world.clock.advance(minute);
    }
  }
  const names = Object.values(groups)
    .flat()
    .map((name) => `periodic-${name}`);
  await untilStates(world, all('passed', names));
  const firsts = created(world).slice(0, 2);
  assert.equal(
    firsts.filter((name) => name.startsWith('periodic-b')).length,
    1,
    'the second has its own canary',
  );
  assert.equal(titles(world).filter((title) => title.includes('An outage')).length, 2);
});

test('those whose reports go elsewhere hear of the hold, too', async (t) => {
  const world = await World.start(t, { rules, env });
  world.prow.onReTriggerStep = (run) =>
    world.notifyOf(run, { slack_webhook_url: world.prow.slack.hook(run.jobName) });
  for (const job of jobs.slice(0, 3)) {
    world.prow.defineJob({ name: job, type: 'periodic', plan: [broken, sound] });
    world.prow.startRun(job);
  }
  await untilStates(world, all('passed', jobs.slice(0, 3)));
  const told = world.prow.slack.delivered.filter(({ payload }) =>
    JSON.stringify(payload).includes('An outage'),
  );
  assert.equal(new Set(told.map(({ path }) => path)).size, 3);
});

test('an outage that is mended stays mended over a restart', async (t) => {
  const world = await startOutage(t, () => sound);
  await untilStates(world, all('passed'));
  await world.restart();
  const late = 'periodic-ci-org-repo-main-e2e-late';
  // It failed within the hour of the others, and is heard of only now.
  world.prow.defineJob({ name: late, type: 'periodic', plan: [broken, sound] });
  world.prow.startRun(late);
  await untilStates(world, { [late]: 'scheduled' });
});

test('a process that died while the hold began takes in the attempts that were left out', async (t) => {
  const world = await startOutage(t, () => sound);
  const chains = await untilStates(world, {
    [first]: 'scheduled',
    ...all('held', [second, third, ...later]),
  });
  const left = chains.filter(({ job_name: name }) => later.includes(name));
  // As if the writes for the last ones had never been made.
  for (const { id } of left) {
    await world.service.store.update(id, (chain) =>
      releaseChain(chain, holdOf(chain)?.dueAt ?? 0, chain.updatedAt),
    );
  }
  await world.restart();
  await untilStates(world, { [first]: 'following', ...all('held', [second, third, ...later]) });
  await untilStates(world, all('passed'));
});

test('where the earlier attempts are made already, the outage still has one canary, and its pass ends it', async (t) => {
  const quick = rules.replace('delay: 30m', 'delay: 1m').replace('within: 1h', 'within: 6h');
  const world = await World.start(t, { rules: quick, env });
  const plan: RunPlan[] = [broken, { ...sound, durations: { test: 180 * minute } }];
  for (const job of jobs.slice(0, 5)) {
    world.prow.defineJob({ name: job, type: 'periodic', plan });
    world.prow.startRun(job);
    await untilStates(world, { [job]: jobs.indexOf(job) < 3 ? 'following' : 'held' });
  }
  assert.deepEqual(created(world), jobs.slice(0, 3));
  await untilStates(world, all('passed', jobs.slice(0, 5)));
  const late = 'periodic-ci-org-repo-main-e2e-late';
  world.prow.defineJob({ name: late, type: 'periodic', plan: [broken, sound] });
  world.prow.startRun(late);
  await untilStates(world, { [late]: 'scheduled' });
});
