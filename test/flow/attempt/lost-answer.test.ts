import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentRun, intentOf } from '../../../src/chain/chain.ts';
import { Secret } from '../../../src/secret.ts';
import type { Creation, ExecutionRequest, Listing } from '../../../src/trigger/execution-api.ts';
import { firstId as id, FlowWorld, hour, job, minute } from '../flow-world.ts';
import { closeAs } from '../../chain/chains.ts';
import { folderOf } from '../memory-bucket.ts';

const lost: Creation = { kind: 'unclear', says: "Gangway's answer never came" };
const heldBack = {
  kind: 'held-back',
  says: 'Gangway is not called for now',
  retryAfterMs: 30_000,
} as const;
const notNow: Creation = { kind: 'not-created', says: 'connection refused', retryAfterMs: null };

/** A world whose first request to create is lost after `ms`, nothing having been created. */
async function lose(ms = 0, settings: { pollMs?: number } = {}): Promise<FlowWorld> {
  const world = new FlowWorld({ settings });
  world.gangway.creations.push(() => {
    world.clock.advance(ms);
    return lost;
  });
  await world.fail();
  return world;
}

function timesOf({ gangway }: FlowWorld): string[] {
  const begin = gangway.calls[0]?.at ?? 0;
  return gangway.calls.map(({ kind, at }) => `${kind} ${(at - begin) / 1000}`);
}

for (const [pollMs, postMs, expected] of [
  [30_000, 0, ['create 0', 'list 60', 'list 360', 'create 360']],
  [30_000, 65_000, ['create 0', 'list 125', 'list 425', 'create 425']],
  // A short interval does not shorten the time that a request may take to be carried out.
  [100, 2_000, ['create 0', 'list 7', 'list 17', 'create 17']],
] as const) {
  test(`it is sent again only after two lists long after the loss (polled each ${pollMs} ms, lost after ${postMs} ms)`, async () => {
    const world = await lose(postMs, { pollMs });
    await world.untilState(id, 'following', 'needs-human');
    assert.deepEqual(timesOf(world), expected);
  });
}

for (const [when, atMs] of [
  ['before the first list', 10_000],
  ['between the lists', 3 * minute],
] as const) {
  test(`a run that is created late, ${when}, is found and not doubled`, async () => {
    const world = new FlowWorld();
    world.gangway.creations.push((request) => {
      world.clock.at(world.clock.now() + atMs, () => void world.gangway.start(request));
      return lost;
    });
    await world.fail();
    const chain = await world.untilState(id, 'passed', 'needs-human');
    assert.equal(chain.state, 'passed');
    assert.equal(chain.runs[1]?.prowJobId, 'attempt-1');
    assert.equal(world.gangway.count('create'), 1);
    await world.untilQuiet();
    assert.equal(world.told.length, 3);
  });
}

/** The first request is lost and carried out later than anybody looks for it; the second finds no open door. */
async function carryOutLate(world: FlowWorld, outcome: 'pre' | 'pass'): Promise<string> {
  const held: ExecutionRequest[] = [];
  world.gangway.creations.push(
    (request) => {
      held.push(request);
      return lost;
    },
    () => notNow,
  );
  await world.fail();
  await world.until('it is about to be sent again', () => world.gangway.count('create') === 2);
  const [request] = held;
  assert.ok(request !== undefined);
  const { labels, annotations } = request;
  const run = {
    jobName: job,
    prowJobId: 'attempt-1',
    buildId: world.nextBuild(),
    labels,
    annotations,
    outcome,
  };
  world.bucket.putRun(run);
  return run.buildId;
}

test('a run that is created after both lists is adopted before anything is sent again', async () => {
  const world = new FlowWorld();
  await carryOutLate(world, 'pass');
  const chain = await world.untilState(id, 'passed', 'skipped', 'needs-human');
  assert.deepEqual([chain.state, chain.runs[1]?.prowJobId, intentOf(chain)], ['passed', 'attempt-1', null]);
  assert.deepEqual(world.gangway.started, []);
});

test('it is adopted, too, where somebody has started a newer one still', async () => {
  const world = new FlowWorld();
  await carryOutLate(world, 'pass');
  world.bucket.putRun({ jobName: job, prowJobId: 'whose', buildId: world.nextBuild(), outcome: 'pending' });
  assert.equal((await world.untilState(id, 'passed', 'skipped', 'needs-human')).state, 'passed');
});

test('while nothing tells whether a newer run is the lost attempt itself, it is looked at again', async () => {
  const world = new FlowWorld();
  const buildId = await carryOutLate(world, 'pass');
  world.bucket.fail(`${buildId}/prowjob.json`, 3);
  const chain = await world.untilState(id, 'passed', 'skipped', 'needs-human');
  assert.deepEqual([chain.state, chain.runs[1]?.prowJobId], ['passed', 'attempt-1']);
  assert.deepEqual(world.gangway.started, []);
});

