import { describeReasons } from '../../../src/report/reasons.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Chain, missingOf } from '../../../src/chain/chain.ts';
import { firstId as id, FlowWorld, type FlowOptions, hour, job, minute } from '../flow-world.ts';
import { folderOf, publicBucket } from '../memory-bucket.ts';

const other = 'another-bucket';
const build = '1930000000000000001';
const retryBuild = '1930000000000000002';
const denied = `access denied: bucket ${publicBucket} is not public`;

function worldOf(options: FlowOptions = {}, buckets: readonly string[] = [publicBucket, other]): FlowWorld {
  const world = new FlowWorld(options);
  world.bucket.buckets = buckets;
  return world;
}

function accountOf(chain: Chain): string {
  return describeReasons(chain.decision?.because ?? []).join('\n');
}

function pageOf(buildId: string, bucket: string): string {
  return `https://prow.ci.openshift.org/view/gs/${folderOf({ jobName: job, buildId, bucket })}`;
}

describe('a job that moves to another bucket', () => {
  test('between the run and its retry is followed there', async () => {
    const world = worldOf();
    await world.fail();
    world.uploadsTo = other;
    const chain = await world.untilState(id, 'passed', 'needs-human', 'skipped');
    assert.equal(chain.state, 'passed');
    assert.deepEqual(
      chain.runs.map(({ url }) => url),
      [pageOf(build, publicBucket), pageOf(retryBuild, other)],
    );
    assert.equal(world.gangway.count('get'), 0);
  });

  test('is found there when the answer of Gangway is lost and its lists name nothing', async () => {
    const world = worldOf();
    const known = {
      kind: 'found',
      executions: [{ prowJobId: `run-1-of-${job}`, status: 'FAILURE' }],
    } as const;
    world.gangway.listings.push(
      ...Array.from({ length: 4 }, () => () => ({ ...known, executions: [...known.executions] })),
    );
    world.gangway.creations.push((request) => {
      world.uploadsTo = other;
      world.gangway.start(request);
      return { kind: 'unclear', says: "Gangway's answer never came" };
    });
    await world.fail();
    const chain = await world.untilState(id, 'passed', 'needs-human');
    assert.deepEqual([chain.state, chain.runs[1]?.prowJobId], ['passed', 'attempt-1']);
    assert.equal(world.gangway.count('create'), 1);
  });

  test('is found there even if the bucket of the failed run has been closed', async () => {
    const world = worldOf();
    world.gangway.creations.push((request) => {
      world.bucket.closed.add(publicBucket);
      world.uploadsTo = other;
      world.gangway.start(request);
      return { kind: 'unclear', says: "Gangway's answer never came" };
    });
    await world.fail();
    const chain = await world.untilState(id, 'passed', 'needs-human');
    assert.deepEqual([chain.state, chain.runs[1]?.url], ['passed', pageOf(retryBuild, other)]);
    assert.equal(world.gangway.count('create'), 1);
  });

  test('has a newer run there, so no attempt is made', async () => {
    const world = worldOf();
    await world.fail();
    await world.untilState(id, 'scheduled');
    const newer = { jobName: job, prowJobId: 'newer', buildId: world.nextBuild(), bucket: other };
    world.bucket.putRun({ ...newer, outcome: 'pending' });
    const chain = await world.untilState(id, 'skipped', 'passed');
    assert.deepEqual([chain.state, chain.decision?.reason], ['skipped', 'superseded']);
    assert.equal(world.gangway.count('create'), 0);
  });

  test('keeps its past: failures in a row count over both', async () => {
    const rules =
      'rules: [{name: again, match: {phase: pre}, history: {max_consecutive_failures: 3, window: 60d}, retry: {attempts: 1, delay: 30m}}]';
    const world = worldOf({ rules });
    for (const bucket of [other, publicBucket, other]) {
      const past = {
        jobName: job,
        prowJobId: `past-${world.nextBuild()}`,
        buildId: world.nextBuild(),
        bucket,
      };
      world.bucket.putRun({ ...past, outcome: 'pre' });
    }
    const chain = await world.untilState(await world.fail(), 'skipped', 'scheduled');
    assert.equal(chain.decision?.reason, 'failing-streak');
  });
});

