import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

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

async function runHealthCheck(port: number): Promise<number> {
  const [, ...words] = execForm(/^HEALTHCHECK .*CMD \[/);
  const child = execFile(process.execPath, words, { env: { RETRIGGER_LISTEN_PORT: String(port) } });
  const [code] = await once(child, 'exit');
  return code;
}

test('the health check of the image tells a service that answers from one that fails or is gone', async () => {
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/healthcheck' ? status : 404).end('alive');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  assert.equal(await runHealthCheck(port), 0);
  status = 503;
  assert.equal(await runHealthCheck(port), 1);
  server.close();
  await once(server, 'close');
  assert.equal(await runHealthCheck(port), 1);
});

test('the image runs node itself, as a user without rights, on production dependencies', () => {
  assert.deepEqual(execForm(/^CMD \[/), ['node', 'src/main.ts', 'serve']);
  assert.ok(instructions.includes('STOPSIGNAL SIGTERM'));
  const user = instructions.indexOf('USER 1000:0');
  assert.ok(user > instructions.findLastIndex((instruction) => instruction.startsWith('FROM ')));
  for (const install of instructions.filter((line) => line.includes('npm ')))
    assert.match(install, /--omit=dev/);
});
