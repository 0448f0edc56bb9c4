import { missingOf } from '../../../src/chain/chain.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Notification } from '../../../src/intake/notification.ts';
import type { RunId } from '../../../src/job/run.ts';
import { Secret } from '../../../src/secret.ts';
import type { Creation } from '../../../src/trigger/execution-api.ts';
import { channel, firstId as id, FlowWorld, hour, job, minute } from '../flow-world.ts';
import { folderOf, type RunOutcome } from '../memory-bucket.ts';

const foreignChannel = 'https://hooks.slack.com/services/F/O/X';
const forged: Partial<Notification> = {
  token: new Secret('forged'),
  slackWebhook: new Secret(foreignChannel),
};

/** A run of the job that anybody can read of, before its own step has told of it. */
function startRun(world: FlowWorld, outcome: RunOutcome = 'pre', jobName = job): RunId {
  const run = { jobName: job, prowJobId: `run-1-of-${job}`, buildId: world.nextBuild() };
  world.bucket.putRun({ ...run, jobName, outcome });
  world.gangway.others.push(run);
  world.gangway.badTokens.add('forged');
  return run;
}

/** What our channel heard, in short. */
function heardIn({ heard }: FlowWorld, address: string): string[] {
  const words = [
    'will be tried again',
    'was triggered again',
    'passed on attempt',
    'refused',
    'needs a person',
  ];
  return heard
    .filter((each) => each.address === address)
    .map(({ title }) => words.find((word) => title.includes(word)) ?? title);
}

const whole = ['will be tried again', 'was triggered again', 'passed on attempt'];

function createsBy({ gangway }: FlowWorld): string[] {
  return gangway.calls.filter(({ kind }) => kind === 'create').map(({ token }) => token);
}

for (const order of ['before', 'after'] as const) {
  test(`a forged notification ${order} the true one: the run is retried once, with its own token, and told in its channel`, async () => {
    const world = new FlowWorld();
    const run = startRun(world);
    if (order === 'before') await world.notify(run, forged);
    const { chain, known } = await world.notify(run);
    assert.deepEqual([chain.id, known], [id, order === 'before']);
    if (order === 'after') await world.notify(run, forged);
    await world.untilState(id, 'passed');
    await world.untilQuiet();
    assert.deepEqual(createsBy(world), order === 'before' ? ['forged', 'callers'] : ['callers']);
    assert.equal(world.gangway.started.length, 1);
    assert.deepEqual(heardIn(world, channel), whole);
  });
}

test('a handful of them on both sides does not wash the true one away', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  const send = async (n: number): Promise<unknown> => {
    world.gangway.badTokens.add(`forged ${n}`);
    return world.notify(run, {
      token: new Secret(`forged ${n}`),
      slackWebhook: new Secret(`${foreignChannel}${n}`),
    });
  };
  for (const n of [1, 2, 3]) await send(n);
  await world.notify(run);
  for (const n of [4, 5, 6, 7]) await send(n);
  await world.untilState(id, 'passed');
  await world.untilQuiet();
  assert.equal(world.gangway.started.length, 1);
  assert.deepEqual(heardIn(world, channel), whole);
});

test('a token that a 400 or a tenant refuses makes room for the next, too; a job that is not known is no token’s fault', async () => {
  for (const [cause, state] of [
    ['request', 'passed'],
    ['tenant', 'passed'],
    ['unknown-job', 'rejected'],
  ] as const) {
    const world = new FlowWorld();
    const run = startRun(world);
    world.gangway.badTokens.clear();
    world.gangway.creations.push((): Creation => ({ kind: 'refused', cause, says: 'no' }));
    await world.notify(run, forged);
    await world.notify(run);
    assert.equal((await world.untilState(id, 'passed', 'rejected')).state, state, cause);
  }
});

test('rejected with a forged token: the true one opens the chain again, and so does a repeat of the forged one, later each time', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  await world.notify(run, forged);
  await world.untilState(id, 'rejected');
  await world.untilQuiet();
  await world.notify(run, forged);
  await world.untilQuiet();
  await world.notify(run, forged);
  await world.notify(run);
  const chain = await world.untilState(id, 'passed');
  assert.deepEqual(createsBy(world), ['forged', 'forged', 'forged', 'callers']);
  assert.equal(chain.decision?.because.at(-1)?.kind, 'token-brought');
  await world.untilQuiet();
  assert.deepEqual(heardIn(world, channel), whole.slice(1));
});