describe('a bucket that is not public', () => {
  test('is reported after two looks, with what to do', async () => {
    const world = worldOf({}, [publicBucket]);
    world.bucket.closed.add(publicBucket);
    await world.fail();
    const began = world.clock.now();
    const chain = await world.untilState(id, 'needs-human');
    assert.ok(world.clock.now() - began <= minute);
    assert.deepEqual([chain.decision?.reason, missingOf(chain)], ['evidence-missing', 'location']);
    assert.match(accountOf(chain), new RegExp(denied));
    assert.match(
      accountOf(chain),
      /Add the bucket that holds the run to RETRIGGER_GCS_BUCKET, or make \S+ readable\.$/,
    );
    await world.untilQuiet();
    assert.equal(world.told.length, 1);
  });

  test('is not reported after one refusal, which may come from a proxy', async () => {
    const world = worldOf({}, [publicBucket]);
    world.bucket.closed.add(publicBucket);
    world.clock.at(world.clock.now() + minute / 4, () => world.bucket.closed.clear());
    await world.fail();
    assert.equal((await world.untilState(id, 'passed', 'needs-human')).state, 'passed');
  });

  test('is no fact yet after one refusal of many looks', async () => {
    const world = worldOf({}, [publicBucket]);
    await world.fail('pending');
    await world.pass(10 * minute);
    for (let flap = 0; flap < 3; flap += 1) {
      world.bucket.closed.add(publicBucket);
      await world.pass(minute / 2);
      world.bucket.closed.clear();
      await world.pass(2 * minute);
    }
    assert.equal((await world.chain(id)).state, 'judging');
    world.bucket.closed.add(publicBucket);
    await world.pass(minute);
    assert.equal((await world.chain(id)).state, 'needs-human');
  });

  test('is no fact yet after one refusal to an attempt that Gangway put off for long', async () => {
    const world = worldOf({}, [publicBucket]);
    await world.fail();
    await world.untilState(id, 'scheduled');
    const busy = { kind: 'not-created', says: 'Gangway answered 429', retryAfterMs: null } as const;
    let isFlap = false;
    const flap = () => {
      isFlap = true;
      return busy;
    };
    world.gangway.creations.push(...[1, 2, 3].map(() => () => busy), flap);
    world.bucket.onAsked = (path) => {
      if (!isFlap) return world.bucket.closed.clear();
      world.bucket.closed.add(publicBucket);
      isFlap = !path.endsWith('/');
    };
    const chain = await world.untilState(id, 'passed', 'needs-human');
    assert.equal(chain.state, 'passed');
  });

  test('and may be read object by object is read: what it refuses is not there yet', async () => {
    const world = worldOf({}, [publicBucket]);
    const refusal = { kind: 'denied', bucket: publicBucket } as const;
    world.bucket.fail('/finished.json', 6, refusal);
    await world.fail('pending');
    await world.pass(2 * minute);
    world.bucket.putRun({ jobName: job, prowJobId: `run-1-of-${job}`, buildId: build, outcome: 'pre' });
    const chain = await world.untilState(id, 'scheduled', 'needs-human');
    assert.equal(chain.state, 'scheduled');
  });

  test('holds up no run that is in another one', async () => {
    const world = worldOf();
    world.bucket.closed.add(publicBucket);
    world.uploadsTo = other;
    await world.fail();
    const chain = await world.untilState(id, 'passed', 'needs-human', 'skipped');
    assert.equal(chain.state, 'passed');
    assert.doesNotMatch(accountOf(chain), /denied/);
  });

  test('is reported after a short grace, if no other one has the run', async () => {
    const world = worldOf({}, [other, publicBucket]);
    world.bucket.closed.add(publicBucket);
    await world.fail();
    const began = world.clock.now();
    const chain = await world.untilState(id, 'needs-human');
    const waited = world.clock.now() - began;
    // Looks at a run that was never seen are ever more seldom.
    assert.ok(waited >= 10 * minute && waited <= 16 * minute, `${waited}`);
    assert.match(accountOf(chain), new RegExp(denied));
  });

  test('is reported for a run that was seen before the bucket was closed', async () => {
    const world = worldOf({}, [other, publicBucket]);
    await world.fail('pending');
    await world.until('it is placed', async () => (await world.chain(id)).runs[0]?.url != null);
    world.bucket.closed.add(publicBucket);
    const began = world.clock.now();
    const chain = await world.untilState(id, 'needs-human');
    assert.ok(world.clock.now() - began <= 2 * minute);
    assert.match(accountOf(chain), new RegExp(denied));
  });

  test('is named in the account of an attempt at once, and Gangway reports its end later', async () => {
    const world = worldOf({}, [publicBucket]);
    await world.fail();
    await world.untilState(id, 'following');
    await world.until('it is placed', async () => (await world.chain(id)).runs[1]?.folder != null);
    world.bucket.closed.add(publicBucket);
    await world.pass(2 * minute);
    const following = await world.chain(id);
    assert.equal(following.state, 'following');
    assert.match(accountOf(following), new RegExp(`^Attempt 1 cannot be read: ${denied}\\.$`, 'm'));
    const ended = { kind: 'found', status: 'FAILURE', jobUrl: null, jobName: job } as const;
    for (let look = 0; look < 8; look += 1) world.gangway.lookups.push(() => ended);
    const chain = await world.untilState(id, 'skipped', 'exhausted', 'needs-human');
    assert.match(accountOf(chain), new RegExp(denied));
    assert.ok(world.clock.now() - (chain.runs[1]?.openedAt ?? 0) < 12 * hour);
  });

  test('keeps an attempt from being sent, because a newer run may be in it', async () => {
    const world = worldOf();
    await world.fail();
    await world.untilState(id, 'scheduled');
    world.bucket.closed.add(publicBucket);
    const chain = await world.untilState(id, 'needs-human', 'following');
    assert.equal(chain.state, 'needs-human');
    assert.ok((chain.closedAt ?? Infinity) - chain.createdAt < 40 * minute);
    assert.match(accountOf(chain), new RegExp(denied));
    assert.equal(world.gangway.count('create'), 0);
  });
});

