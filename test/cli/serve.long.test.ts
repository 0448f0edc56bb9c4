import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { type Child, startChild } from '../child/start-child.ts';
import { folderForTest, runProcess } from './run-command.ts';
import { openDoor } from '../../src/flow/requests/verify-deployment.ts';

async function settings(t: TestContext): Promise<Record<string, string>> {
  return { RETRIGGER_LISTEN_PORT: '0', RETRIGGER_DATA_DIR: join(await folderForTest(t), 'data') };
}

/** A service that has said where it listens. */
async function serve(t: TestContext, env: Record<string, string>): Promise<{ child: Child; url: string }> {
  const child = startChild(t, 'src/main.ts', ['serve'], env);
  const [, url = ''] = await child.says(/"url":"([^"]+)".+"serving"/);
  return { child, url };
}

suite('serve', { concurrency: 2 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    test(`answers, and ends at ${signal} with 0`, async (t) => {
      const { child, url } = await serve(t, await settings(t));
      const response = await fetch(`${url}/healthcheck`);
      assert.deepEqual([response.status, await response.text()], [200, 'alive']);
      child.process.kill(signal);
      const { code, stdout, stderr } = await child.ended;
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /"stopped"\}\n$/);
    });
  }

  test('warns if anyone may send notifications, no message has an address, and nothing would be retried', async (t) => {
    const warnings = (said: string): string[] => said.match(/(?<="warn".+"msg":")[^"]+/g) ?? [];
    const env = await settings(t);
    const rulesDir = await folderForTest(t);
    await writeFile(join(rulesDir, 'a.yml'), '');
    const bare = await serve(t, { ...env, RETRIGGER_RULES_DIR: rulesDir });
    await bare.child.says(/people hear only/);
    const heard = await serve(t, {
      ...(await settings(t)),
      RETRIGGER_SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/T/B/x',
      RETRIGGER_WEBHOOK_SECRET: 'a-secret-that-nobody-guesses',
    });
    for (const { process } of [bare.child, heard.child]) process.kill();
    const [ofBare, ofHeard] = await Promise.all([bare.child.ended, heard.child.ended]);
    assert.deepEqual(warnings(ofBare.stdout), [
      'rule files look incomplete',
      'rule files look incomplete',
      openDoor,
      'people hear only of failures whose notification brings a Slack address',
    ]);
    assert.ok(ofBare.stdout.includes(`"no rules in ${rulesDir}: nothing will be retried"`));
    assert.ok(ofBare.stdout.includes(`"${rulesDir}/a.yml is not read: rename it to a.yaml"`));
    assert.deepEqual(warnings(ofHeard.stdout), []);
  });

  test('a second one on the same folder is told who holds it', async (t) => {
    const env = await settings(t);
    const { child } = await serve(t, env);
    const { code, stderr } = await runProcess(t, ['serve'], env);
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`is in use by process ${child.process.pid} on .+ since 2`));
  });

  test('a port that is taken is named', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await runProcess(t, ['serve'], {
      ...(await settings(t)),
      RETRIGGER_LISTEN_PORT: String(port),
    });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is taken; .+ RETRIGGER_LISTEN_PORT`));
  });

  test('all bad settings are named at once, and no secret', async (t) => {
    const { code, stdout, stderr } = await runProcess(t, ['serve'], {
      RETRIGGER_LISTEN_PROT: '80',
      RETRIGGER_GCS_URL: 'storage',
      RETRIGGER_GANGWAY_TOKEN: 'two words',
    });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /RETRIGGER_LISTEN_PROT is not a setting: did you mean RETRIGGER_LISTEN_PORT\?/);
    assert.match(stderr, /RETRIGGER_GCS_URL is "storage": write an address/);
    assert.match(stderr, /RETRIGGER_GANGWAY_TOKEN is not right: write the token alone/);
    assert.doesNotMatch(stderr, /two words/);
  });

  test('bad rules are pointed at, line by line', async (t) => {
    const rules = await folderForTest(t);
    const path = join(rules, '10-bad.yaml');
    const text = 'rules:\n  - name: a\n    match: {phase: [prae]}\n    retri: {attempts: 1, delay: 30m}\n';
    await writeFile(path, text);
    const { code, stderr } = await runProcess(t, ['serve'], {
      ...(await settings(t)),
      RETRIGGER_RULES_DIR: rules,
    });
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`^  ${path}:3:\\d+: `, 'm'));
    assert.match(stderr, new RegExp(`^  ${path}:4:5: .+retry`, 'm'));
    assert.doesNotMatch(stderr, /\n +at /);
  });
});
