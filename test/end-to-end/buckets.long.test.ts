import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../prow/prow-for-test.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const [first, second] = ['kubevirt-prow', 'test-platform-results-public'];

function startWorld(t: Parameters<typeof World.start>[0]): Promise<World> {
  return World.start(t, {
    prow: { bucketName: first, otherBuckets: [second] },
    env: { RETRIGGER_GCS_BUCKET: `${first},${second}` },
  });
}

test('a job that moves to another bucket between the run and its retry is followed, and its links say where', async (t) => {
  const world = await startWorld(t);
  world.prow.defineJob({
    name: job,
    type: 'periodic',
    plan: [{ outcome: 'fail-pre' }, { outcome: 'pass', bucket: second }],
  });
  world.prow.startRun(job);
  const chain = await world.untilState('passed', 'skipped', 'needs-human');
  assert.equal(chain.state, 'passed');
  const urls = chain.runs.map(({ url }) => url ?? '');
  assert.deepEqual(
    urls,
    world.prow.runs.map(({ url }) => url),
  );
  assert.match(urls[0] ?? '', new RegExp(`/view/gs/${first}/logs/`));
  assert.match(urls[1] ?? '', new RegExp(`/view/gs/${second}/logs/`));
  await world.until('it is told', () => world.messages.length === 3);
  assert.equal(world.prow.gangway.calls.length, 1);
});

test('buckets that answer 403 are reported within a minute', async (t) => {
  const world = await startWorld(t);
  for (const bucket of world.prow.buckets) bucket.isPrivate = true;
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  world.prow.startRun(job);
  const chain = await world.untilState('needs-human');
  assert.ok(world.clock.now() - Date.parse(chain.created_at) <= minute);
  assert.match(
    chain.decision?.because.join(' ') ?? '',
    /access denied: buckets kubevirt-prow, test-platform-results-public are not public/,
  );
  await world.until('it is told', () => world.messages.length === 1);
  assert.match(world.messages[0] ?? '', /access denied: buckets/);
});

test('a batch run has no alias: it is found and left alone at once', async (t) => {
  const world = await startWorld(t);
  const refs = {
    org: 'org',
    repo: 'repo',
    base_ref: 'main',
    base_sha: 'a'.repeat(40),
    pulls: [
      { number: 1, sha: 'b'.repeat(40) },
      { number: 2, sha: 'c'.repeat(40) },
    ],
  };
  const name = 'pull-ci-org-repo-main-e2e';
  world.prow.defineJob({ name, type: 'batch', refs, plan: [{ outcome: 'fail-pre', bucket: second }] });
  const run = world.prow.startRun(name);
  const chain = await world.untilState('skipped', 'needs-human');
  assert.deepEqual([chain.state, chain.decision?.reason], ['skipped', 'not-retriggerable']);
  assert.equal(chain.runs[0]?.url, run.url);
});