test('lists that were asked after a restart count from the note of the attempt', async () => {
  const world = new FlowWorld();
  world.gangway.creations.push(() => {
    throw new Error('the process dies before the answer is written down');
  });
  await world.fail();
  await world.untilState(id, 'triggering');
  assert.equal(intentOf(await world.chain(id))?.lostAt, null);
  await world.restart();
  await world.untilState(id, 'passed');
  assert.deepEqual(timesOf(world), ['create 0', 'list 60', 'list 360', 'create 360']);
});

const doubts: [string, (world: FlowWorld) => Listing, number][] = [
  ['refused', () => ({ kind: 'refused', cause: 'token', says: 'Gangway does not take this token' }), 1],
  ['empty', () => ({ kind: 'found', executions: [] }), 4],
  ['unavailable', () => ({ kind: 'unavailable', says: 'Gangway answered 503', retryAfterMs: null }), 4],
  [
    'with a run that nobody can account for',
    () => ({
      kind: 'found',
      executions: [
        { prowJobId: `run-1-of-${job}`, status: 'FAILURE' },
        { prowJobId: 'whose', status: 'TRIGGERED' },
      ],
    }),
    4,
  ],
];

for (const [what, listing, asked] of doubts) {
  test(`a list that is ${what} proves nothing: a person is asked, and nothing is sent again`, async () => {
    const world = await lose();
    for (let list = 0; list < asked; list += 1) world.gangway.listings.push(() => listing(world));
    const chain = await world.untilState(id, 'needs-human', 'following');
    assert.equal(chain.state, 'needs-human');
    assert.deepEqual([world.gangway.count('create'), world.gangway.count('list')], [1, asked]);
    assert.match(chain.decision?.because.at(-1)?.kind ?? '', /^(?:attempt|start)-unknown$/);
    await world.untilQuiet();
    assert.equal(world.told.filter((title) => title.includes('needs a person')).length, 1);
  });
}

for (const [what, listing] of doubts.slice(1)) {
  test(`after a list that is ${what}, two others can still tell`, async () => {
    const world = await lose();
    world.gangway.listings.push(() => listing(world));
    await world.untilState(id, 'passed');
    assert.deepEqual(timesOf(world), ['create 0', 'list 60', 'list 360', 'list 600', 'create 600']);
  });
}

test('while Gangway is left alone nothing is asked, and nothing learned', async () => {
  const world = await lose();
  for (let look = 0; look < 6; look += 1) world.gangway.listings.push(() => heldBack);
  const chain = await world.untilState(id, 'passed');
  assert.equal(chain.runs.length, 2);
  assert.equal(world.gangway.count('create'), 2);
});

test('another chain’s attempt is accounted for before the bucket shows it', async () => {
  const world = await lose();
  await world.untilState(id, 'triggering');
  const others = await world.chain(await world.fail());
  const made = { ...currentRun(others), attempt: 1, prowJobId: 'run-of-another-chain', buildId: null };
  await world.store.update(others.id, (chain) =>
    closeAs({ ...chain, runs: [...chain.runs, made] }, 'passed', 0),
  );
  world.gangway.others.push({ prowJobId: made.prowJobId, jobName: job });
  // The lists are clean; it is the other chain's run in the bucket that makes this one stand down.
  const chain = await world.untilState(id, 'skipped', 'needs-human');
  assert.equal(chain.decision?.reason, 'superseded');
  assert.deepEqual(timesOf(world), ['create 0', 'list 60', 'list 360']);
});

for (const isDemanded of [false, true]) {
  const whatever = isDemanded ? ', whoever demands it' : '';
  test(`a notification of the attempt itself accounts for nothing, and nothing is made twice${whatever}`, async () => {
    const world = new FlowWorld();
    // It waits its turn in Prow, so that the bucket shows nothing of it.
    world.gangway.onStarted = () => {};
    world.gangway.creations.push((request) => {
      world.gangway.start(request);
      return lost;
    });
    await world.fail();
    await world.untilState(id, 'triggering');
    await world.notify({ jobName: job, prowJobId: 'attempt-1', buildId: '1999999999999999999' });
    const chain = await world.untilState(id, 'following', 'needs-human');
    assert.equal(chain.state, 'needs-human');
    if (isDemanded) assert.equal(await world.retry(id), 'done');
    await world.pass(hour);
    assert.deepEqual(
      world.gangway.started.map(({ labels }) => labels['retrigger/attempt']),
      isDemanded ? ['1', '2'] : ['1'],
    );
  });
}

test('a person who hurries an attempt that exists after all gets that one', async () => {
  const world = new FlowWorld();
  await carryOutLate(world, 'pass');
  await world.untilState(id, 'scheduled');
  assert.equal(await world.retry(id), 'done');
  const chain = await world.untilState(id, 'passed', 'following');
  assert.equal(chain.runs[1]?.prowJobId, 'attempt-1');
  assert.deepEqual(world.gangway.started, []);
});

test('bad tokens that came before the true one do not keep a lost answer from being cleared up', async () => {
  const world = new FlowWorld();
  const run = { jobName: job, prowJobId: `run-1-of-${job}`, buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, outcome: 'pre' });
  world.gangway.others.push(run);
  world.gangway.creations.push(() => lost);
  for (const n of [1, 2, 3, 4]) await world.notify(run, { token: new Secret(`forged ${n}`) });
  await world.notify(run);
  await world.untilState(id, 'triggering');
  for (const n of [1, 2, 3, 4]) world.gangway.badTokens.add(`forged ${n}`);
  assert.equal((await world.untilState(id, 'passed', 'needs-human')).state, 'passed');
});

