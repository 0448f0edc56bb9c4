import { type OutgoingReport, type Chain, currentRun } from '../../../src/chain/chain.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainIdOf } from '../../../src/chain/accept.ts';
import { type Deployment, verifyByNotification } from '../../../src/flow/requests/verify-by-notification.ts';
import { openDoor, pocJob } from '../../../src/flow/requests/verify-deployment.ts';
import { Secret } from '../../../src/secret.ts';
import type { Lookup } from '../../../src/trigger/execution-api.ts';
import { channel, FlowWorld } from '../flow-world.ts';

const deployment: Deployment = {
  gangwayUrl: 'https://gangway',
  gcsUrl: 'https://gcs',
  version: '1.2.3',
  condition: async () => ({ store: { ok: true, fault: null }, rules: { count: 3, problems: [] } }),
  publicUrl: 'https://retrigger.example',
  isOpen: false,
};

/** A notification of a run that goes on still, as it is when a step sends it. */
async function notified(world: FlowWorld): Promise<Chain> {
  const jobName = pocJob;
  const run = { jobName, prowJobId: `run-of-${jobName}-${world.nextBuild()}`, buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, outcome: 'pending' });
  const { chain } = await world.notify(run, { slackWebhook: new Secret(channel) });
  return chain;
}

async function heardOf(world: FlowWorld, chain: Chain): Promise<string[]> {
  await world.until('it is told', async () => (await world.chain(chain.id)).outbox.length === 0);
  return world.heard.map(({ title, address }) => `${address}: ${title}`);
}

test('all who hear of the chain are told what came of it, each once', async () => {
  const world = new FlowWorld();
  const chain = await notified(world);
  const { jobName } = chain;
  const { prowJobId, buildId } = currentRun(chain);
  const other = 'https://hooks.slack.com/services/T/B/OTHER';
  await world.notify({ jobName, prowJobId, buildId: buildId ?? '' }, { slackWebhook: new Secret(other) });
  await verifyByNotification(world.flow, chain, deployment);
  assert.deepEqual(
    (await heardOf(world, chain)).toSorted(),
    [channel, other].map((address) => `${address}: retrigger is verified`).toSorted(),
  );
  const asked = world.gangway.calls.map(({ kind, token }) => `${kind} by ${token}`);
  assert.deepEqual(asked, ['get by callers']);
});

for (const isTaken of [true, false])
  test(`our own address hears of it ${isTaken ? 'once Gangway took' : 'not if Gangway rejects'} the new token that came`, async () => {
    const ours = 'https://hooks.slack.com/services/OUR/PEOPLE';
    const world = new FlowWorld({ settings: { slackWebhook: new Secret(ours) } });
    if (!isTaken) world.gangway.badTokens.add('callers');
    const run = { jobName: pocJob, prowJobId: 'run-of-poc', buildId: world.nextBuild() };
    world.bucket.putRun({ ...run, outcome: 'pre' });
    await world.notify(run, { slackWebhook: null });
    const chain = await world.untilState(chainIdOf(run.prowJobId), 'scheduled');
    await verifyByNotification(world.flow, chain, deployment);
    assert.deepEqual(await heardOf(world, chain), isTaken ? [`${ours}: retrigger is verified`] : []);
    const told = world.logs.find((line) => line.includes('deployment verified')) ?? '';
    assert.deepEqual((JSON.parse(told) as { failed?: unknown }).failed, isTaken ? [] : ['gangway']);
  });

test('a chain that has ended meanwhile tells those that it has forgotten, and forgets them again', async () => {
  const world = new FlowWorld();
  const chain = await notified(world);
  const { prowJobId, buildId } = currentRun(chain);
  await world.cancel(chain.id);
  await heardOf(world, chain);
  assert.deepEqual((await world.chain(chain.id)).credentials.addresses, []);
  world.bucket.putRun({ jobName: pocJob, prowJobId, buildId: buildId ?? '', outcome: 'post' });
  await verifyByNotification(world.flow, chain, deployment);
  assert.deepEqual((await heardOf(world, chain)).slice(-1), [`${channel}: retrigger is verified`]);
  const { state, credentials } = await world.chain(chain.id);
  assert.deepEqual([state, credentials.addresses, credentials.tokens], ['skipped', [], []]);
});

