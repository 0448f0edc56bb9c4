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

/** The job will fail, and its own step will report it with its own token. `beside` is what others send at that moment. */
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

test('forged notifications before, between and after the true one: one retry, with the own token, over restarts', async (t) => {
  const world = await expectFailure(t, async (each, run, tellTruth) => {
    await forge(each, run, { build_id: '77' });
    await forge(each, run, { job_name: 'periodic-ci-another' });
    for (const n of [1, 2, 3]) await forge(each, run, { trigger_token: `forged-token-${n}` });
    await each.restart();
    await tellTruth();
    await each.restart();
    for (const n of [4, 5, 6]) await forge(each, run, { trigger_token: `forged-token-${n}` });
  });
  world.prow.startRun(job);
  await holdToTruth(world);
});
