import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeDisk } from '../../src/adapters/lowdb/node-disk.ts';
import { openEmbeddedStore } from '../../src/adapters/lowdb/open-embedded-store.ts';
import { SystemClock } from '../../src/adapters/system/system-clock.ts';
import { startService } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { Worker } from '../../src/flow/worker.ts';
import { createLogger } from '../../src/logging.ts';
import { startChild } from '../child/start-child.ts';
import { runReTriggerStep } from '../prow/re-trigger-step.ts';
import { startProw } from '../prow/start-prow.ts';
import { World } from './start-world.ts';

const clock = new SystemClock();
const log = createLogger('silent');
const atOnce = 'rules:\n  - { name: all, match: { job: "*" }, retry: { attempts: 1, delay: 0s } }\n';
/** Of a run in the stand-in, in milliseconds. */
const durations = {
  scheduling: 5,
  triggered: 5,
  setup: 5,
  pre: 20,
  test: 20,
  post: 10,
  upload: 5,
  report: 5,
};

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'retrigger-stop-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'rules.yaml'), atOnce);
  return folder;
}

function settingsIn(folder: string): Record<string, string> {
  return {
    RETRIGGER_LISTEN_PORT: '0',
    RETRIGGER_DATA_DIR: join(folder, 'data'),
    RETRIGGER_RULES_DIR: folder,
    // Nobody answers there.
    RETRIGGER_GANGWAY_URL: 'http://127.0.0.1:1',
    RETRIGGER_GCS_URL: 'http://127.0.0.1:1',
  };
}

function configOf(env: Record<string, string>) {
  const read = readConfig(env);
  assert.ok(read.ok);
  return read.config;
}