test('the same token opens the chain again once its team has the right, at once, and a flood of it costs no more than others do', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  world.gangway.badTokens.add('callers');
  await world.notify(run);
  await world.untilState(id, 'rejected');
  await world.untilQuiet();
  world.gangway.badTokens.delete('callers');
  const grantedAt = world.clock.now();
  await world.notify(run);
  await world.untilState(id, 'following');
  assert.equal(world.gangway.started[0]?.at, grantedAt);
  await world.untilState(id, 'passed');

  const flooded = new FlowWorld();
  const same = startRun(flooded);
  for (let n = 0; n < 2_000; n += 1) {
    await flooded.notify(same, forged);
    await flooded.pass(minute);
  }
  assert.deepEqual([createsBy(flooded).length, (await flooded.chain(id)).reopened], [9, 8]);
});

test('a right that is granted while the chain is open counts as soon as the notification comes again', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  world.gangway.badTokens.add('callers').add('another');
  await world.notify(run);
  await world.notify(run, { token: new Secret('another') });
  // The second token waits for its turn after the first was refused.
  world.gangway.onTurn = async () => {
    if (createsBy(world).length !== 1 || !world.gangway.badTokens.delete('callers')) return;
    await world.notify(run);
  };
  await world.untilState(id, 'passed');
  assert.deepEqual(createsBy(world), ['callers', 'another', 'callers']);
});

test('a chain that is opened again looks first whether somebody was faster', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  await world.notify(run, forged);
  await world.untilState(id, 'rejected');
  world.bucket.putRun({ jobName: job, prowJobId: 'by-hand', buildId: world.nextBuild(), outcome: 'pending' });
  await world.notify(run);
  assert.equal((await world.untilState(id, 'passed', 'skipped')).decision?.reason, 'superseded');
  assert.deepEqual(createsBy(world), ['forged']);
});

test('the true token that comes while the forged one is being refused is used', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  world.gangway.badTokens.clear();
  world.gangway.creations.push(async (): Promise<Creation> => {
    await world.notify(run);
    return { kind: 'refused', cause: 'token', says: 'no' };
  });
  await world.notify(run, forged);
  await world.untilState(id, 'passed', 'rejected');
  assert.deepEqual(createsBy(world), ['forged', 'callers']);
});

test('the service’s own token never takes the place of a caller’s, refused or not to be opened', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  await world.notify(run, forged);
  await world.untilState(id, 'rejected');
  assert.deepEqual(createsBy(world), ['forged']);
  world.flow.seal.open = () => null;
  await world.notify(run);
  await world.untilState(id, 'needs-human');
  assert.deepEqual(createsBy(world), ['forged']);
});

/** The forged token's request never got an answer, and nothing was created. */
async function loseForged(world: FlowWorld): Promise<RunId> {
  const run = startRun(world);
  world.gangway.badTokens.delete('forged');
  world.gangway.creations.push((): Creation => {
    world.gangway.badTokens.add('forged');
    return { kind: 'unclear', says: 'Gangway answered 503' };
  });
  await world.notify(run, forged);
  await world.untilState(id, 'triggering');
  return run;
}

test('a list that refuses the forged token is asked with the true one at once', async () => {
  const world = new FlowWorld();
  const run = await loseForged(world);
  await world.notify(run);
  await world.untilState(id, 'passed', 'needs-human');
  const lists = world.gangway.calls.filter(({ kind }) => kind === 'list').map(({ token }) => token);
  assert.deepEqual(lists, ['forged', 'callers', 'callers']);
  assert.deepEqual(createsBy(world), ['forged', 'callers']);
});

test('where the list refused the only token, the true one looks for the attempt before it sends anything', async () => {
  for (const exists of [false, true]) {
    const world = new FlowWorld();
    const run = await loseForged(world);
    await world.untilState(id, 'needs-human');
    await world.untilQuiet();
    const [request] = world.gangway.calls;
    assert.equal(request?.kind, 'create');
    if (exists) world.gangway.others.push({ jobName: job, prowJobId: 'nobody-knows' });
    await world.notify(run);
    const chain = await world.untilState(id, 'passed', 'needs-human');
    assert.equal(chain.state, exists ? 'needs-human' : 'passed');
    assert.deepEqual(createsBy(world), exists ? ['forged'] : ['forged', 'callers']);
  }
});

