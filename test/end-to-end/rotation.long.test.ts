import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const plan: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];
const [oldKey, newKey] = ['c2VhbGVkIHdpdGggdGhl-old', 'c2VhbGVkIHdpdGggdGhl-new'];

async function acceptUnder(t: TestContext, env: Record<string, string>): Promise<World> {
  const world = await World.start(t, { env });
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);
  await world.untilState('scheduled');
  return world;
}

const rotations: [string, Record<string, string>, string[]][] = [
  ['a new key in front of the old one', { RETRIGGER_SECRET_KEY: oldKey }, [`${newKey} ${oldKey}`]],
  [
    'a new key, twice',
    { RETRIGGER_SECRET_KEY: oldKey },
    [`${newKey},${oldKey}`, `newest, ${newKey}, ${oldKey}`],
  ],
  ['a key where the key file sealed until now', {}, [newKey]],
];

for (const [what, before, after] of rotations) {
  test(`${what}: a chain that was accepted before is triggered with its own token`, async (t) => {
    const world = await acceptUnder(t, before);
    // Another token in its place would not go unseen.
    const own = { RETRIGGER_GANGWAY_TOKEN: 'sha256~the-services-own' };
    for (const keys of after) await world.restart({ RETRIGGER_SECRET_KEY: keys, ...own });
    await world.untilState('passed');
    const [create] = world.prow.gangway.calls;
    assert.equal(create?.token, world.prow.token);
    assert.equal(world.prow.runs.length, 2);
  });
}

test('what arrives after the rotation is sealed under the new key alone, so that the old one can go', async (t) => {
  const world = await World.start(t, { env: { RETRIGGER_SECRET_KEY: `${newKey} ${oldKey}` } });
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);
  await world.untilState('scheduled');
  await world.restart({ RETRIGGER_SECRET_KEY: newKey });
  await world.untilState('passed');
});

test('where the key was dropped too soon, nothing is sent, and a person is told why', async (t) => {
  const env = { RETRIGGER_SECRET_KEY: oldKey, RETRIGGER_WEBHOOK_SECRET: 'secret-of-all-steps' };
  const world = await acceptUnder(t, env);
  await world.until('it is told', () => world.messages.length === 1);
  // The chain's own addresses were sealed with the same key.
  const ours = world.prow.slack.hook('ours');
  await world.restart({ RETRIGGER_SECRET_KEY: newKey, RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: ours });
  const chain = await world.untilState('needs-human', 'passed', 'rejected');
  assert.equal(chain.state, 'needs-human');
  assert.match(chain.decision?.because.join(' ') ?? '', /no token to trigger with.*none that opens/i);
  await world.until('a person is asked', () => world.messages.length === 2);
  assert.match(world.messages[1] ?? '', /no token to trigger with/i);
  assert.match(world.prow.slack.delivered[1]?.path ?? '', /ours/);
  assert.equal(world.prow.gangway.calls.length, 0);
  assert.equal(world.prow.runs.length, 1);
});