test('SIGTERM ends it with 0 in less than 10 s while triggers wait for the rate limit', async (t) => {
  const folder = await makeFolder(t);
  const prow = await startProw({ clock, durations });
  t.after(() => prow.close());
  const child = startChild(t, 'src/main.ts', ['serve'], {
    ...settingsIn(folder),
    RETRIGGER_GANGWAY_URL: prow.gangwayUrl,
    RETRIGGER_GCS_URL: prow.bucketUrl,
    RETRIGGER_SLACK_ORIGINS: prow.slackUrl,
    RETRIGGER_POLL_INTERVAL: '100ms',
  });
  const [, url = ''] = await child.says(/"url":"([^"]+)".+"serving"/);
  prow.onReTriggerStep = (run) =>
    runReTriggerStep(run, {
      serverUrl: `${url}/openshift-ci-re-trigger`,
      token: prow.token,
      slackWebhookUrl: prow.slack.hook(),
      slackErrorsWebhookUrl: prow.slack.hook('errors'),
    });
  for (let n = 0; n < 16; n += 1) {
    prow.defineJob({ name: `periodic-ci-a-${n}`, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
    prow.startRun(`periodic-ci-a-${n}`);
  }
  const posts = () => prow.gangway.calls.filter(({ method }) => method === 'POST').length;
  const isWaiting = async () => {
    const response = await fetch(`${url}/api/v1/chains?state=scheduled`);
    const { chains } = (await response.json()) as { chains: { next_attempt_at: string }[] };
    return chains.length >= 12 && chains.every((chain) => Date.parse(chain.next_attempt_at) < Date.now());
  };
  for (let tries = 0; posts() < 4 || !(await isWaiting()); tries += 1) {
    assert.ok(tries < 200, `${posts()} were triggered\n${child.said.stdout}`);
    await sleep(50);
  }
  await sleep(200);
  const sent = posts();
  const startedAt = performance.now();
  child.process.kill('SIGTERM');
  const { code, stderr } = await child.ended;
  const tookMs = performance.now() - startedAt;
  assert.deepEqual([code, stderr], [0, '']);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
  assert.equal(posts(), sent);
  const store = await openEmbeddedStore({ directory: join(folder, 'data'), clock, log });
  const { chains } = await store.page({ states: ['scheduled'], limit: 20 });
  assert.ok(chains.length >= 12);
  await store.close();
});

test('a caller that never ends its request and a call without an answer share the time to stop', async (t) => {
  const folder = await makeFolder(t);
  const hanging = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => {
    hanging.closeAllConnections();
    hanging.close();
  });
  await new Promise((resolve) => hanging.once('listening', resolve));
  const address = hanging.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const env = { ...settingsIn(folder), RETRIGGER_GCS_URL: `http://127.0.0.1:${port}` };
  const child = startChild(t, 'src/main.ts', ['serve'], env);
  const [, url = ''] = await child.says(/"url":"([^"]+)".+"serving"/);
  const asked = new Promise((resolve) => hanging.once('request', resolve));
  const body = { job_name: 'a', build_id: '1', prow_job_id: 'run-1', trigger_token: 't' };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/openshift-ci-re-trigger`, { method: 'POST', headers, body: JSON.stringify(body) });
  await asked;
  const open = fetch(`${url}/openshift-ci-re-trigger`, {
    method: 'POST',
    headers,
    body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) }),
    duplex: 'half',
  }).catch(() => null);
  await sleep(100);
  const startedAt = performance.now();
  child.process.kill('SIGTERM');
  const { code, stderr } = await child.ended;
  await open;
  assert.deepEqual([code, stderr], [0, '']);
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs < 10_000, `${tookMs} ms`);
});

/** What stands in the way of a start after its store was opened; each gives the settings that differ. */
const obstacles: Record<string, (t: TestContext, folder: string) => Promise<Record<string, string>>> = {
  'a key that is none': async (_, folder) => {
    await nodeDisk.makeFolder(join(folder, 'data'));
    await writeFile(join(folder, 'data', 'secret.key'), '');
    return {};
  },
  'a port that is taken': async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await new Promise((resolve) => other.once('listening', resolve));
    const address = other.address();
    return { RETRIGGER_LISTEN_PORT: String(typeof address === 'object' ? address?.port : 0) };
  },
  'a worker that does not start': async (t) => {
    t.mock.method(Worker.prototype, 'start', () => Promise.reject(new Error('no chains')));
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const address = free.address();
    await new Promise((resolve) => free.close(resolve));
    return { RETRIGGER_LISTEN_PORT: String(typeof address === 'object' ? address?.port : 0) };
  },
};

for (const [what, prepare] of Object.entries(obstacles)) {
  test(`a start that fails for ${what} leaves nothing open`, async (t) => {
    const folder = await makeFolder(t);
    const changes = await prepare(t, folder);
    const config = configOf({ ...settingsIn(folder), ...changes });
    await assert.rejects(startService(config, { clock, log }));
    const store = await openEmbeddedStore({ directory: config.dataDir, clock, log });
    await store.close();
    if (!what.includes('worker')) return;
    await assert.rejects(fetch(`http://127.0.0.1:${config.listenPort}/healthcheck`));
  });
}

test('readiness names the code of what the disk refuses, and logs it once', async (t) => {
  const world = await World.start(t);
  const ready = async () => {
    const response = await fetch(`${world.service.url}/readyz`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const { status, body } = await ready();
  assert.deepEqual([status, body['gangway']], [200, { faults_in_a_row: 0, last_fault: null }]);
  assert.deepEqual(body['store'], { ok: true, fault: null });
  const open = nodeDisk.open.bind(nodeDisk);
  t.mock.method(nodeDisk, 'open', (path: string) => {
    if (!path.endsWith('probe')) return open(path);
    throw Object.assign(new Error(`ENOSPC: no space left on device, open '${path}'`), { code: 'ENOSPC' });
  });
  for (let i = 0; i < 3; i += 1) {
    const refused = await ready();
    assert.equal(refused.status, 503);
    const { fault } = refused.body['store'] as { fault: string };
    assert.match(fault, /takes no write \(ENOSPC\)/);
    assert.doesNotMatch(fault, /probe/);
  }
  t.mock.restoreAll();
  for (let i = 0; i < 2; i += 1) assert.equal((await ready()).status, 200);
  const told = world.logs.map((line) => JSON.parse(line) as { level: string; msg: string });
  assert.deepEqual(
    told.filter(({ msg }) => msg.startsWith('store takes')).map(({ level }) => level),
    ['error', 'info'],
  );
});
