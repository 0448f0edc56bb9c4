import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e';
const plan = [{ outcome: 'fail-pre' as const }, { outcome: 'pass' as const }];

/** Steps bring tokens and no address; the service has channels of its own and no secret. */
async function setUp(t: Parameters<typeof World.start>[0]): Promise<World> {
  const world = await World.start(t);
  world.bringsHooks = false;
  await world.restart(hooks(world));
  return world;
}

function hooks({ prow: { slack } }: World): Record<string, string> {
  return {
    RETRIGGER_SLACK_WEBHOOK_URL: slack.hook('own'),
    RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: slack.hook('own-errors'),
  };
}

/** Channel and title of each message. */
function heard({ prow }: World): string[] {
  return prow.slack.delivered.map(({ path, payload }) => {
    const [title = ''] = String((payload as { text?: unknown }).text).split('\n');
    return `${path.endsWith('errors') ? 'errors' : 'people'}: ${title.replaceAll('*', '')}`;
  });
}

async function failAndPass(world: World, name: string): Promise<void> {
  world.prow.defineJob({ name, type: 'periodic', plan });
  world.prow.startRun(name);
  await world.until(`${name} passed and all is told`, async () => {
    const chain = (await world.chains()).find(({ job_name: each }) => each === name);
    return chain?.state === 'passed' && (await world.service.store.listUnsettled()).length === 0;
  });
}

test('a new token: our channel gets messages once Gangway took it, and after a restart all about its next failure', async (t) => {
  const world = await setUp(t);
  await failAndPass(world, job);
  assert.deepEqual(heard(world), [
    `people: ${job} was triggered again: attempt 1`,
    `people: ${job} passed on attempt 1: a flake`,
  ]);
  await world.restart(hooks(world));
  await failAndPass(world, `${job}-next`);
  assert.match(heard(world)[2] ?? '', new RegExp(`^people: ${job}-next failed and will be tried again`));
  assert.equal(heard(world).length, 5);
  const files = await world.readFiles();
  assert.ok(files.every((text) => !text.includes(world.prow.token)));
});

test('true failures with made-up tokens: one message in our errors channel, and none about each failure', async (t) => {
  const world = await setUp(t);
  world.prow.onReTriggerStep = (run) =>
    world.notifyOf(run, {
      trigger_token: `made-up-${run.buildId}`,
      slack_webhook_url: '',
      slack_errors_webhook_url: '',
    });
  for (const n of [1, 2, 3]) {
    world.prow.defineJob({ name: `${job}-${n}`, type: 'periodic', plan });
    world.prow.startRun(`${job}-${n}`);
  }
  await world.until('all are rejected', async () => {
    const states = (await world.chains()).map(({ state }) => state);
    return states.length === 3 && states.every((state) => state === 'rejected');
  });
  await world.restart(hooks(world));
  await world.until('it is summed up', () => world.messages.length > 0);
  const end = world.clock.now() + 3 * 60 * 60_000;
  await world.until('three hours are over', () => (world.clock.nextDue() ?? Infinity) > end);
  assert.deepEqual(heard(world), ['errors: 3 failures could not be retried: Gangway rejected the tokens']);
});
