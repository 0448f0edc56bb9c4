import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../../../src/secret.ts';
import { firstId as id, FlowWorld, hour, job, minute, twoAttempts } from '../flow-world.ts';
import type { RunFiles } from '../memory-bucket.ts';

const envs = {
  RELEASE_IMAGE_LATEST: 'registry.ci/release:4.20',
  CHANNEL: 'stable',
  DEPLOY_TOKEN: 'hush-hush',
};
const byGangway: Partial<RunFiles> = { envs, annotations: { executor: 'gangway' } };

function envsOf({ gangway }: FlowWorld): Record<string, string>[] {
  return gangway.started.map((run) => run.envs);
}

test('every attempt carries what the first run was started with, the rule’s variables over it, and the account names it', async () => {
  const rules = twoAttempts.replace('delay: 30m', 'delay: 30m, envs: {CHANNEL: fast, MORE: "1"}');
  const world = new FlowWorld({ rules, attempts: ['pre', 'pass'] });
  await world.fail('pre', job, { ...byGangway, args: ['--multi-stage-param=FOO=hush-hush'] });
  const scheduled = await world.untilState(id, 'scheduled');
  assert.deepEqual(scheduled.decision?.because.slice(-2), [
    { kind: 'carried-over', names: ['RELEASE_IMAGE_LATEST', 'DEPLOY_TOKEN'] },
    { kind: 'flags-not-carried', names: ['--multi-stage-param FOO'] },
  ]);
  await world.untilState(id, 'passed');
  const all = { ...envs, CHANNEL: 'fast', MORE: '1' };
  assert.deepEqual(envsOf(world), [all, all]);
  assert.doesNotMatch([...world.logs, ...world.told].join('\n'), /hush-hush|registry\.ci/);
});

test('an attempt does not carry the variables of a rule that has changed since', async () => {
  const world = new FlowWorld({
    rules: twoAttempts.replace('delay: 30m', 'delay: 30m, envs: {ADDED: "1"}'),
    attempts: ['pre', 'pass'],
  });
  await world.fail('pre', job, byGangway);
  await world.untilState(id, 'following');
  world.setRules(twoAttempts);
  await world.untilState(id, 'passed');
  assert.deepEqual(envsOf(world), [{ ...envs, ADDED: '1' }, envs]);
});

test('a scheduled run is retried without its variables, except overrides that ci-operator reads', async () => {
  const world = new FlowWorld();
  await world.fail('pre', job, { envs: { CHANNEL: 'stable' } });
  const chain = await world.untilState(id, 'passed');
  assert.deepEqual(envsOf(world), [{}]);
  assert.ok(!chain.decision?.because.some(({ kind }) => kind === 'carried-over'));
  const other = new FlowWorld();
  await other.fail('pre', job, { envs });
  await other.untilState(id, 'passed');
  assert.deepEqual(envsOf(other), [{ RELEASE_IMAGE_LATEST: envs.RELEASE_IMAGE_LATEST }]);
});

test('a retry that a person asks for carries it, too, and so does one after a restart', async () => {
  const world = new FlowWorld({ rules: 'rules: []' });
  await world.fail('pre', job, byGangway);
  await world.untilState(id, 'skipped');
  await world.restart();
  assert.equal(await world.retry(id), 'done');
  await world.untilState(id, 'following');
  assert.deepEqual(envsOf(world), [envs]);
});

test('a chain that begins at an attempt, because the store was lost, reads it from that', async () => {
  const world = new FlowWorld();
  const labels = { 'retrigger/root': 'lost-0', 'retrigger/attempt': '1' };
  await world.fail('pre', job, { envs, labels });
  await world.untilState(id, 'passed');
  assert.deepEqual(envsOf(world), [envs]);
  assert.equal(world.gangway.started[0]?.labels['retrigger/attempt'], '2');
});

test('the canary of an outage and those that it releases carry their own', async () => {
  const rules = `${twoAttempts}\noutage: {same_step_jobs: 2, within: 1h, hold: 2h}`;
  const world = new FlowWorld({ rules, attempts: ['pass'] });
  const jobs = [1, 2, 3].map((n) => `${job}-${n}`);
  for (const name of jobs) {
    await world.fail('pre', name, { envs: { RELEASE_IMAGE_LATEST: `payload of ${name}` } });
    await world.pass(minute);
  }
  await world.until('all have passed', async () =>
    (await world.chains()).every(({ state }) => state === 'passed'),
  );
  assert.deepEqual(
    new Map(world.gangway.started.map((run) => [run.jobName, run.envs['RELEASE_IMAGE_LATEST']])),
    new Map(jobs.map((name) => [name, `payload of ${name}`])),
  );
  assert.ok(
    (await world.chains()).some(({ decision }) => decision?.because.some(({ kind }) => kind === 'canary')),
  );
});

test('without the key of the overrides nothing is sent, and the retry works once the key is back', async () => {
  const world = new FlowWorld();
  await world.fail('pre', job, byGangway);
  await world.untilState(id, 'scheduled');
  const { seal } = world.flow;
  world.flow.seal = { ...seal, open: (sealed) => (sealed.includes('hush') ? null : new Secret(sealed)) };
  const chain = await world.untilState(id, 'needs-human');
  assert.deepEqual(chain.decision?.because.at(-1), {
    kind: 'overrides-locked',
    names: ['RELEASE_IMAGE_LATEST', 'CHANNEL', 'DEPLOY_TOKEN'],
  });
  assert.equal(world.gangway.count('create'), 0);
  world.flow.seal = seal;
  await world.pass(hour);
  assert.equal(await world.retry(id), 'done');
  await world.untilState(id, 'passed');
  assert.deepEqual(envsOf(world), [envs]);
});

test('they are sealed once a judgement', async () => {
  const world = new FlowWorld();
  await world.fail('pre', job, byGangway);
  const { seal } = world.flow;
  let sealings = 0;
  world.flow.seal = {
    ...seal,
    close: (secret) => {
      sealings += 1;
      return seal.close(secret);
    },
  };
  await world.untilState(id, 'scheduled');
  assert.equal(sealings, 1);
});
