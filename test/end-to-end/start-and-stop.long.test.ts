import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { open as openFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { nodeDisk } from '../../src/adapters/lowdb/disk/node-disk.ts';
import { openEmbeddedStore } from '../../src/adapters/lowdb/open-store.ts';
import { SystemClock } from '../../src/adapters/system/system-clock.ts';
import { startService } from '../../src/app/start.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { ChainWorker } from '../../src/flow/chain-worker.ts';
import { createLogger } from '../../src/logging.ts';
import { startChild } from '../child/start-child.ts';
import { VirtualClock } from '../time/virtual-clock.ts';
import { runReTriggerStep } from '../prow/re-trigger-step.ts';
import { startProw } from '../prow/start-prow.ts';
import { World } from './start-world.ts';
import { fast, makeFolder, settingsFor } from './process-setup.ts';

const clock = new SystemClock();
const log = createLogger('silent');
const atOnce = 'rules:\n  - { name: all, match: { job: "*" }, retry: { attempts: 1, delay: 0s } }\n';
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

test('SIGTERM ends it with 0 while triggers wait for the rate limit, and sends none of them', async (t) => {
  const folder = await makeFolder(t, atOnce);
  const prow = await startProw({ clock, durations: fast });
  t.after(() => prow.close());
  const child = startChild(t, 'src/main.ts', ['serve'], {
    ...settingsFor(prow, folder),
    RETRIGGER_GANGWAY_RATE: '10/1m',
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
  await Promise.all([
    prow.gangway.whenCall(() => posts() >= 4),
    child.says(/(?:"scheduled"[^\n]+"judged"[^]*){16}/),
  ]);
  const sent = posts();
  child.process.kill('SIGTERM');
  const { code, stderr } = await child.ended;
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(posts(), sent);
  const store = await openEmbeddedStore({ directory: join(folder, 'data'), clock, log });
  const { chains } = await store.page({ states: ['scheduled'], limit: 20 });
  assert.ok(chains.length >= 12);
  await store.close();
});

/** A service in the midst of a call without an answer, and of a request whose end never comes. */
async function startBusy(t: TestContext) {
  const folder = await makeFolder(t, atOnce);
  const { url: hangingUrl, asked } = await hangCalls(t);
  const child = startChild(t, 'src/main.ts', ['serve'], {
    ...settingsIn(folder),
    RETRIGGER_GCS_URL: hangingUrl,
  });
  const [, url = ''] = await child.says(/"url":"([^"]+)".+"serving"/);
  await notify(url);
  await asked;
  await beginRequest(t, url);
  return { child, dataDir: join(folder, 'data') };
}

async function notify(url: string): Promise<void> {
  const body = { job_name: 'a', build_id: '1', prow_job_id: 'run-1', trigger_token: 't' };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/openshift-ci-re-trigger`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** Resolves when the server has read the headers, and waits for a body that never comes. */
async function beginRequest(t: TestContext, url: string): Promise<void> {
  const caller = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {});
  t.after(() => caller.destroy());
  caller.write(
    'POST /openshift-ci-re-trigger HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n' +
      'Content-Length: 9\r\nExpect: 100-continue\r\n\r\n',
  );
  assert.match(String((await once(caller, 'data'))[0]), /^HTTP\/1\.1 100 /);
}

/** A call that gets no answer, and the address where it hangs. */
async function hangCalls(t: TestContext): Promise<{ url: string; asked: Promise<unknown> }> {
  const hanging = createServer(() => {}).listen(0, '127.0.0.1');
  t.after(() => {
    hanging.closeAllConnections();
    hanging.close();
  });
  await once(hanging, 'listening');
  const { port } = hanging.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked: once(hanging, 'request') };
}

async function listStored(directory: string): Promise<string[]> {
  const store = await openEmbeddedStore({ directory, clock, log });
  const { chains } = await store.page({ limit: 1_000 });
  await store.close();
  return chains.map(({ root }) => root);
}

test('a caller that never ends its request and a call without an answer do not keep it from stopping', async (t) => {
  const { child, dataDir } = await startBusy(t);
  child.process.kill('SIGTERM');
  const { code, stderr } = await child.ended;
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(await listStored(dataDir), ['run-1']);
});

test('with both in hand, a stop waits 7 s of its clock at most, and then closes the store', async (t) => {
  const folder = await makeFolder(t, atOnce);
  const virtual = new VirtualClock(Date.UTC(2026, 5, 1));
  const { url: hangingUrl, asked } = await hangCalls(t);
  const config = configOf({ ...settingsIn(folder), RETRIGGER_GCS_URL: hangingUrl });
  const service = await startService(config, { clock: virtual, log });
  await notify(service.url);
  await asked;
  await beginRequest(t, service.url);
  // Of the 10 s that a container gets, the rest is for the store, which needs real time.
  const latest = virtual.now() + 7_000;
  const closed = service.close().then(() => true);
  // A stop that waits longer never ends here, because the clock does not go on.
  while (!(await Promise.race([closed, setTimeout(1, false)]))) {
    const due = virtual.nextDue();
    if (due !== null && due <= latest) virtual.advanceTo(due);
  }
  assert.deepEqual(await listStored(join(folder, 'data')), ['run-1']);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`a second signal ends it at once, and loses nothing either (${signal})`, async (t) => {
    const { child, dataDir } = await startBusy(t);
    child.process.kill('SIGTERM');
    await child.says(/"stopping"/);
    child.process.kill(signal);
    const { code, stdout, stderr } = await child.ended;
    assert.deepEqual([code, stderr], [1, '']);
    assert.doesNotMatch(stdout, /"stopped"/);
    assert.deepEqual(await listStored(dataDir), ['run-1']);
  });

  test(`a signal during the start is obeyed as soon as it is over (${signal})`, async (t) => {
    const { child, pipe } = await beginStart(t);
    child.process.kill(signal);
    await child.says(/"stopping"/);
    await pipe.close();
    const { code, stdout, stderr } = await child.ended;
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /"stopping"[^]+"serving"[^]+"stopped"/);
  });
}

test('a start that hangs in a thread does not keep a signal from ending it', async (t) => {
  const { child, pipe } = await beginStart(t);
  child.process.kill('SIGTERM');
  const { code, stdout, stderr } = await child.ended;
  await pipe.close();
  // Node itself would wait for the thread.
  assert.deepEqual([code, child.process.signalCode], [null, 'SIGKILL']);
  assert.match(stdout, /"stopping"[^]+"start aborted"[^]+"stopped"/);
  assert.match(stderr, /^retrigger: killed, because a thread is still waiting for a disk/);
});

test('a second signal ends a start that hangs', async (t) => {
  const { child, pipe } = await beginStart(t);
  child.process.kill('SIGTERM');
  await child.says(/"stopping"/);
  child.process.kill('SIGTERM');
  const { stdout } = await child.ended;
  await pipe.close();
  assert.equal(child.process.signalCode, 'SIGKILL');
  assert.doesNotMatch(stdout, /"start aborted"/);
});

test('a pipe among the rules is named, and the start refused', async (t) => {
  const folder = await makeFolder(t, atOnce);
  const pipe = join(folder, 'late.yaml');
  execFileSync('mkfifo', [pipe]);
  const child = startChild(t, 'src/main.ts', ['serve'], settingsIn(folder));
  const { code, stderr } = await child.ended;
  assert.equal(code, 2);
  assert.match(stderr, new RegExp(`^  ${pipe}: this is not a regular file$`, 'm'));
});

test('a pipe among the rules of a running service is named, and keeps it from nothing', async (t) => {
  const folder = await makeFolder(t, atOnce);
  const child = startChild(t, 'src/main.ts', ['serve'], settingsIn(folder));
  const [, url = ''] = await child.says(/"url":"([^"]+)".+"serving"/);
  for (let n = 0; n < 8; n += 1) execFileSync('mkfifo', [join(folder, `pipe-${n}.yaml`)]);
  await child.says(/pipe-0\.yaml: this is not a regular file/);
  await notify(url);
  child.process.kill('SIGTERM');
  const { code, stderr } = await child.ended;
  assert.deepEqual([code, stderr], [0, '']);
  assert.deepEqual(await listStored(join(folder, 'data')), ['run-1']);
});

/** A service in the middle of its start: its only thread reads a pipe, and we are the writer. */
async function beginStart(t: TestContext) {
  const folder = await makeFolder(t, atOnce);
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const child = startChild(t, 'test/child/serve-without-threads.ts', [path], {
    ...settingsIn(folder),
    UV_THREADPOOL_SIZE: '1',
  });
  // It opens once the child reads it.
  return { child, pipe: await openFile(path, 'w') };
}

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
    t.mock.method(ChainWorker.prototype, 'start', () => {
      throw new Error('no chains');
    });
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const address = free.address();
    await new Promise((resolve) => free.close(resolve));
    return { RETRIGGER_LISTEN_PORT: String(typeof address === 'object' ? address?.port : 0) };
  },
};

for (const [what, prepare] of Object.entries(obstacles)) {
  test(`a start that fails for ${what} leaves nothing open`, async (t) => {
    const folder = await makeFolder(t, atOnce);
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
  const well = { breaker: 'closed', faults_in_a_row: 0, last_fault: null, retry_at: null };
  assert.deepEqual([status, body['gangway']], [200, well]);
  assert.deepEqual(body['store'], { ok: true, fault: null });
  const open = nodeDisk.open.bind(nodeDisk);
  t.mock.method(nodeDisk, 'open', (path: string) => {
    if (!path.endsWith('probe')) return open(path);
    throw Object.assign(new Error(`ENOSPC: no space left on device, open '${path}'`), { code: 'ENOSPC' });
  });
  // What the last look saw counts for a second.
  assert.equal((await ready()).status, 200);
  for (let i = 0; i < 3; i += 1) {
    world.clock.advance(1_000);
    const refused = await ready();
    assert.equal(refused.status, 503);
    const { fault } = refused.body['store'] as { fault: string };
    assert.match(fault, /takes no write \(ENOSPC\)/);
    assert.doesNotMatch(fault, /probe/);
  }
  t.mock.restoreAll();
  world.clock.advance(1_000);
  for (let i = 0; i < 2; i += 1) assert.equal((await ready()).status, 200);
  const told = world.logs.map((line) => JSON.parse(line) as { level: string; msg: string });
  assert.deepEqual(
    told.filter(({ msg }) => msg.startsWith('store takes')).map(({ level }) => level),
    ['error', 'info'],
  );
});
