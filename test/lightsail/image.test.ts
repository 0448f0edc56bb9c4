import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { checkHealth } from '../../src/cli/healthcheck.ts';

/** The Dockerfile as instructions, with continued lines joined and comments left out. */
const instructions = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8')
  .replace(/^#.*\n/gm, '')
  .replace(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '');

/** The words of an instruction in exec form; a shell form is no JSON and fails the test. */
function execForm(start: RegExp): string[] {
  const line = instructions.find((instruction) => start.test(instruction)) ?? '';
  return JSON.parse(line.slice(line.indexOf('[')));
}

/** Runs the health check with these settings beside those that the image sets. */
async function runHealthCheck(settings: Record<string, string>): Promise<{ code: number; says: string }> {
  const [, ...words] = execForm(/^HEALTHCHECK .*CMD \[/);
  const env = { RETRIGGER_LISTEN_IP: '0.0.0.0', RETRIGGER_DATA_DIR: '/data', ...settings };
  const child = execFile(process.execPath, words, { cwd: join(import.meta.dirname, '../..'), env });
  const says = child.stderr === null ? '' : text(child.stderr);
  const [code] = await once(child, 'exit');
  return { code, says: await says };
}

/** The same in this process, which takes less time. */
async function checkHere(settings: Record<string, string>): Promise<{ code: number; says: string }> {
  let says = '';
  const note = (line: string): void => void (says += `${line}\n`);
  const env = { RETRIGGER_LISTEN_IP: '0.0.0.0', RETRIGGER_DATA_DIR: '/data', ...settings };
  return { code: await checkHealth({ out: note, err: note }, env), says };
}

/** A service that is alive, at this address of this machine. */
async function serve(t: TestContext, ip: string, port = 0) {
  const health = { status: 200 };
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthcheck' ? health.status : 404).end('alive');
  }).listen(port, ip);
  t.after(() => void server.close());
  await once(server, 'listening');
  return { server, health, port: String((server.address() as AddressInfo).port) };
}

test('the health check of the image distinguishes a service that answers from one that fails or is gone', async (t) => {
  const { server, health, port } = await serve(t, '127.0.0.1');
  const settings = { RETRIGGER_LISTEN_PORT: port };
  const address = `http://127.0.0.1:${port}/healthcheck`;
  assert.deepEqual(await runHealthCheck(settings), { code: 0, says: '' });
  health.status = 503;
  assert.deepEqual(await runHealthCheck(settings), { code: 1, says: `${address} answered 503\n` });
  server.close();
  await once(server, 'close');
  const gone = { code: 1, says: `${address} does not answer (ECONNREFUSED)\n` };
  assert.deepEqual(await runHealthCheck(settings), gone);
});

test('the health check says that it cannot find a port that the service picks for itself', async () => {
  const { code, says } = await checkHere({ RETRIGGER_LISTEN_PORT: '00' });
  assert.equal(code, 1);
  assert.match(says, /^RETRIGGER_LISTEN_PORT is 0, .+ set a port from 1 to 65535\n$/);
});

test('the health check asks the right address, however it is written', async (t) => {
  const everywhere = await serve(t, '0.0.0.0');
  const { port } = everywhere;
  const older = 'CI_JOBS_TRIGGER_LISTEN_PORT';
  for (const settings of [
    { [older]: port },
    { RETRIGGER_LISTEN_PORT: '', [older]: port },
    { RETRIGGER_LISTEN_PORT: ` ${port}\n` },
    { RETRIGGER_LISTEN_PORT: port, [older]: '1' },
    { RETRIGGER_LISTEN_PORT: port.padStart(5, '0') },
    { RETRIGGER_LISTEN_PORT: port, RETRIGGER_LISTEN_IP: '' },
    { RETRIGGER_LISTEN_PORT: port, RETRIGGER_LISTEN_IP: '', CI_JOBS_TRIGGER_LISTEN_IP: ' 127.0.0.1 ' },
  ]) {
    assert.deepEqual(await checkHere(settings), { code: 0, says: '' }, JSON.stringify(settings));
  }
  // No proxy of the environment is asked.
  const proxy = { HTTP_PROXY: 'http://127.0.0.1:1', NODE_USE_ENV_PROXY: '1' };
  assert.deepEqual(await runHealthCheck({ RETRIGGER_LISTEN_PORT: port, ...proxy }), { code: 0, says: '' });
});

test('the health check finds a service on a special address or port', async (t) => {
  for (const [ip, written] of [
    ['127.0.0.2', '127.0.0.2'],
    ['::1', '::1'],
    ['::1', '0:0:0:0:0:0:0:1'],
    ['::', '::'],
    ['::', '0:0:0:0:0:0:0:0'],
    ['127.0.0.1', '::ffff:127.0.0.1'],
  ] as const) {
    // Not every machine has IPv6.
    const served = await serve(t, ip).catch(() => null);
    if (served === null && ip.includes(':')) continue;
    const port = served?.port ?? '';
    const settings = { RETRIGGER_LISTEN_IP: written, RETRIGGER_LISTEN_PORT: port };
    assert.deepEqual(await checkHere(settings), { code: 0, says: '' }, written);
  }
  // A port that browsers, and `fetch`, refuse to ask.
  const refused = [10_080, 6_697, 6_669, 6_566, 6_000, 5_061, 5_060, 4_190];
  const { port } = await Promise.any(refused.map((each) => serve(t, '127.0.0.1', each)));
  assert.deepEqual(await checkHere({ RETRIGGER_LISTEN_PORT: port }), { code: 0, says: '' });
});

test('the health check fails with invalid settings, and shows no secret', async () => {
  const { code, says } = await checkHere({ RETRIGGER_LISTEN_PORT: 'http', SLACK_BOT_TOKEN: 'a b' });
  assert.equal(code, 1);
  assert.match(says, /^Invalid settings: RETRIGGER_LISTEN_PORT is "http": write a port/);
  assert.doesNotMatch(says, /a b/);
});

test('the image runs node itself, as a user without rights, on production dependencies', () => {
  assert.deepEqual(execForm(/^CMD \[/), ['node', '--max-semi-space-size=8', 'src/main.ts', 'serve']);
  assert.ok(instructions.includes('STOPSIGNAL SIGTERM'));
  const user = instructions.indexOf('USER 1000:0');
  assert.ok(user > instructions.findLastIndex((instruction) => instruction.startsWith('FROM ')));
  for (const install of instructions.filter((line) => line.includes('npm ')))
    assert.match(install, /--omit=dev/);
});