describe('a bucket that is not configured', () => {
  test('is not read: the run is located again after a change of the settings', async () => {
    const world = worldOf();
    world.uploadsTo = other;
    await world.fail('pending');
    await world.until('it is placed', async () => (await world.chain(id)).runs[0]?.url != null);
    world.bucket.buckets = [publicBucket];
    world.bucket.putRun({ jobName: job, prowJobId: `run-1-of-${job}`, buildId: build, outcome: 'pre' });
    const chain = await world.untilState(id, 'scheduled', 'needs-human');
    assert.deepEqual([chain.state, chain.runs[0]?.url], ['scheduled', pageOf(build, publicBucket)]);
  });

  test('is named, if the run lies there', async () => {
    const world = worldOf();
    world.uploadsTo = other;
    await world.fail('pending');
    await world.until('it is placed', async () => (await world.chain(id)).runs[0]?.url != null);
    world.bucket.buckets = [publicBucket];
    const chain = await world.untilState(id, 'needs-human');
    assert.match(
      accountOf(chain),
      /the run lies in bucket another-bucket, which RETRIGGER_GCS_BUCKET does not name\. Add .+ if it is public\.$/,
    );
  });

  test("gives an attempt's build id only, and the account says where it lies", async () => {
    const world = worldOf({}, [publicBucket]);
    world.uploadsTo = other;
    await world.fail();
    const jobUrl = pageOf(retryBuild, 'private-bucket');
    world.uploadsTo = other;
    world.bucket.putRun({ jobName: job, prowJobId: `run-1-of-${job}`, buildId: build, outcome: 'pre' });
    const running = { kind: 'found', status: 'PENDING', jobUrl, jobName: job } as const;
    for (let look = 0; look < 8; look += 1) world.gangway.lookups.push(() => running);
    await world.untilState(id, 'following');
    await world.until('Gangway is asked', () => world.gangway.count('get') > 0);
    await world.pass(minute);
    const chain = await world.chain(id);
    assert.deepEqual([chain.runs[1]?.buildId, chain.runs[1]?.folder], [retryBuild, null]);
    assert.match(accountOf(chain), /^Attempt 1 cannot be read: the run lies in bucket private-bucket, /m);
  });
});

test('Gangway’s job_url is followed into another of the buckets', async () => {
  const world = worldOf();
  world.gangway.onStarted = () => {};
  await world.fail();
  const jobUrl = pageOf(retryBuild, other);
  for (let look = 0; look < 3; look += 1)
    world.gangway.lookups.push(() => ({ kind: 'found', status: 'PENDING', jobUrl, jobName: job }));
  await world.untilState(id, 'following');
  await world.until('it is placed', async () => (await world.chain(id)).runs[1]?.folder != null);
  const [, attempt] = (await world.chain(id)).runs;
  assert.deepEqual([attempt?.buildId, attempt?.url], [retryBuild, jobUrl]);
});
