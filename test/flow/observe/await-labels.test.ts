import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewChain } from '../../../src/report/chain/view-chain.ts';
import type { Found } from '../../../src/evidence/artifacts/artifact-source.ts';
import { checkRun } from '../../../src/flow/observe/check-run.ts';
import { firstId, FlowWorld, job, minute } from '../flow-world.ts';

const second = 1_000;
const poll = 30 * second;
const retry = 'retry: {attempts: 2, delay: 30m}';
const infra = `{name: infra, match: {label: [Infra*]}, ${retry}}`;
const pre = `{name: pre, match: {phase: pre}, ${retry}}`;
const firstBuild = { jobName: job, buildId: '1930000000000000001' };

/** How often the labels of the first run were listed. */
function countLists({ bucket }: FlowWorld): () => number {
  let lists = 0;
  bucket.onAsked = (path) => void (path.endsWith('/artifacts/job_labels/') && (lists += 1));
  return () => lists;
}

/** The time from the notification until the first run is judged. */
async function timeUntilJudged(world: FlowWorld): Promise<number> {
  const begun = world.clock.now();
  await world.until('it is judged', async () => (await world.chain(firstId)).decision !== null);
  return world.clock.now() - begun;
}

async function decisionIn(world: FlowWorld): Promise<string> {
  const { decision } = await world.chain(firstId);
  return `${decision?.outcome} ${decision?.reason} ${decision?.rule}`;
}

test('labels that come a minute after the end decide, and are shown', async () => {
  const world = new FlowWorld({ rules: `rules: [${infra}]` });
  world.clock.at(world.clock.now() + 70 * second, () =>
    world.bucket.putLabel(firstBuild, 'InfraFailure', 'a node was lost'),
  );
  await world.fail('post');
  assert.equal(await timeUntilJudged(world), 3 * poll);
  assert.equal(await decisionIn(world), 'retry matched infra');
  const chain = await world.chain(firstId);
  assert.deepEqual(viewChain(chain).runs[0]?.labels, ['InfraFailure']);
  assert.deepEqual(
    chain.decision?.because.find(({ kind }) => kind === 'known-failure'),
    { kind: 'known-failure', label: 'InfraFailure', summary: 'a node was lost' },
  );
});

test('labels are waited for four poll intervals and no longer: then there are none', async () => {
  const world = new FlowWorld({ rules: `rules: [${infra}]` });
  const lists = countLists(world);
  await world.fail('post');
  assert.equal(await timeUntilJudged(world), 4 * poll);
  assert.equal(await decisionIn(world), 'skip no-rule-matched null');
  assert.equal(lists(), 5);
  assert.deepEqual(viewChain(await world.chain(firstId)).runs[0]?.labels, []);
});

test('an exception on labels holds the attempt back for as long, and then lets it go', async () => {
  const world = new FlowWorld({
    rules: `rules: [{name: pre, match: {phase: pre}, unless: {label: Product*}, ${retry}}]`,
  });
  await world.fail();
  assert.equal(await timeUntilJudged(world), 4 * poll);
  assert.equal(await decisionIn(world), 'retry matched pre');
});

const atOnce: [what: string, rules: string, outcome: 'pre' | 'post' | 'pass', decision: string][] = [
  ['a rule above that matches', `${pre}, ${infra}`, 'pre', 'retry matched pre'],
  ['rules that ask for no label', pre, 'post', 'skip no-rule-matched null'],
  [
    'a rule that fails by its phase',
    `{name: a, match: {phase: pre, label: x}, ${retry}}`,
    'post',
    'skip no-rule-matched null',
  ],
  ['a success', infra, 'pass', 'skip not-failed null'],
];

for (const [what, rules, outcome, decision] of atOnce) {
  test(`${what} waits for no labels`, async () => {
    const world = new FlowWorld({ rules: `rules: [${rules}]` });
    await world.fail(outcome);
    assert.equal(await timeUntilJudged(world), 0);
    assert.equal(await decisionIn(world), decision);
  });
}

