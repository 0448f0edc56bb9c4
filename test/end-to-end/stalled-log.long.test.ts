import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { suite, test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { makeFolder } from './process-setup.ts';

interface Served {
  process: ChildProcess;
  url: string;
  /** What it said on standard error. */
  said: () => string;
}

/** A real process whose standard output is ours to spoil: a pipe that nobody reads, or an open file. */
async function serve(t: TestContext, stdout: 'pipe' | number): Promise<Served> {
  const port = await findFreePort();
  const folder = await makeFolder(t, 'rules: []\n');
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    cwd: join(import.meta.dirname, '../..'),
    env: {
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      RETRIGGER_LISTEN_PORT: String(port),
      RETRIGGER_DATA_DIR: join(folder, 'data'),
      RETRIGGER_RULES_DIR: folder,
      RETRIGGER_GCS_URL: 'http://127.0.0.1:1',
      RETRIGGER_GANGWAY_URL: 'http://127.0.0.1:1',
    },
    stdio: ['ignore', stdout, 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => (said += part));
  const url = `http://127.0.0.1:${port}`;
  while (!(await isAlive(url))) await setTimeout(1);
  return { process: child, url, said: () => said };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function isAlive(url: string): Promise<boolean> {
  return fetch(`${url}/healthcheck`).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function notify(url: string, run: string): Promise<number> {
  const body = { job_name: 'a', build_id: '1', prow_job_id: run, trigger_token: 't' };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/openshift-ci-re-trigger`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

/** Each writes a line of some 300 bytes; a pipe and its reader here take less than half of them. */
async function fillLog(url: string): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    await Promise.all(Array.from({ length: 50 }, async () => (await fetch(`${url}/nothing`)).text()));
  }
}

/** The messages of its log, in order. */
async function* readMessages({ stdout }: ChildProcess): AsyncGenerator<string> {
  assert.ok(stdout);
  for await (const line of createInterface(stdout)) yield (JSON.parse(line) as { msg: string }).msg;
}

async function stop({ process: child }: Served): Promise<[code: number | null, signal: string | null]> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  return (await ended) as [number | null, string | null];
}

suite('a log that cannot be written does not stop the service', { concurrency: 2 }, () => {
  test('a full disk', { timeout: 120_000 }, async (t) => {
    const full = openSync('/dev/full', 'w');
    t.after(() => closeSync(full));
    const served = await serve(t, full);
    await fillLog(served.url);
    assert.equal(await notify(served.url, 'run-1'), 202);
    assert.deepEqual(await stop(served), [0, null]);
    assert.match(served.said(), /^retrigger: standard output cannot be written \(ENOSPC\)\.[^\n]+\n$/);
  });

  test('a pipe that is not read, and then is', { timeout: 120_000 }, async (t) => {
    const served = await serve(t, 'pipe');
    await fillLog(served.url);
    assert.equal(await notify(served.url, 'run-1'), 202);
    const messages = readMessages(served.process);
    let requests = 0;
    while (requests < 2_001) if ((await messages.next()).value === 'request') requests += 1;
    served.process.kill('SIGTERM');
    assert.deepEqual(await Array.fromAsync(messages), ['stopping', 'stopped']);
    assert.equal(served.said(), '');
  });

  test('SIGTERM ends it while the pipe is not read', { timeout: 120_000 }, async (t) => {
    const served = await serve(t, 'pipe');
    await fillLog(served.url);
    assert.deepEqual(await stop(served), [0, null]);
  });

  test('a pipe that was closed', { timeout: 120_000 }, async (t) => {
    const served = await serve(t, 'pipe');
    served.process.stdout?.destroy();
    await fillLog(served.url);
    assert.equal(await notify(served.url, 'run-1'), 202);
    assert.deepEqual(await stop(served), [0, null]);
    assert.match(served.said(), /^retrigger: standard output cannot be written \(EPIPE\)\.[^\n]+\n$/);
  });
});
