import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { World } from './start-world.ts';

const run = promisify(execFile);
const job = 'periodic-ci-org-repo-main-e2e-aws';
const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const old = Buffer.alloc(32, 'o').toString('base64');
const fresh = `whsec_${Buffer.alloc(32, 'f').toString('base64')}`;

async function withFailedRun(world: World): Promise<ProwRun> {
  world.prow.onReTriggerStep = null;
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  const failed = world.prow.startRun(job);
  await world.until('the run is pending', () => failed.state === 'pending');
  return failed;
}

/** Signs by the reference library, with the service's time. */
async function notifySigned(world: World, secret: string, { prowJobId, buildId }: ProwRun): Promise<number> {
  const body = JSON.stringify({ job_name: job, build_id: buildId, prow_job_id: prowJobId });
  const now = new Date(world.clock.now());
  const headers = {
    'content-type': 'application/json',
    'webhook-id': prowJobId,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(prowJobId, now, body),
  };
  const { status } = await fetch(`${world.service.url}/openshift-ci-re-trigger`, {
    method: 'POST',
    headers,
    body,
  });
  return status;
}

test('a signature is proof enough to go by the service’s own token, and one secret follows another without a gap', async (t) => {
  const world = await World.start(t, { env: { RETRIGGER_WEBHOOK_SECRET: old } });
  const failed = await withFailedRun(world);
  await world.restart({ RETRIGGER_WEBHOOK_SECRET: old, RETRIGGER_GANGWAY_TOKEN: world.prow.token });
  const headers = { 'content-type': 'application/json' };
  const unproven = await fetch(`${world.service.url}/openshift-ci-re-trigger`, {
    method: 'POST',
    headers,
    body: '{}',
  });
  assert.equal(unproven.status, 401);
  assert.equal(await notifySigned(world, fresh, failed), 401);
  assert.deepEqual(await world.chains(), []);
  await world.restart({
    RETRIGGER_WEBHOOK_SECRET: `${fresh} ${old}`,
    RETRIGGER_GANGWAY_TOKEN: world.prow.token,
  });
  assert.equal(await notifySigned(world, old, failed), 202);
  assert.equal(await notifySigned(world, fresh, failed), 200);
  await world.restart({ RETRIGGER_WEBHOOK_SECRET: fresh, RETRIGGER_GANGWAY_TOKEN: world.prow.token });
  assert.equal(await notifySigned(world, old, failed), 401);
  assert.equal(await notifySigned(world, fresh, failed), 200);
  await world.untilState('passed');
  assert.equal(world.prow.runs.length, 2);
  const told = [...world.logs, ...(await world.readFiles()), ...world.messages].join('\n');
  for (const secret of [old, fresh, world.prow.token]) assert.ok(!told.includes(secret));
});

for (const secret of [old, fresh]) {
  test(`the README's signed request is taken with a secret ${secret === old ? 'in base64' : 'with its prefix'}`, async (t) => {
    const [, script] = /```sh\n(BODY=[^]+?)```/.exec(readme) ?? [];
    assert.ok(script);
    const world = await World.start(t, { env: { RETRIGGER_WEBHOOK_SECRET: secret } });
    const { prowJobId, buildId } = await withFailedRun(world);
    const env = {
      PATH: process.env['PATH'],
      SERVER_URL: `${world.service.url}/openshift-ci-re-trigger`,
      WEBHOOK_SECRET: secret,
      JOB_NAME: job,
      BUILD_ID: buildId,
      PROW_JOB_ID: prowJobId,
      TOKEN: world.prow.token,
    };
    const atThatTime = `date() { echo ${Math.floor(world.clock.now() / 1000)}; }`;
    const { stdout } = await run('bash', ['-c', `${atThatTime}\n${script}`], { env });
    assert.match(stdout, /"state":"judging"/);
    await world.untilState('passed');
  });
}