/** Title and lines. */
function textOf(report: OutgoingReport | undefined): string[] {
  return report?.topic === 'verified' ? [report.title, ...report.lines] : [];
}

test('what fails is told by its name, and the chain goes on', async () => {
  const world = new FlowWorld();
  const chain = await notified(world);
  world.gangway.badTokens.add('callers');
  world.bucket.fail(`${pocJob}/`);
  const condition: Deployment['condition'] = async () => ({
    store: { ok: false, fault: 'ENOSPC' },
    rules: { count: 2, problems: ['a.yaml:1:1: no'] },
  });
  await verifyByNotification(world.flow, chain, { ...deployment, condition });
  const { outbox, state, credentials } = await world.chain(chain.id);
  assert.deepEqual(textOf(outbox[0]).slice(0, 6), [
    'retrigger is not verified: see gangway, bucket, rules, store',
    'Slack: ok, or this would not be here to read.',
    'Gangway: failed, Gangway does not take this token (401)',
    'Bucket: failed, https://gcs/test-platform-results-public: HTTP 503',
    'Rules: failed, 2 in the service itself; it refused a change: a.yaml:1:1: no',
    'Store: failed, the service itself: ENOSPC',
  ]);
  assert.deepEqual([state, credentials.tokens.length], ['judging', 1], 'the token is left to the attempt');
});

test('a Gangway that is left alone is no good Gangway', async () => {
  const world = new FlowWorld();
  const chain = await notified(world);
  const heldBack: Lookup = { kind: 'held-back', says: 'Gangway is left alone', retryAfterMs: 60_000 };
  world.gangway.lookups.push(() => heldBack);
  await verifyByNotification(world.flow, chain, deployment);
  const [report] = (await world.chain(chain.id)).outbox;
  assert.ok(textOf(report).includes('Gangway: failed, Gangway is left alone'));
});

test('a verification that breaks is logged, and rejects nothing', async () => {
  const world = new FlowWorld();
  const chain = await notified(world);
  const condition = () => Promise.reject(new Error('inner workings'));
  await verifyByNotification(world.flow, chain, { ...deployment, condition });
  assert.deepEqual((await world.chain(chain.id)).outbox, []);
  assert.ok(world.logs.some((line) => line.includes('deployment could not be verified')));
});

test('the Slack app is asked where there is one', async () => {
  const world = new FlowWorld();
  const chain = await notified(world);
  const publisher = {
    write: () => Promise.reject(new Error('nothing is written')),
    check: async () => ({ ok: false, says: 'Slack answered invalid_auth' }),
    close: () => {},
  };
  await verifyByNotification({ ...world.flow, publisher }, chain, deployment);
  const [report] = (await world.chain(chain.id)).outbox;
  assert.equal(textOf(report)[0], 'retrigger is not verified: see slack app');
  assert.ok(textOf(report).includes('Slack app: failed, Slack answered invalid_auth'));
});

for (const [what, changes, line] of [
  ['its public address', {}, 'Public address: https://retrigger.example'],
  [
    'that none is set',
    { publicUrl: null },
    'Public address: not shown, because RETRIGGER_PUBLIC_URL is not set',
  ],
  ['that strangers are kept out', {}, 'Notifications: ok, callers must send the webhook secret'],
  ['that the door is open', { isOpen: true }, `Notifications: warning, ${openDoor}`],
] as const) {
  test(`the report says ${what}, and the deployment is verified all the same`, async () => {
    const world = new FlowWorld();
    const chain = await notified(world);
    await verifyByNotification(world.flow, chain, { ...deployment, ...changes });
    const lines = textOf((await world.chain(chain.id)).outbox[0]);
    assert.equal(lines[0], 'retrigger is verified');
    assert.ok(lines.includes(line), lines.join('\n'));
  });
}
