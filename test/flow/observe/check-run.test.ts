import { formatDuration } from '../../../src/time/duration.ts';
import { describeReasons } from '../../../src/report/reasons.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chain } from '../../../src/chain/chain.ts';
import { firstId as id, FlowWorld, hour, job, minute } from '../flow-world.ts';
import { folderOf } from '../memory-bucket.ts';

const build = '1930000000000000001';
const folder = folderOf({ jobName: job, buildId: build });
const page = '<!doctype html><html><body>gcsweb</body></html>';

for (const [what, text] of [
  ['a page of HTML', page],
  ['cut short', '{"timestamp":178'],
  ['empty', ''],
] as const) {
  test(`a finished.json that is ${what} is none: the run is waited for`, async () => {
    const world = new FlowWorld();
    await world.fail('pending');
    world.bucket.objects.set(`${folder}/finished.json`, text);
    await world.pass(2 * hour);
    assert.equal((await world.chain(id)).state, 'judging');
    world.bucket.putRun({ jobName: job, prowJobId: `run-1-of-${job}`, buildId: build, outcome: 'pre' });
    await world.untilState(id, 'scheduled');
  });
}

test('a run is not judged by a state that is not its last', async () => {
  const world = new FlowWorld();
  await world.fail('pending');
  world.bucket.objects.set(`${folder}/finished.json`, '{}');
  await world.pass(30 * minute);
  const waiting = await world.chain(id);
  assert.deepEqual([waiting.state, waiting.decision, waiting.runs[0]?.status], ['judging', null, null]);
  world.bucket.putRun({ jobName: job, prowJobId: `run-1-of-${job}`, buildId: build, outcome: 'pre' });
  await world.untilState(id, 'scheduled');
});

test('the state in prowjob.json decides where finished.json does not say how it ended', async () => {
  const world = new FlowWorld();
  await world.fail('pre');
  world.bucket.objects.set(`${folder}/finished.json`, '{}');
  assert.equal((await world.untilState(id, 'scheduled')).runs[0]?.status, 'FAILURE');
});

for (const [what, text] of [
  ['a page of HTML', page],
  ['empty', ''],
  ['without a result', '{}'],
  ['missing', null],
] as const) {
  test(`the final state in prowjob.json counts if finished.json stays ${what}, after two looks`, async () => {
    const world = new FlowWorld();
    await world.fail('pre');
    if (text === null) world.bucket.objects.delete(`${folder}/finished.json`);
    else world.bucket.objects.set(`${folder}/finished.json`, text);
    const began = world.clock.now();
    const chain = await world.untilState(id, 'scheduled');
    assert.deepEqual([chain.runs[0]?.status, chain.runs[0]?.phase], ['FAILURE', 'pre']);
    assert.equal(world.clock.now() - began, minute);
  });
}

test('a finished.json that comes within the grace is taken', async () => {
  const world = new FlowWorld();
  await world.fail('pre');
  const path = `${folder}/finished.json`;
  const text = world.bucket.objects.get(path) ?? '';
  world.bucket.objects.set(path, '');
  world.clock.at(world.clock.now() + 20_000, () => world.bucket.objects.set(path, text));
  const chain = await world.untilState(id, 'scheduled');
  assert.deepEqual([chain.runs[0]?.status, chain.runs[0]?.finishedAt], ['FAILURE', 1_780_003_600_000]);
});

test('a run that is being aborted goes on until its pod is gone', async () => {
  const world = new FlowWorld({
    rules: 'rules: [{name: any, match: {status: ABORTED}, retry: {attempts: 1, delay: 1h}}]',
  });
  await world.fail('pending');
  const status = { state: 'aborted' };
  world.bucket.setProwJob(folder, status);
  await world.pass(hour);
  assert.deepEqual(
    [(await world.chain(id)).state, (await world.chain(id)).runs[0]?.status],
    ['judging', null],
  );
  world.bucket.setProwJob(folder, { ...status, completionTime: '2026-06-12T14:00:00Z' });
  const chain = await world.untilState(id, 'scheduled', 'skipped');
  assert.equal(chain.runs[0]?.status, 'ABORTED');
});

/** Prow deletes the pod: its sidecar has said ABORTED, and Prow's state comes `lateBy` ms after that. */
async function losePod(lateBy: number, outcome: 'lost' | 'pre' = 'lost'): Promise<FlowWorld> {
  const rules = 'rules: [{name: lost, match: {status: ERROR}, retry: {attempts: 1, delay: 1h}}]';
  const world = new FlowWorld({ rules });
  await world.fail(outcome);
  world.bucket.objects.set(`${folder}/finished.json`, '{"timestamp":1780003600,"result":"ABORTED"}');
  world.bucket.setProwJob(folder, { state: 'pending' });
  const status = { state: 'error', description: 'Pod got deleted unexpectedly' };
  world.clock.at(world.clock.now() + lateBy, () => world.bucket.setProwJob(folder, status));
  return world;
}

