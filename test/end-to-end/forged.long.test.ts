import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RunId } from '../../src/job/run.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const plan: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];
const whole = ['will be tried again', 'was triggered', 'passed on'];

/** What somebody sends who read of the run in Prow: a token that is none, and an address of his own. */
function forge(world: World, run: RunId, changes: Record<string, unknown> = {}): Promise<Response> {
  const address = world.prow.slack.hook('forgers');
  return world.notifyOf(run, {
    trigger_token: 'forged-token',
    slack_webhook_url: address,
    slack_errors_webhook_url: address,
    ...changes,
  });
}

/** The job will fail, and its own step tell of it with its own token; `beside` is what others send at that moment. */
async function expectFailure(
  t: TestContext,
  beside: (world: World, run: RunId, tellTruth: () => Promise<unknown>) => Promise<unknown>,
): Promise<World> {
  const world = await World.start(t);
  const { onReTriggerStep } = world.prow;
  let isFirst = true;
  world.prow.onReTriggerStep = async (run) => {
    const tellTruth = async (): Promise<unknown> => onReTriggerStep?.(run);
    if (!isFirst) return tellTruth();
    isFirst = false;
    return beside(world, run, tellTruth);
  };
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  return world;
}

/** The run is retried exactly once, with its own token, and told in its own channel. */
async function holdToTruth(world: World): Promise<void> {
  const chain = await world.untilState('passed', 'rejected', 'needs-human', 'exhausted');
  assert.equal(chain.state, 'passed');
  assert.equal((await world.chains()).length, 1);
  await world.until('all is told', () => heardIn(world, 'team').length >= whole.length);
  assert.deepEqual(heardIn(world, 'team'), whole);
  const runs = world.prow.runs.filter(({ jobName }) => jobName === job);
  assert.equal(runs.length, 2);
  const created = world.prow.gangway.calls.filter(
    ({ method, status }) => method === 'POST' && status === 200,
  );
  assert.deepEqual(
    created.map(({ token }) => token),
    [world.prow.token],
  );
  assert.deepEqual([chain.job_name, chain.runs[0]?.build_id], [job, runs[0]?.buildId]);
  for (const text of [...world.logs, ...(await world.readFiles())]) assert.doesNotMatch(text, /forged-token/);
}

function heardIn(world: World, channel: string): string[] {
  return world.prow.slack.delivered
    .filter(({ path }) => path.endsWith(`/${channel}`))
    .map(({ payload }) => String((payload as { text?: unknown }).text))
    .map((text) => /will be tried again|was triggered|passed on/.exec(text)?.[0] ?? text);
}

const orders: [string, Parameters<typeof expectFailure>[1]][] = [
  [
    'before the true one',
    async (world, run, tellTruth) => {
      await forge(world, run);
      await tellTruth();
    },
  ],
  [
    'after the true one',
    async (world, run, tellTruth) => {
      await tellTruth();
      await forge(world, run);
    },
  ],
  [
    'before and after, several',
    async (world, run, tellTruth) => {
      for (const n of [1, 2, 3]) await forge(world, run, { trigger_token: `forged-token-${n}` });
      await tellTruth();
      for (const n of [4, 5, 6]) await forge(world, run, { trigger_token: `forged-token-${n}` });
    },
  ],
  [
    'first, with a build that is not there',
    async (world, run, tellTruth) => {
      await forge(world, run, { build_id: '77' });
      await tellTruth();
    },
  ],
  [
    'first, with another job’s name',
    async (world, run, tellTruth) => {
      await forge(world, run, { job_name: 'periodic-ci-another' });
      await tellTruth();
    },
  ],
];

for (const [when, beside] of orders) {
  test(`a forged notification ${when}: the run is retried once, with its own token`, async (t) => {
    const world = await expectFailure(t, beside);
    world.prow.startRun(job);
    await holdToTruth(world);
  });
}

test('it holds over restarts, and where what was forged has ended the chain before the run itself ended', async (t) => {
  const world = await expectFailure(t, async (each, run, tellTruth) => {
    await each.restart();
    await tellTruth();
    await each.restart();
    await forge(each, run, { build_id: '78' });
  });
  const short = 'periodic-ci-org-repo-main-short';
  world.prow.defineJob({ name: short, type: 'periodic', plan: [{ outcome: 'pass' }] });
  const other = world.prow.startRun(short);
  await world.until('the other run has ended', () => other.completedAt !== null);
  const run = world.prow.startRun(job);
  await world.until('the run has its build', () => run.buildId !== '');
  await forge(world, { jobName: short, prowJobId: run.prowJobId, buildId: other.buildId });
  assert.equal((await world.untilState('skipped')).decision?.reason, 'evidence-missing');
  await holdToTruth(world);
});

test('rejected with a forged token: the true notification, which comes late, opens the chain again', async (t) => {
  const world = await expectFailure(t, (each, run) => forge(each, run));
  const run = world.prow.startRun(job);
  await world.untilState('rejected');
  // The same token is tried once more, because its team may have been granted the right meanwhile.
  assert.equal((await forge(world, run)).status, 200);
  await world.until('it is tried', () => world.prow.gangway.calls.length === 2);
  await world.untilState('rejected');
  assert.equal((await world.notifyOf(run)).status, 200);
  await world.untilState('passed');
  await world.until('it is told', () => heardIn(world, 'team').length === 2);
  assert.deepEqual(heardIn(world, 'team'), whole.slice(1));
  assert.equal(world.prow.runs.length, 2);
});
