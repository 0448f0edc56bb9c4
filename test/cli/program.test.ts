import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import packageFile from '../../package.json' with { type: 'json' };
import { createProgram } from '../../src/cli/program.ts';
import { startChild } from '../child/start-child.ts';
import { runCommand, runProcess } from './run-command.ts';

suite('the command line', { concurrency: 2 }, () => {
  const helps: [args: string[], holds: RegExp][] = [
    [
      [],
      /serve[\s\S]+trigger[\s\S]+status[\s\S]+chains[\s\S]+silence[\s\S]+explain[\s\S]+rules[\s\S]+verify/,
    ],
    [['serve'], /RETRIGGER_LISTEN_PORT .+\[5000\]/],
    [['trigger'], /--env <K=V>[\s\S]+Example:/],
    [['status'], /RETRIGGER_GANGWAY_TOKEN/],
    [
      ['chains'],
      /--job[\s\S]+--state[\s\S]+--limit[\s\S]+--after[\s\S]+--server[\s\S]+--json[\s\S]+list[\s\S]+show/,
    ],
    [['chains', 'list'], /--state[\s\S]+--after[\s\S]+Example:/],
    [['chains', 'show'], /--server <url>/],
    [['silence'], /add[\s\S]+list[\s\S]+expire/],
    [['silence', 'add'], /--for <duration>[\s\S]+--until[\s\S]+--comment[\s\S]+Examples:/],
    [['silence', 'list'], /--server <url>[\s\S]+Example:/],
    [['silence', 'expire'], /RETRIGGER_API_TOKEN[\s\S]+Example:/],
    [['explain'], /prow\.ci\.openshift\.org\/view\/gs/],
    [['rules'], /check[\s\S]+test[\s\S]+schema/],
    [['rules', 'check'], /RETRIGGER_RULES_DIR[\s\S]+Example:/],
    [['rules', 'test'], /\*\.test\.yaml[\s\S]+Example:/],
    [['rules', 'schema'], /yaml-language-server/],
    [['rules', 'replay'], /--since <duration>[\s\S]+--against[\s\S]+--job[\s\S]+Examples:/],
    [['verify'], /--server <url>[\s\S]+--no-slack/],
  ];
  for (const [args, holds] of helps) {
    test(`${[...args, '--help'].join(' ')} tells how it is used`, async () => {
      const said: string[] = [];
      const noted: string[] = [];
      const terminal = {
        out: (line: string) => void said.push(line),
        err: (line: string) => void noted.push(line),
      };
      const program = createProgram({ terminal, finish: () => assert.fail('a command ran'), env: {} });
      await assert.rejects(program.parseAsync([...args, '--help'], { from: 'user' }), { exitCode: 0 });
      const help = said.join('\n');
      assert.deepEqual(noted, []);
      assert.match(help, /^Usage: retrigger/);
      assert.doesNotMatch(help, /\(default: /);
      assert.match(help, holds);
    });
  }

  test('--help ends a process with 0', async (t) => {
    const { code, stdout, stderr } = await runProcess(t, ['rules', 'check', '--help']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^Usage: retrigger rules check/);
  });

  test('--version gives the one of package.json', async () => {
    const { code, stdout, stderr } = await runCommand(['--version']);
    assert.deepEqual([code, stdout, stderr], [0, `${packageFile.version}\n`, '']);
  });

  test('a reader who has seen enough is no fault', async (t) => {
    const child = startChild(t, 'src/main.ts', ['serve', '--help'], {});
    child.process.stdout?.destroy();
    const { code, stderr } = await child.ended;
    assert.deepEqual([code, stderr], [0, '']);
  });

  const token = { RETRIGGER_GANGWAY_TOKEN: 'sha256~secret' };
  const misuses: [args: string[], env: Record<string, string>, says: RegExp][] = [
    [[], {}, /Usage: retrigger/],
    [['statsu'], {}, /unknown command 'statsu'[\s\S]+Did you mean status\?/],
    [['verify', '--slakc'], {}, /unknown option '--slakc'/],
    [['trigger'], token, /missing required argument 'job'/],
    [['trigger', 'job', '--env', 'A'], token, /'A' is invalid. Write it as NAME=VALUE/],
    [['trigger', 'job'], {}, /set RETRIGGER_GANGWAY_TOKEN=/],
    [['status', 'id'], {}, /set RETRIGGER_GANGWAY_TOKEN=/],
    [['chains', '--server', 'host:5000'], {}, /Write an address such as http:/],
    [['explain', 'job'], {}, /Name a job and a build id, or the address of a run/],
    [['explain', 'job', 'latest'], {}, /job latest is no job name and build id/],
    [['explain', 'https://prow/job-history/gs/b/logs/job'], {}, /a page of many runs/],
    [['status', 'id'], { RETRIGGER_GANGWY_TOKEN: 'x' }, /did you mean RETRIGGER_GANGWAY_TOKEN\?/],
    [['verify'], { RETRIGGER_POLL_INTERVAL: 'soon' }, /RETRIGGER_POLL_INTERVAL is "soon": write a duration/],
  ];
  for (const [args, env, says] of misuses) {
    test(`${['retrigger', ...args].join(' ')} with ${Object.keys(env).join() || 'no settings'} ends with 2`, async () => {
      const { code, stdout, stderr } = await runCommand(args, env);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /sha256~|\n +at /);
    });
  }
});