test('the true token that comes while the list refuses the forged one is used', async () => {
  const world = new FlowWorld();
  const run = await loseForged(world);
  world.gangway.badTokens.delete('forged');
  const list = world.gangway.list.bind(world.gangway);
  let isFirst = true;
  world.flow.api.list = async (jobName, caller) => {
    if (!isFirst) return list(jobName, caller);
    isFirst = false;
    await world.notify(run);
    return { kind: 'refused', cause: 'token', says: 'no' };
  };
  world.gangway.badTokens.add('forged');
  await world.untilState(id, 'passed', 'needs-human');
  assert.deepEqual(createsBy(world), ['forged', 'callers']);
});

test('where Gangway is asked after a run, a refused token makes room for the next', async () => {
  const world = new FlowWorld({ attempts: ['pending'] });
  const run = startRun(world);
  await world.notify(run);
  await world.untilState(id, 'following');
  world.gangway.badTokens.add('callers');
  await world.notify(run, { token: new Secret('second') });
  await world.until('Gangway is asked', () => world.gangway.count('get') > 0);
  const gets = world.gangway.calls.filter(({ kind }) => kind === 'get').map(({ token }) => token);
  assert.deepEqual(gets.slice(0, 2), ['callers', 'second']);
  const { credentials, runs } = await world.chain(id);
  assert.deepEqual([credentials.tokens.length, runs[1]?.gangwayCalls], [1, 2]);
});

test('tokens that Gangway refuses use up nothing of what may be asked after a run', async () => {
  const world = new FlowWorld({ attempts: ['pending'] });
  const run = startRun(world);
  await world.notify(run);
  await world.untilState(id, 'following');
  world.gangway.badTokens.add('callers');
  for (const n of [1, 2, 3, 4, 5, 6, 7]) {
    world.gangway.badTokens.add(`forged ${n}`);
    await world.notify(run, { token: new Secret(`forged ${n}`) });
  }
  await world.untilState(id, 'needs-human');
  // The attempt, each refused token once, and the three late looks with the one that is left.
  const gets = world.gangway.calls.filter(({ kind }) => kind === 'get').map(({ token }) => token);
  assert.equal(new Set(gets).size, 8);
  assert.equal(gets.length, 7 + 3);
});

test('an unknown job is no token’s fault: no other opens the chain again, and none counts as refused', async () => {
  const world = new FlowWorld({ settings: { slackWebhook: new Secret('https://hooks.slack.com/ours') } });
  const run = startRun(world);
  const unknown: Creation = { kind: 'refused', cause: 'unknown-job', says: 'failed to find associated' };
  world.gangway.creations.push(
    () => unknown,
    () => unknown,
  );
  await world.notify(run);
  await world.untilState(id, 'rejected');
  for (const n of [1, 2, 3]) await world.notify(run, { token: new Secret(`another ${n}`) });
  await world.untilQuiet();
  assert.equal((await world.chain(id)).credentials.refusals, 0);
  assert.deepEqual(createsBy(world), ['callers']);
  assert.equal(await world.retry(id), 'done');
  await world.untilQuiet();
  assert.equal(world.told.filter((title) => title.includes('refused')).length, 2, 'a person asked anew');
});

test('forged tokens open a rejected chain ever more slowly, each is tried once, and only who brings them hears again', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  world.gangway.badTokens.add('callers');
  await world.notify(run);
  await world.notify(run, forged);
  await world.untilState(id, 'rejected');
  await world.untilQuiet();
  const begun = world.clock.now();
  for (let n = 0; world.clock.now() < begun + hour; n += 1) {
    world.gangway.badTokens.add(`forged ${n % 30}`);
    await world.notify(run, { ...forged, token: new Secret(`forged ${n % 30}`) });
    await world.pass(minute);
  }
  assert.ok(world.gangway.count('create') < 24, 'each token was tried once');
  const refusals = (of: string) => heardIn(world, of).filter((each) => each === 'refused').length;
  assert.equal(refusals(channel), 1);
  assert.ok(refusals(foreignChannel) <= 9);
});

