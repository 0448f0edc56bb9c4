import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { startChild } from '../../child/start-child.ts';
import { prowForTest } from '../../prow/prow-for-test.ts';
import type { Prow } from '../../prow/start-prow.ts';
import { folderForTest, runCommand, settingsFor } from '../run-command.ts';

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
    const { code, stdout, stderr } = await runCommand(['verify'], await deploymentFor(t, prow));
    assert.deepEqual([code, stderr], [0, ''], stdout);
    for (const name of ['settings', 'rules', 'store', 'gangway', 'bucket', 'slack', 'slack errors']) {
      assert.match(stdout, new RegExp(`^ok +${name} +\\S`, 'm'));
    }
    assert.match(
      stdout,
      /^warning +notifications +anyone who can reach this service can send notifications/m,
    );
    assert.match(stdout, /\nVerified\.\n$/);
    const [table = ''] = stdout.split('\n\n');
    const starts = table.split('\n').map((line) => /^\S.*? {2,}\S.*? {2,}/.exec(line)?.[0].length);
    assert.equal(new Set(starts).size, 1, table);
    assert.deepEqual(
      prow.slack.delivered.map(({ path }) => path.split('/').at(-1)),
      ['team', 'errors'],
    );
    const texts = prow.slack.delivered.map(({ payload }) => (payload as { text: string }).text);
    const lines = [
      /^\*retrigger is verified\*\n/,
      /^Slack: ok, /m,
      /^Rules: ok, \d+ in /m,
      /^Store: ok, /m,
      /^Gangway: ok, http:\S+ takes the token$/m,
      /^Bucket: ok, /m,
      /^Notifications: warning, anyone .+ set RETRIGGER_WEBHOOK_SECRET/m,
      /^Version: \d+\.\d+\.\d+, of the command that checked\.$/m,
      /^Public address: not checked, no service answered$/m,
      /^Somebody ran retrigger verify at \d{4}-\d\d-\d\d \d\d:\d\d UTC\.$/m,
    ];
    for (const line of lines) assert.match(texts[0] ?? '', line);
    assert.equal(texts[1], texts[0]);
    assert.equal(prow.runs.length, 0);
  });

  test('where there is a Slack app, a card in its channel proves it', async (t) => {
    const { prow } = await prowForTest(t);
    const { api } = prow.slack;
    api.addChannel('ci');
    const env = {
      ...(await deploymentFor(t, prow)),
      SLACK_BOT_TOKEN: api.botToken,
      RETRIGGER_SLACK_CHANNEL: '#ci',
      RETRIGGER_SLACK_API_URL: `${prow.slackUrl}/api`,
    };
    const { code, stdout } = await runCommand(['verify'], env);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok +slack app +the bot \S+ .+; a message was posted in #ci$/m);
    const cards = api.cards.map((card) => api.read(card));
    assert.equal(cards.length, 1);
    assert.match(cards[0] ?? '', /^\*retrigger is verified\*\nSlack: ok, [\s\S]+^Version: \d/m);
    api.tokens.revoke(api.botToken);
    const refused = await runCommand(['verify'], env);
    assert.equal(refused.code, 1);
    assert.match(refused.stdout, /^failed +slack app +\S/m);
    assert.doesNotMatch(refused.stdout, /xoxb-/);
    assert.equal(api.cards.length, 1);
  });

  test('what is not set is not checked, and is no fault', async (t) => {
    const { prow } = await prowForTest(t);
    const env = { ...settingsFor(prow), RETRIGGER_GANGWAY_TOKEN: '' };
    const { code, stdout } = await runCommand(['verify', '--json'], env);
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string; result: string }[] };
    const unchecked = checks.filter(({ result }) => result === 'not checked').map(({ name }) => name);
    assert.deepEqual([code, ok, unchecked], [0, true, ['store', 'gangway', 'slack', 'slack errors']]);
    const told = await runCommand(['verify'], env);
    assert.match(told.stdout, /^not checked +gangway +http:\S+ answers; no token is checked/m);
    assert.match(
      told.stdout,
      /\nVerified, but for what was not checked: store, gangway, slack, slack errors\.\n$/,
    );
    assert.equal(prow.runs.length, 0);
  });

  test('settings that are wrong are told as JSON, too', async () => {
    const env = { RETRIGGER_POLL_INTERVAL: 'soon', RETRIGGER_LISTEN_PORT: 'x' };
    const { code, stdout, stderr } = await runCommand(['verify', '--json'], env);
    const says = /^RETRIGGER_LISTEN_PORT is "x": .+; RETRIGGER_POLL_INTERVAL is "soon": write a duration/;
    const { ok, checks } = JSON.parse(stdout) as {
      ok: boolean;
      checks: { name: string; result: string; says: string }[];
    };
    assert.deepEqual([code, stderr, ok, checks.length], [2, '', false, 1]);
    assert.deepEqual([checks[0]?.name, checks[0]?.result], ['settings', 'failed']);
    assert.match(checks[0]?.says ?? '', says);
  });

  test('looks at a store without mending it', async (t) => {
    const { prow } = await prowForTest(t);
    const env = await deploymentFor(t, prow);
    const folder = env['RETRIGGER_DATA_DIR'] ?? '';
    await mkdir(join(folder, 'jobs'));
    for (const name of ['jobs/a-0.json', 'journal.jsonl', 'silences.json']) {
      await writeFile(join(folder, name), 'damaged');
    }
    const { code, stdout } = await runCommand(['verify', '--no-slack'], env);
    assert.equal(code, 0, stdout);
    assert.match(stdout, new RegExp(`^ok +store +${folder} takes writes; no service answers at http:`, 'm'));
    assert.equal(await readFile(join(folder, 'journal.jsonl'), 'utf8'), 'damaged');
    assert.deepEqual(await readdir(join(folder, 'jobs')), ['a-0.json']);
  });

  test('a running service answers for its store', async (t) => {
    const { prow } = await prowForTest(t);
    const env = { ...(await deploymentFor(t, prow)), RETRIGGER_LISTEN_PORT: '0' };
    const service = startChild(t, 'src/main.ts', ['serve'], env);
    const [, port = ''] = await service.says(/"url":"http:\/\/127\.0\.0\.1:(\d+)".+"serving"/);
    const { code, stdout } = await runCommand(['verify', '--no-slack'], {
      ...env,
      RETRIGGER_LISTEN_PORT: port,
    });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok +store +the service at http:\S+ says that its data directory takes writes$/m);
    assert.match(stdout, /^ok +rules +\d+ in the service at http:\S+$/m);
    assert.match(stdout, /^ok +gangway .+ \(checked from this shell, with its settings\)$/m);
    assert.match(stdout, /^ok +bucket .+ \(checked from this shell, with its settings\)$/m);
    assert.match(stdout, /^not checked +slack +--no-slack was given$/m);
    assert.equal(prow.slack.messages.length, 0);
    // At an address where it does not answer, its folder is seen to be in use.
    const elsewhere = await runCommand(['verify', '--no-slack'], { ...env, RETRIGGER_LISTEN_PORT: '1' });
    assert.equal(elsewhere.code, 1);
    assert.match(
      elsewhere.stdout,
      new RegExp(`^failed +store .+ in use by process ${service.process.pid} `, 'm'),
    );
  });

  test('the settings are those of the service that answered, and the differences in the shell are named', async (t) => {
    const { prow } = await prowForTest(t);
    const served = {
      ...settingsFor(prow),
      RETRIGGER_DATA_DIR: await folderForTest(t),
      RETRIGGER_LISTEN_PORT: '0',
      RETRIGGER_API_TOKEN: 'the-api-token',
      RETRIGGER_WEBHOOK_SECRET: 'short',
      RETRIGGER_SLACK_CHANNEL: '#secret-channel',
    };
    const service = startChild(t, 'src/main.ts', ['serve'], served);
    const [, url = ''] = await service.says(/"url":"([^"]+)".+"serving"/);
    const here = { ...settingsFor(prow), RETRIGGER_GCS_BUCKET: 'other', RETRIGGER_SECRET_KEY: 'x' };
    const args = ['verify', '--no-slack', '--server', url];
    const asStranger = await runCommand(args, here);
    const line = (said: string): string => /^ok +settings +(.*)$/m.exec(said)?.[1] ?? said;
    const told = line(asStranger.stdout);
    assert.ok(told.startsWith(`of the service at ${url} (version `), told);
    assert.match(told, /set there: .*RETRIGGER_API_TOKEN.*, RETRIGGER_SLACK_CHANNEL/);
    assert.match(told, /warning: SLACK_BOT_TOKEN: /);
    assert.match(
      told,
      /this shell differs: RETRIGGER_GCS_BUCKET is test-platform-results\S* there and other here/,
    );
    assert.match(told, /with its RETRIGGER_API_TOKEN, verify would show all/);
    assert.match(asStranger.stdout, /^ok +notifications +callers must send the webhook secret$/m);
    // Neither the shell's own doubt, nor what a stranger could use.
    assert.doesNotMatch(told, /RETRIGGER_SECRET_KEY|short enough|secret-channel/);
    const stranger = await (await fetch(`${url}/readyz`)).text();
    assert.ok(!/secret-channel|short enough|retrigger-command|the-api-token/.test(stranger), stranger);
    const trusted = await runCommand(args, { ...here, RETRIGGER_API_TOKEN: 'the-api-token' });
    assert.match(line(trusted.stdout), /warning: RETRIGGER_WEBHOOK_SECRET: a secret is short enough/);
    assert.doesNotMatch(trusted.stdout, /the-api-token|would show all/);
    const alone = await runCommand(['verify', '--no-slack'], { ...here, RETRIGGER_LISTEN_PORT: '1' });
    assert.match(
      line(alone.stdout),
      /^of this shell, because no service answered: valid; warning: RETRIGGER_SECRET_KEY: /,
    );
  });

  test('a deployment is asked by its address, whatever the folders here hold', async (t) => {
    const { prow } = await prowForTest(t);
    const served = { ...(await deploymentFor(t, prow)), RETRIGGER_LISTEN_PORT: '0' };
    const service = startChild(t, 'src/main.ts', ['serve'], served);
    const [, url = ''] = await service.says(/"url":"([^"]+)".+"serving"/);
    const here = { ...settingsFor(prow), RETRIGGER_RULES_DIR: await folderForTest(t) };
    const told = { RETRIGGER_SLACK_WEBHOOK_URL: prow.slack.hook() };
    const asked = await runCommand(['verify', '--server', url], { ...here, ...told });
    assert.equal(asked.code, 0, asked.stdout);
    const [message] = prow.slack.delivered.map(({ payload }) => (payload as { text: string }).text);
    assert.match(message ?? '', new RegExp(`^Public address: ${url}$`, 'm'));
    assert.match(asked.stdout, new RegExp(`^ok +rules +\\d+ in the service at ${url}$`, 'm'));
    const own = {
      RETRIGGER_LISTEN_PORT: new URL(url).port,
      RETRIGGER_PUBLIC_URL: 'https://retrigger.example',
    };
    const foreign = { ...here, ...told, RETRIGGER_PUBLIC_URL: 'https://other.example' };
    const elsewhere = await runCommand(['verify', '--server', url], foreign);
    assert.equal(elsewhere.code, 0, elsewhere.stdout);
    assert.equal((await runCommand(['verify'], { ...here, ...told, ...own })).code, 0);
    const addresses = prow.slack.delivered.map(
      ({ payload }) => /^Public address: (.+)$/m.exec((payload as { text: string }).text)?.[1],
    );
    assert.deepEqual(addresses, [url, url, 'https://retrigger.example']);

    const wrongs: [server: string, says: RegExp][] = [
      ['http://127.0.0.1:1', /^failed +store +no service answers at http:\S+ \(ECONNREFUSED\)$/m],
      [prow.bucketUrl, /^failed +store +what answers at http:\S+ is no retrigger service$/m],
    ];
    for (const [server, says] of wrongs) {
      const { code, stdout } = await runCommand(['verify', '--no-slack', '--server', server], served);
      assert.equal(code, 1);
      assert.match(stdout, says);
    }
  });

  test('a service that is not ready, or refused a change of its rules, says so', async (t) => {
    const { prow } = await prowForTest(t);
    const bad = {
      store: { ok: false, fault: 'ENOSPC' },
      rules: { ok: false, count: 2, loaded_at: 'x', problems: ['a.yaml:1:1: no'] },
    };
    const server = createServer((_, response) => void response.writeHead(503).end(JSON.stringify(bad)));
    t.after(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stdout } = await runCommand(['verify', '--server', url], settingsFor(prow));
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^failed +rules +2 in the service at http:\S+; it refused a change: a\.yaml:1:1: no$/m,
    );
    assert.match(stdout, /^failed +store +the service at http:\S+: ENOSPC$/m);
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
    [
      'one of several buckets',
      { RETRIGGER_GCS_BUCKET: 'test-platform-results-public,nothing' },
      /^ok +bucket +http\S+\/test-platform-results-public can be listed\nfailed +bucket +there is no bucket at http\S+\/nothing$/m,
    ],
    [
      'a bucket that is not public',
      {},
      /^failed +bucket +access denied: bucket test-platform-results-public is not public; make it public, or take it out of RETRIGGER_GCS_BUCKET$/m,
    ],
    [
      'a Gangway that is away, without a token of ours',
      { RETRIGGER_GANGWAY_URL: 'http://127.0.0.1:1', RETRIGGER_GANGWAY_TOKEN: '' },
      /^failed +gangway .+ECONNREFUSED/m,
    ],
    ['a Slack address that is gone', {}, /^failed +slack +Slack answered 404 no_service$/m],
    ['bad rules', {}, /^failed +rules .+bad\.yaml:4:5: .+did you mean retry/m],
    ['no rules at all', {}, /^failed +rules .+ holds none/m],
  ];
  for (const [what, changes, says] of faults) {
    test(`${what} fails, alone`, async (t) => {
      const { prow } = await prowForTest(t);
      const env = { ...(await deploymentFor(t, prow)), ...changes };
      prow.bucket.isPrivate = what.includes('not public');
      if (what.includes('Slack')) prow.slack.fail({ status: 404 });
      if (what.includes('rules')) env['RETRIGGER_RULES_DIR'] = await folderForTest(t);
      if (what === 'bad rules') await writeFile(join(env['RETRIGGER_RULES_DIR'] ?? '', 'bad.yaml'), badRules);
      const { code, stdout } = await runCommand(['verify'], env);
      assert.equal(code, 1);
      assert.match(stdout, says);
      assert.equal(stdout.match(/^failed/gm)?.length, 1, stdout);
      assert.match(stdout, /Not verified: see what failed\./);
      const name = /^failed +(\w+)/m.exec(stdout)?.[1];
      const texts = prow.slack.delivered.map(({ payload }) => (payload as { text: string }).text);
      if (name !== 'slack')
        assert.match(texts[0] ?? '', new RegExp(`^\\*retrigger is not verified: see ${name}\\*$`, 'm'));
      assert.doesNotMatch(texts.join('\n'), /bad-token|sha256~|\/services\/T/);
      assert.doesNotMatch(stdout, /bad-token|sha256~|\/services\/T/);
    });
  }
});
