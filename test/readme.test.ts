import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { settings } from '../src/config/settings.ts';

const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');

test('the table of settings says what the code reads', () => {
  const rows = settings.map(({ name, also, about, fallback }) => {
    const names = [name, ...also].map((each) => `\`${each}\``).join(', ');
    return `| ${names} | ${fallback === null ? 'unset' : `\`${fallback}\``} | ${about} |`;
  });
  const table = ['| name | default | what it is |', '|---|---|---|', ...rows].join('\n');
  assert.ok(readme.includes(table), `put this table into README.md:\n${table}`);
});

test('every message that the table of log lines names is in the code', () => {
  const src = join(import.meta.dirname, '../src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const code = files.map((name) => readFileSync(join(src, name), 'utf8')).join('\n');
  const rows = readme.match(/^ *\| `(?:error|warn|info)` \|[^|]+\|/gm) ?? [];
  const messages = rows.flatMap((row) =>
    [...row.matchAll(/`([^`]+ [^`]+|judged|reconciled)`/g)].map(([, text]) => text),
  );
  assert.ok(messages.length > 15, rows.join('\n'));
  assert.deepEqual(
    messages.filter((text) => !code.includes(`'${text}'`)),
    [],
  );
});

/** Runs the better request of the step against answers in their order, and gives its end and how often it asked. */
async function runBetterCurl(t: TestContext, answers: number[]) {
  const [, script = ''] = /```sh\n(curl --fail-with-body --silent[^]+?)```/.exec(readme) ?? [];
  const bodies: unknown[] = [];
  async function answerNext(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const status = answers[bodies.length] ?? 500;
    bodies.push(JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString()));
    response.writeHead(status, { 'retry-after': '1' }).end(`{"status":${status}}`);
  }
  const server = createServer((request, response) => void answerNext(request, response));
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const env = {
    PATH: process.env['PATH'],
    SERVER_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/openshift-ci-re-trigger`,
    JOB_NAME: 'job',
    TOKEN: 'sha256~x',
  };
  const child = execFile('bash', ['-c', script], { env });
  const said = Array.fromAsync(child.stdout ?? []);
  const [code] = await once(child, 'close');
  return { code: code as number, said: (await said).join(''), bodies };
}

test("the step's better request is made again where that may help, and shows the answer where not", async (t) => {
  const taken = await runBetterCurl(t, [503, 202]);
  assert.deepEqual([taken.code, taken.bodies.length], [0, 2]);
  assert.match(taken.said, /\{"status":202\}$/);
  assert.deepEqual(taken.bodies[0], {
    job_name: 'job',
    build_id: '',
    prow_job_id: '',
    trigger_token: 'sha256~x',
    slack_webhook_url: '',
    slack_errors_webhook_url: '',
  });
  const refused = await runBetterCurl(t, [400]);
  assert.notEqual(refused.code, 0);
  assert.deepEqual([refused.said, refused.bodies.length], ['{"status":400}', 1]);
});