test('the true token that comes in the midst of reopenings is used', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  for (const n of [1, 2, 3]) {
    world.gangway.badTokens.add(`forged ${n}`);
    await world.notify(run, { ...forged, token: new Secret(`forged ${n}`) });
    await world.untilState(id, 'rejected');
  }
  world.gangway.badTokens.add('forged 4');
  await world.notify(run, { ...forged, token: new Secret('forged 4') });
  await world.notify(run);
  await world.untilState(id, 'passed');
  assert.equal(createsBy(world).at(-1), 'callers');
});

test('a report waits for its address, whatever others come meanwhile', async () => {
  const world = new FlowWorld();
  world.onDelivery = () => ({ kind: 'later', why: 'HTTP 503', retryAfterMs: null });
  const run = startRun(world);
  const flood = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n += 1)
      await world.notify(run, { ...forged, slackWebhook: new Secret(`${foreignChannel}${n}`) });
  };
  await flood(0, 4);
  await world.notify(run);
  await world.untilState(id, 'scheduled');
  await flood(4, 9);
  world.onDelivery = () => ({ kind: 'delivered' });
  await world.untilQuiet();
  assert.deepEqual(heardIn(world, channel), whole);
});

test('an address that two notifications share is waited for once', async () => {
  const world = new FlowWorld();
  let asked = 0;
  world.onDelivery = () => {
    asked += 1;
    return { kind: 'later', why: 'HTTP 429', retryAfterMs: hour };
  };
  const run = startRun(world);
  await world.notify(run);
  await world.notify(run, { slackErrorsWebhook: new Secret(foreignChannel) });
  await world.untilState(id, 'scheduled');
  await world.pass(10 * minute);
  assert.equal(asked, 1);
});

test('a report that nobody can be told is logged by what is wrong', async () => {
  const noToken = new FlowWorld();
  await noToken.notify(startRun(noToken), { ...forged, slackWebhook: null, isTrusted: true });
  await noToken.untilState(id, 'rejected');
  await noToken.untilQuiet();
  const lines = noToken.logs.map(
    (line) => JSON.parse(line) as { level: string; msg: string; topic?: string },
  );
  assert.deepEqual(
    lines.filter(({ msg }) => msg.includes('address')).map(({ level, msg, topic }) => [level, msg, topic]),
    [
      ['info', 'report has no address', 'scheduled'],
      ['warn', 'report that needs a person has no address', 'rejected'],
    ],
  );
});

test('a foreign address that is dead or slow keeps ours from nothing', async () => {
  for (const answer of [
    { kind: 'never', why: 'HTTP 404' },
    { kind: 'later', why: 'HTTP 503', retryAfterMs: null },
  ] as const) {
    const world = new FlowWorld();
    world.onDelivery = (address) => (address === foreignChannel ? answer : { kind: 'delivered' });
    const run = startRun(world);
    await world.notify(run, { ...forged, token: new Secret('callers') });
    await world.notify(run);
    await world.untilState(id, 'passed');
    const end = world.clock.now();
    await world.untilQuiet();
    assert.deepEqual(heardIn(world, channel), whole);
    assert.ok(world.heard.every(({ at }) => at <= end + minute));
    assert.deepEqual((await world.chain(id)).credentials.addresses, []);
  }
});

test('two notifications with one address are one message, and the settings’ addresses hear where the true one has none', async () => {
  const world = new FlowWorld({ settings: { slackWebhook: new Secret('https://hooks.slack.com/ours') } });
  const run = startRun(world);
  await world.notify(run, forged);
  await world.notify(run, { slackWebhook: null });
  await world.notify(run, { slackErrorsWebhook: new Secret(channel), slackWebhook: null });
  await world.untilState(id, 'passed');
  await world.untilQuiet();
  assert.deepEqual(heardIn(world, 'https://hooks.slack.com/ours'), whole.slice(1));
  assert.deepEqual(heardIn(world, foreignChannel), whole);
});