test("Prow's word error wins over the sidecar's ABORTED, though it comes half a minute later", async () => {
  const world = await losePod(45_000);
  const { runs, decision } = await world.untilState(id, 'scheduled', 'skipped');
  assert.deepEqual([runs[0]?.status, runs[0]?.phase, decision?.rule], ['ERROR', 'infra', 'lost']);
  assert.deepEqual(
    decision?.because.find(({ kind }) => kind === 'prow-says'),
    { kind: 'prow-says', text: 'Pod got deleted unexpectedly' },
  );
});

test("Prow's state is not waited for longer than two looks", async () => {
  const world = await losePod(hour);
  const began = world.clock.now();
  const { runs, decision } = await world.untilState(id, 'scheduled', 'skipped');
  assert.deepEqual([runs[0]?.status, decision?.reason], ['ABORTED', 'no-rule-matched']);
  assert.equal(world.clock.now() - began, minute);
});

test("Prow's word is waited for though the phase is known already, and the phase stays", async () => {
  const world = await losePod(45_000, 'pre');
  const { runs, decision } = await world.untilState(id, 'scheduled', 'skipped');
  assert.deepEqual([runs[0]?.status, runs[0]?.phase, decision?.rule], ['ERROR', 'pre', 'lost']);
});

test('a success is not held up by a prowjob.json that lags', async () => {
  const world = new FlowWorld();
  await world.fail('pass');
  world.bucket.setProwJob(folder, { state: 'pending' });
  const began = world.clock.now();
  assert.equal((await world.untilState(id, 'skipped')).runs[0]?.status, 'SUCCESS');
  assert.equal(world.clock.now(), began);
});

test('the ABORTED of an evicted pod is not the end of its run, which goes on in another folder', async () => {
  const world = new FlowWorld();
  await world.fail('pending');
  world.bucket.objects.set(`${folder}/finished.json`, '{"timestamp":1780003600,"result":"ABORTED"}');
  const moved = world.nextBuild();
  const run = { jobName: job, prowJobId: `run-1-of-${job}`, buildId: moved };
  world.bucket.putRun({ ...run, outcome: 'pending' });
  await world.pass(hour);
  const waiting = await world.chain(id);
  assert.deepEqual(
    [waiting.state, waiting.decision, ...placeOf(waiting, 0)],
    ['judging', null, ...placeFor(moved)],
  );
  assert.equal(waiting.runs[0]?.endSeenAt, null);
  world.bucket.putRun({ ...run, outcome: 'pre' });
  assert.deepEqual(placeOf(await world.untilState(id, 'scheduled'), 0), placeFor(moved));
});

test('one 503 for the JUnit file is waited for, although the log says that post failed', async () => {
  const world = new FlowWorld();
  world.bucket.fail('operator.xml', 1);
  await world.fail('pre');
  world.bucket.objects.set(
    `${folder}/build-log.txt`,
    'INFO[2026-06-12T13:01:21Z] Running multi-stage phase post\nINFO[2026-06-12T13:01:21Z] Step phase post failed after 1m.\n',
  );
  const chain = await world.untilState(id, 'scheduled', 'skipped');
  assert.deepEqual([chain.state, chain.runs[0]?.phase], ['scheduled', 'pre']);
});

const cases: [string, (world: FlowWorld) => void, RegExp, waited?: string][] = [
  [
    'nothing',
    ({ bucket }) => void (bucket.onAsked = () => bucket.objects.clear()),
    /no artifact of the run was ever seen/,
    '2h',
  ],
  ['no finished.json', () => {}, /finished\.json is not there/],
  ['a 503', ({ bucket }) => bucket.fail('finished.json'), /finished\.json could not be read: HTTP 503/],
  [
    'a page',
    ({ bucket }) => void bucket.objects.set(`${folder}/finished.json`, page),
    /finished\.json is unreadable/,
  ],
  [
    'one that says nothing',
    ({ bucket }) => void bucket.objects.set(`${folder}/finished.json`, '{}'),
    /finished\.json does not say how the run ended/,
  ],
];

for (const [given, bring, expected, waited = '12h'] of cases) {
  test(`giving up says what the bucket gave: ${given}`, async () => {
    const world = new FlowWorld();
    bring(world);
    await world.fail('pending');
    const chain = await world.untilState(id, 'needs-human', 'skipped');
    assert.deepEqual([chain.state, chain.decision?.reason], ['needs-human', 'evidence-missing']);
    assert.match(describeReasons(chain.decision?.because ?? []).join(' '), expected);
    const last = chain.decision?.because.at(-1);
    assert.ok(last?.kind === 'end-unseen');
    assert.deepEqual(last.buckets, ['test-platform-results-public']);
    assert.equal(formatDuration(last.waitedMs), waited);
  });
}

function placeOf({ runs }: Chain, index: number): unknown[] {
  const { buildId, folder: lies, url } = runs[index] ?? assert.fail();
  return [buildId, lies, url];
}

function placeFor(buildId: string): string[] {
  const lies = folderOf({ jobName: job, buildId });
  return [buildId, lies, `https://prow.ci.openshift.org/view/gs/${lies}`];
}