test('a person’s demand does not wait over a note of what was surely not created', async () => {
  const world = new FlowWorld();
  world.gangway.creations.push(() => notNow);
  await world.fail();
  await world.untilState(id, 'scheduled');
  assert.equal(await world.retry(id), 'done');
  await world.until('it was tried', () => world.gangway.count('create') === 1);
  const folder = {
    jobName: job,
    prowJobId: 'whose',
    buildId: world.nextBuild(),
    outcome: 'pending',
  } as const;
  world.bucket.putRun(folder);
  for (const path of world.bucket.objects.keys()) {
    if (path.includes(folder.buildId) && path.endsWith('prowjob.json')) world.bucket.objects.delete(path);
  }
  await world.untilState(id, 'following');
  assert.equal(world.gangway.count('create'), 2);
});

test('a run of another job that Gangway names as the attempt is nobody’s outcome', async () => {
  const world = new FlowWorld();
  world.gangway.onStarted = () => {};
  world.gangway.creations.push(() => ({ kind: 'created', prowJobId: 'of-another-job' }));
  await world.fail();
  await world.untilState(id, 'following');
  const build = { jobName: job, buildId: world.nextBuild(), prowJobId: 'of-another-job' };
  world.bucket.putRun({ ...build, outcome: 'pass' });
  const path = `${folderOf(build)}/prowjob.json`;
  const prowJob = world.bucket.objects.get(path)?.replace(`"job":"${job}"`, '"job":"another"');
  world.bucket.objects.set(path, prowJob ?? '');
  const chain = await world.untilState(id, 'needs-human', 'passed');
  assert.equal(chain.state, 'needs-human');
  const { prowJobId } = build;
  assert.deepEqual(chain.decision?.because.at(-1), {
    kind: 'run-of-another-job',
    prowJobId,
    attempt: 1,
    jobName: 'another',
  });
});

test('while Gangway is left alone for good, a person is asked in the end', async () => {
  const world = await lose();
  world.gangway.list = async () => heldBack;
  await world.pass(11 * hour);
  assert.equal((await world.chain(id)).state, 'triggering');
  const chain = await world.untilState(id, 'needs-human');
  assert.deepEqual(chain.decision?.because.at(-1), { kind: 'gangway-away', attempt: 1 });
});

test('answers that say that nothing was created cost nothing of the five calls', async () => {
  const world = new FlowWorld();
  world.gangway.creations.push(
    () => notNow,
    () => notNow,
    () => notNow,
    () => notNow,
    () => lost,
  );
  await world.fail();
  const chain = await world.untilState(id, 'passed', 'needs-human');
  assert.equal(chain.state, 'passed');
  assert.deepEqual([world.gangway.count('create'), world.gangway.count('list')], [6, 2]);
  assert.ok((chain.runs[1]?.gangwayCalls ?? 9) <= 5);
});

test('a request that is lost twice is not sent a third time', async () => {
  const world = await lose();
  world.gangway.creations.push(() => lost);
  const chain = await world.untilState(id, 'passed', 'needs-human');
  assert.equal(chain.state, 'needs-human');
  assert.equal(world.gangway.count('create'), 2);
  assert.ok(world.gangway.calls.length <= 5);
});

test('an attempt that is sent again counts once against a budget', async () => {
  const world = new FlowWorld({
    rules: `rules: [{name: again, match: {phase: pre}, retry: {attempts: 1, delay: 30m}}]
budgets: [{job: "*", retries: 1, per: 24h}]`,
  });
  world.gangway.creations.push(() => lost);
  await world.fail();
  assert.equal((await world.untilState(id, 'passed', 'skipped')).state, 'passed');
  assert.equal(world.gangway.count('create'), 2);
});

test('a person is told once that Gangway does not take the attempt, after a while, and not at first', async () => {
  const world = new FlowWorld();
  world.gangway.creations.push(...Array.from({ length: 8 }, () => () => notNow));
  await world.fail();
  await world.until('it is told', () => world.told.some((title) => title.includes('not triggered yet')));
  const waited = world.clock.now() - (world.gangway.calls[0]?.at ?? 0);
  assert.ok(waited >= 15 * minute && waited < 30 * minute, `${waited / minute} minutes`);
  await world.untilState(id, 'passed');
  await world.untilQuiet();
  assert.equal(world.told.filter((title) => title.includes('not triggered yet')).length, 1);
  assert.ok(world.clock.now() > hour);
});

test('it is told, too, where what stood in the way at first was another thing', async () => {
  const world = new FlowWorld();
  world.bucket.fail(`${job}/`, 7);
  world.gangway.creations.push(...Array.from({ length: 3 }, () => () => notNow));
  await world.fail();
  await world.untilState(id, 'passed');
  await world.untilQuiet();
  assert.equal(world.told.filter((title) => title.includes('not triggered yet')).length, 1);
});