test('of a success no labels are listed', async () => {
  const world = new FlowWorld({ rules: `rules: [${infra}]` });
  const lists = countLists(world);
  await world.fail('pass');
  await world.untilQuiet();
  assert.equal(lists(), 0);
});

test('a rule that fails leaves the wait to the next one, and a rule that is reached after the wait decides', async () => {
  const world = new FlowWorld({
    rules: `rules: [{name: a, match: {phase: pre}, ${retry}}, ${infra}, {name: c, match: {phase: post}, ${retry}}]`,
  });
  await world.fail('post');
  assert.equal(await timeUntilJudged(world), 4 * poll);
  assert.equal(await decisionIn(world), 'retry matched c');
});

test('a restart keeps the time that labels have', async () => {
  const world = new FlowWorld({ rules: `rules: [${infra}]` });
  await world.fail('post');
  const begun = world.clock.now();
  await world.pass(100 * second);
  await world.restart();
  await timeUntilJudged(world);
  assert.equal(world.clock.now() - begun, 4 * poll);
});

test('a service that was away for long looks once more before it decides without labels', async () => {
  const world = new FlowWorld({ rules: `rules: [${infra}]` });
  await world.fail('post');
  await world.pass(poll);
  await world.worker.stop();
  world.bucket.putLabel(firstBuild, 'InfraFailure');
  world.clock.advance(60 * minute);
  await world.restart();
  await timeUntilJudged(world);
  assert.equal(await decisionIn(world), 'retry matched infra');
});

test('a list that is refused delays no decision that needs no labels, and is no reason to look again', async () => {
  const world = new FlowWorld({ rules: `rules: [${pre}]` });
  world.bucket.fail('/artifacts/job_labels/');
  const lists = countLists(world);
  await world.fail();
  assert.equal(await timeUntilJudged(world), 0);
  assert.equal(await decisionIn(world), 'retry matched pre');
  assert.equal(lists(), 1);
});

test('a list that is refused counts as no labels after four poll intervals, where a rule asks', async () => {
  const world = new FlowWorld({ rules: `rules: [${infra}]` });
  world.bucket.fail('/artifacts/job_labels/');
  await world.fail('post');
  assert.equal(await timeUntilJudged(world), 4 * poll);
  assert.equal(await decisionIn(world), 'skip no-rule-matched null');
});

test('a list that never answers holds a decision for ten seconds', async () => {
  const world = new FlowWorld({ rules: `rules: [${pre}]` });
  const { source } = world.flow;
  const never = new Promise<Found<string[]>>(() => undefined);
  const asked = Promise.withResolvers<void>();
  world.flow.source = {
    buckets: source.buckets,
    read: (path, bytes) => source.read(path, bytes),
    stream: (path) => source.stream(path),
    tail: (path, bytes) => source.tail(path, bytes),
    listFolders: (folder, from, limits) => source.listFolders(folder, from, limits),
    listObjects: () => {
      asked.resolve();
      return never;
    },
  };
  await world.worker.stop();
  await world.fail();
  const looking = checkRun(world.flow, await world.chain(firstId));
  await asked.promise;
  // The world sets no timer else, so what is due next is the end of the patience.
  for (let turns = 0; turns < 1_000 && world.clock.nextDue() === null; turns += 1) await Promise.resolve();
  assert.equal((world.clock.nextDue() ?? 0) - world.clock.now(), 10 * second);
  world.clock.advance(10 * second);
  await looking;
  assert.equal(await decisionIn(world), 'retry matched pre');
});

test('labels that come after the decision change nothing, and are shown once the attempt is due', async () => {
  const world = new FlowWorld({ rules: `rules: [${pre}]` });
  await world.fail();
  await world.untilState(firstId, 'scheduled');
  world.bucket.putLabel(firstBuild, 'ProductBug', 'it panicked');
  const lists = countLists(world);
  await world.untilState(firstId, 'following');
  assert.deepEqual(viewChain(await world.chain(firstId)).runs[0]?.labels, ['ProductBug']);
  assert.equal(lists(), 1);
});