test('of an evicted pod’s run the build id, the folder and the address move together', async () => {
  const world = new FlowWorld();
  await world.fail('pending');
  const moved = world.nextBuild();
  const jobUrl = `https://prow.ci.openshift.org/view/gs/test-platform-results-public/logs/${job}/${moved}`;
  world.gangway.lookups.push(() => ({ kind: 'found', status: 'FAILURE', jobUrl, jobName: job }));
  await world.until('it is placed', async () => (await world.chain(id)).runs[0]?.url != null);
  assert.deepEqual(placeOf(await world.chain(id), 0), placeFor(build));
  await world.until('Gangway is asked', () => world.gangway.count('get') === 1);
  const chain = await world.chain(id);
  assert.deepEqual([chain.state, ...placeOf(chain, 0)], ['judging', ...placeFor(moved)]);
  world.bucket.putRun({ jobName: job, prowJobId: `run-1-of-${job}`, buildId: moved, outcome: 'pre' });
  assert.deepEqual(placeOf(await world.untilState(id, 'scheduled'), 0), placeFor(moved));
});

test('the bucket tells of an evicted pod’s new folder while Gangway tells nothing', async () => {
  const world = new FlowWorld();
  await world.fail('pending');
  const moved = world.nextBuild();
  const away = { kind: 'unavailable', says: 'Gangway answered 503', retryAfterMs: null } as const;
  for (let look = 0; look < 4; look += 1) world.gangway.lookups.push(() => away);
  world.bucket.putRun({ jobName: job, prowJobId: `run-1-of-${job}`, buildId: moved, outcome: 'pre' });
  assert.deepEqual(placeOf(await world.untilState(id, 'scheduled'), 0), placeFor(moved));
  assert.equal(world.gangway.count('get'), 0);
});

test('where an attempt lies is asked again at the next look where it was held back, and that costs nothing', async () => {
  const world = new FlowWorld();
  world.gangway.onStarted = () => {};
  await world.fail();
  const moved = world.nextBuild();
  const jobUrl = `https://prow.ci.openshift.org/view/gs/test-platform-results-public/logs/${job}/${moved}`;
  for (let look = 0; look < 3; look += 1)
    world.gangway.lookups.push(() => ({ kind: 'held-back', says: 'left alone', retryAfterMs: 30_000 }));
  world.gangway.lookups.push(() => ({ kind: 'found', status: 'PENDING', jobUrl, jobName: job }));
  await world.untilState(id, 'following');
  await world.pass(3 * minute);
  const { buildId, placeLooks, gangwayCalls } = (await world.chain(id)).runs[1] ?? assert.fail();
  assert.deepEqual([buildId, placeLooks, gangwayCalls], [moved, 1, 2]);
});

/** An attempt that is under way, though nobody knows yet where. */
async function follow(): Promise<FlowWorld> {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'following');
  return world;
}

for (const [what, buildId] of [
  ['of nothing', '1'],
  ['of a build that is yet to come', '1939999999999999999'],
  ['of the failed run', build],
  ['of another run of the job', '1930000000000000077'],
] as const) {
  test(`a build id told for an attempt that is ${what} is dropped, and the right one found`, async () => {
    const world = await follow();
    world.bucket.putRun({ jobName: job, prowJobId: 'other', buildId: '1930000000000000077', outcome: 'pre' });
    await world.notify({ jobName: job, prowJobId: 'attempt-1', buildId });
    const began = world.clock.now();
    const chain = await world.untilState(id, 'passed', 'exhausted', 'skipped', 'needs-human');
    assert.deepEqual([chain.state, ...placeOf(chain, 1)], ['passed', ...placeFor('1930000000000000002')]);
    assert.ok(world.clock.now() - began < 70 * minute);
    await world.untilQuiet();
    assert.equal(world.told.length, 3);
  });
}

test('a passing run under a wrong build id is no success of the attempt, even while nothing tells whose it is', async () => {
  const world = await follow();
  const other = '1930000000000000077';
  world.bucket.putRun({ jobName: job, prowJobId: 'other', buildId: other, outcome: 'pass' });
  world.bucket.fail(`${other}/prowjob.json`, 4);
  await world.notify({ jobName: job, prowJobId: 'attempt-1', buildId: other });
  const chain = await world.untilState(id, 'passed', 'needs-human');
  assert.deepEqual(placeOf(chain, 1), placeFor('1930000000000000002'));
});

test('the failed run’s own build id is never taken for the attempt’s', async () => {
  const world = await follow();
  const before = await world.chain(id);
  await world.notify({ jobName: job, prowJobId: 'attempt-1', buildId: build });
  assert.deepEqual(await world.chain(id), before);
});

test('a notification with an attempt’s id and another job’s name changes nothing', async () => {
  const world = await follow();
  const before = await world.chain(id);
  await world.notify({ jobName: 'periodic-ci-another', prowJobId: 'attempt-1', buildId: '1' });
  assert.deepEqual(await world.chains(), [before]);
});