const wrongPlaces: [string, (world: FlowWorld, run: RunId) => RunId][] = [
  ['a build that is not there', (_, run) => ({ ...run, buildId: '77' })],
  [
    'another run’s build that has ended',
    (world, run) => {
      const other = { ...run, prowJobId: 'other', buildId: world.nextBuild() };
      world.bucket.putRun({ ...other, outcome: 'pass' });
      return { ...run, buildId: other.buildId };
    },
  ],
  [
    'another run’s build that never ends',
    (world, run) => {
      const other = { ...run, prowJobId: 'other', buildId: world.nextBuild() };
      world.bucket.putRun({ ...other, outcome: 'pending' });
      return { ...run, buildId: other.buildId };
    },
  ],
  [
    'a build without a prowjob.json',
    (world, run) => {
      const other = { ...run, buildId: world.nextBuild() };
      world.bucket.objects.set(
        `${folderOf({ jobName: job, buildId: other.buildId })}/finished.json`,
        '{"timestamp":1,"result":"FAILURE"}',
      );
      return other;
    },
  ],
  ['another job', (_, run) => ({ ...run, jobName: 'periodic-ci-another' })],
];

for (const [what, wrong] of wrongPlaces) {
  for (const ms of [0, minute, 13 * hour]) {
    test(`a forged notification names ${what}, and the true one comes ${ms / minute} minutes later`, async () => {
      const world = new FlowWorld({
        rules: 'rules: [{name: again, match: {phase: pre}, retry: {attempts: 1, delay: 30m}}]',
      });
      const run = startRun(world, ms > 0 ? 'pending' : 'pre');
      // What was named before and lies there is older than the run.
      const { buildId, ...place } = wrong(world, run);
      await world.notify({ ...place, buildId }, forged);
      await world.pass(ms);
      for (const path of world.bucket.objects.keys())
        if (path.includes(buildId) && buildId !== run.buildId) world.bucket.objects.delete(path);
      world.bucket.putRun({ ...run, outcome: 'pre' });
      assert.equal((await world.notify(run)).chain.id, id);
      const chain = await world.untilState(id, 'passed', 'needs-human', 'rejected');
      assert.equal(chain.state, 'passed');
      assert.deepEqual(
        [chain.jobName, chain.runs[0]?.buildId, chain.reportedLocations],
        [job, run.buildId, null],
      );
      await world.untilQuiet();
      assert.deepEqual(heardIn(world, channel), whole);
      assert.equal(world.gangway.started.length, 1);
    });
  }
}

test('a forged notification that names a wrong place after the true one changes nothing', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  await world.notify(run);
  await world.notify({ ...run, jobName: 'periodic-ci-another', buildId: '77' }, forged);
  const chain = await world.untilState(id, 'passed');
  assert.deepEqual([chain.jobName, chain.runs[0]?.buildId], [job, run.buildId]);
});

test('where Gangway alone tells the place, the job is the one that it names, and no other is triggered', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  await world.notify({ ...run, jobName: 'periodic-ci-another', buildId: '77' }, { isTrusted: true });
  const jobUrl = `https://prow.ci.openshift.org/view/gs/test-platform-results-public/logs/${job}/${run.buildId}`;
  world.gangway.lookups.push(() => ({ kind: 'found', status: 'FAILURE', jobUrl, jobName: job }));
  const chain = await world.untilState(id, 'passed', 'skipped', 'needs-human');
  assert.deepEqual([chain.state, chain.jobName, world.gangway.started[0]?.jobName], ['passed', job, job]);
});

test('the true place that comes in the very moment in which the forged one ends the chain is not lost', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  const other = { ...run, prowJobId: 'other', buildId: world.nextBuild() };
  world.bucket.putRun({ ...other, outcome: 'pass' });
  let reads = 0;
  world.bucket.onAsked = async (path) => {
    if (!path.endsWith(`${other.buildId}/prowjob.json`)) return;
    reads += 1;
    // The first read finds the folder, the second one judges it.
    if (reads === 2) await world.notify(run);
  };
  await world.notify({ ...run, buildId: other.buildId }, forged);
  // It is newer than the run and would supersede it, which is not the question here.
  await world.until('the place is proven', async () => (await world.chain(id)).reportedLocations === null);
  assert.equal((await world.chain(id)).runs[0]?.buildId, run.buildId);
});

test('forged places that are named during each look take no proof away, and hasten no look', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  let forgeries = 0;
  world.bucket.onAsked = async (path) => {
    if (forgeries >= 300 || !path.includes(run.buildId) || !path.endsWith('prowjob.json')) return;
    forgeries += 1;
    await world.notify({ ...run, buildId: `${5000 + forgeries}` }, forged);
  };
  const begun = world.clock.now();
  await world.notify(run);
  const chain = await world.untilState(id, 'scheduled', 'skipped', 'needs-human');
  assert.deepEqual(
    [chain.state, chain.runs[0]?.buildId, chain.reportedLocations],
    ['scheduled', run.buildId, null],
  );
  assert.ok(forgeries < 20 && world.clock.now() - begun < 5 * minute, `${forgeries} forgeries`);
});

