import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { startChild } from '../child/start-child.ts';
import { prowForTest } from '../prow/prow-for-test.ts';
import type { Prow } from '../prow/start-prow.ts';
import { folderForTest, runCommand, settingsFor } from './run-command.ts';

async function deploymentFor(t: TestContext, prow: Prow): Promise<Record<string, string>> {
  return {
    ...settingsFor(prow),
    RETRIGGER_DATA_DIR: await folderForTest(t),
    RETRIGGER_SLACK_WEBHOOK_URL: prow.slack.hook(),
    RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: prow.slack.hook('errors'),
  };
}

suite('verify', { concurrency: 2 }, () => {
  test('a good deployment: all is ok, and a message is in each channel', async (t) => {
    const { prow } = await prowForTest(t);
    const { code, stdout, stderr } = await runCommand(t, ['verify'], await deploymentFor(t, prow));
    assert.deepEqual([code, stderr], [0, ''], stdout);
    for (const name of ['settings', 'rules', 'store', 'gangway', 'bucket', 'slack', 'slack errors']) {
      assert.match(stdout, new RegExp(`^ok +${name} +\\S`, 'm'));
    }
    assert.match(stdout, /\nVerified\.\n$/);
    assert.deepEqual(
      prow.slack.delivered.map(({ path }) => path.split('/').at(-1)),
      ['team', 'errors'],
    );
    assert.equal(prow.runs.length, 0);
  });

  test('what is not set is not checked, and is no fault', async (t) => {
    const { prow } = await prowForTest(t);
    const env = { ...settingsFor(prow), RETRIGGER_GANGWAY_TOKEN: '' };
    const { code, stdout } = await runCommand(t, ['verify', '--json'], env);
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string; result: string }[] };
    const unchecked = checks.filter(({ result }) => result === 'not checked').map(({ name }) => name);
    assert.deepEqual([code, ok, unchecked], [0, true, ['store', 'gangway', 'slack', 'slack errors']]);
  });

  test('a running service answers for its store', async (t) => {
    const { prow } = await prowForTest(t);
    const env = { ...(await deploymentFor(t, prow)), RETRIGGER_LISTEN_PORT: '0' };
    const service = startChild(t, 'src/main.ts', ['serve'], env);
    const [, port = ''] = await service.says(/"url":"http:\/\/127\.0\.0\.1:(\d+)".+"serving"/);
    const { code, stdout } = await runCommand(t, ['verify', '--no-slack'], {
      ...env,
      RETRIGGER_LISTEN_PORT: port,
    });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok +store +the service at http:\S+ says that it is ready$/m);
    assert.match(stdout, /^not checked +slack +--no-slack was given$/m);
    assert.equal(prow.slack.messages.length, 0);
    // At an address where it does not answer, its folder is seen to be in use.
    const elsewhere = await runCommand(t, ['verify', '--no-slack'], { ...env, RETRIGGER_LISTEN_PORT: '1' });
    assert.equal(elsewhere.code, 1);
    assert.match(
      elsewhere.stdout,
      new RegExp(`^failed +store .+ in use by process ${service.process.pid} `, 'm'),
    );
  });

  const badRules = 'rules:\n  - name: a\n    match: {}\n    rety: {attempts: 1, delay: 30m}\n';
  const faults: [what: string, env: Record<string, string>, says: RegExp][] = [
    [
      'a bad token',
      { RETRIGGER_GANGWAY_TOKEN: 'bad-token' },
      /^failed +gangway +Gangway does not take this token/m,
    ],
    [
      'a Gangway that is away',
      { RETRIGGER_GANGWAY_URL: 'http://127.0.0.1:1' },
      /^failed +gangway .+ECONNREFUSED/m,
    ],
    [
      'a bucket that is not there',
      { RETRIGGER_GCS_BUCKET: 'nothing' },
      /^failed +bucket +there is no bucket at http/m,
    ],
    ['a Slack address that is gone', {}, /^failed +slack +Slack answered 404 no_service$/m],
    ['bad rules', {}, /^failed +rules .+bad\.yaml:4:5: .+did you mean retry/m],
    ['no rules at all', {}, /^failed +rules .+ holds none/m],
  ];
  for (const [what, changes, says] of faults) {
    test(`${what} fails, alone`, async (t) => {
      const { prow } = await prowForTest(t);
      const env = { ...(await deploymentFor(t, prow)), ...changes };
      if (what.includes('Slack')) prow.slack.fail({ status: 404 });
      if (what.includes('rules')) env['RETRIGGER_RULES_DIR'] = await folderForTest(t);
      if (what === 'bad rules') await writeFile(join(env['RETRIGGER_RULES_DIR'] ?? '', 'bad.yaml'), badRules);
      const { code, stdout } = await runCommand(t, ['verify'], env);
      assert.equal(code, 1);
      assert.match(stdout, says);
      assert.equal(stdout.match(/^failed/gm)?.length, 1, stdout);
      assert.match(stdout, /Not verified: see what failed\./);
      assert.doesNotMatch(stdout, /bad-token|sha256~|\/services\/T/);
    });
  }
});