test('a judgement without proof is put off where a place is named meanwhile, and looks are no closer for it', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  for (const path of world.bucket.objects.keys())
    if (path.endsWith('prowjob.json')) world.bucket.objects.delete(path);
  const looks: number[] = [];
  world.bucket.onAsked = async (path) => {
    if (!path.endsWith(`${run.buildId}/artifacts/junit_operator.xml`)) return;
    looks.push(world.clock.now());
    await world.notify({ ...run, buildId: `${5000 + looks.length}` }, forged);
  };
  await world.notify(run);
  await world.pass(20 * minute);
  assert.ok(looks.length > 10 && looks.length <= 41, `${looks.length} looks`);
  world.bucket.onAsked = () => undefined;
  assert.equal(missingOf(await world.untilState(id, 'skipped')), 'location');
});

test('the true place is kept among four that are named behind it', async () => {
  const world = new FlowWorld();
  const run = startRun(world, 'pending');
  await world.notify({ ...run, buildId: '1' }, forged);
  await world.notify(run);
  for (const buildId of ['2', '3', '4', '5']) await world.notify({ ...run, buildId }, forged);
  await world.pass(hour);
  const { runs, reportedLocations } = await world.chain(id);
  assert.deepEqual([runs[0]?.buildId, reportedLocations], [run.buildId, null]);
});

test('of an attempt, a build id that is forged and belongs to a dead run is not waited for', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  const dead = world.nextBuild();
  await world.notify(run);
  await world.untilState(id, 'following');
  world.bucket.putRun({ jobName: job, prowJobId: 'dead', buildId: dead, outcome: 'pending' });
  await world.notify({ jobName: job, prowJobId: 'attempt-1', buildId: dead }, forged);
  const begun = world.clock.now();
  await world.untilState(id, 'passed');
  assert.ok(world.clock.now() - begun < 2 * hour);
});

for (const whose of ['the chain’s own first run', 'another chain’s run'] as const) {
  test(`an answer to a request that names ${whose} is not believed`, async () => {
    const world = new FlowWorld();
    await world.fail('post', 'periodic-ci-other');
    await world.untilQuiet();
    const run = { jobName: job, prowJobId: `run-1-of-${job}`, buildId: world.nextBuild() };
    world.bucket.putRun({ ...run, outcome: 'pre' });
    world.gangway.others.push(run);
    await world.notify(run);
    world.gangway.creations.push((request) => {
      world.gangway.start(request);
      const prowJobId = whose.startsWith('the') ? run.prowJobId : 'run-1-of-periodic-ci-other';
      return { kind: 'created', prowJobId };
    });
    const chain = await world.untilState(id, 'passed', 'needs-human', 'exhausted');
    assert.deepEqual([chain.state, chain.runs[1]?.prowJobId], ['passed', 'attempt-1']);
    assert.equal(world.gangway.count('create'), 1);
    assert.ok(world.logs.some((line) => line.includes('names a run that is known already')));
  });
}

test('a run whose place was made up for an hour is looked for anew once its true place is named, whoever names others after', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  const lies = ['1', '2', '3', '4'];
  for (const buildId of lies) await world.notify({ ...run, buildId }, forged);
  await world.pass(hour);
  const told = world.clock.now();
  await world.notify(run);
  await world.pass(0);
  for (const buildId of lies) await world.notify({ ...run, buildId: `1${buildId}` }, forged);
  await world.untilState(id, 'scheduled');
  assert.ok(world.clock.now() - told < 5 * minute);
});

test('a place that is named while a look is under way is looked at next', async () => {
  const world = new FlowWorld();
  const run = startRun(world);
  await world.notify({ ...run, buildId: '1' }, forged);
  await world.pass(hour);
  let isTold = false;
  world.bucket.onAsked = async () => {
    if (isTold) return;
    isTold = true;
    await world.notify(run);
  };
  await world.until('it is told during a look', () => isTold);
  const told = world.clock.now();
  await world.untilState(id, 'scheduled');
  assert.ok(world.clock.now() - told < 5 * minute);
});
