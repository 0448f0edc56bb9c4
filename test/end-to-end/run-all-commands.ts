import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startChild } from '../child/start-child.ts';
import type { Secrets } from './mint-secrets.ts';
import type { World } from './start-world.ts';

/** Each command, with arguments for a run in which it gets far; `serve` finds its folder taken. */
export const commands: Record<string, string[]> = {
  serve: [],
  trigger: ['periodic-in-grpc-message', '--env', 'A=b'],
  status: ['no-such-run', '--json'],
  'chains list': ['--json'],
  'chains show': ['no-such-chain'],
  'silence add': ['job-*', '--for', '1h', '--comment', 'a test'],
  'silence list': ['--json'],
  'silence expire': ['no-such-silence'],
  explain: ['job', '17'],
  'rules check': [],
  'rules test': [],
  'rules schema': [],
  'rules replay': ['--since', '1d', '--job', 'job'],
  verify: ['--json'],
};

/** Every command, and starts that fail, each with all secrets in its environment. */
export async function runCommands(
  t: TestContext,
  world: World,
  env: Record<string, string>,
  secrets: Secrets,
): Promise<string[]> {
  const wrong = {
    RETRIGGER_GANGWAY_TOKEN: `${secrets.own} ${secrets.stray}`,
    RETRIGGER_GANGWAY_URL: `https://user:${secrets.password}@gangway.example`,
    RETRIGGER_GCS_URL: `https://gcs.example/?key=${secrets.password}@x`,
    RETRIGGER_SLACK_WEBHOOK_URL: `https://elsewhere.example/${secrets.ownHook}`,
    RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: secrets.ownErrorsHook,
    RETRIGGER_DATABASE_URL: `postgres://user:${secrets.password}@host/db`,
    RETRIGGER_TOKEN: secrets.stray,
    SLACK_BOT_TOKEN: `${secrets.bot} ${secrets.stray}`,
    SLACK_SIGNING_SECRET: `${secrets.signing} ${secrets.stray}`,
    SLACK_APP_TOKEN: `${secrets.app} ${secrets.stray}`,
    RETRIGGER_SLACK_API_URL: `https://user:${secrets.password}@slack.example/api`,
  };
  const good = {
    ...env,
    RETRIGGER_LISTEN_PORT: new URL(world.service.url).port,
    RETRIGGER_DATA_DIR: join(world.directory, 'data'),
    RETRIGGER_GCS_URL: world.prow.bucketUrl,
    RETRIGGER_SLACK_ORIGINS: world.prow.slackUrl,
    RETRIGGER_GANGWAY_RATE: 'off',
    LOG_LEVEL: 'trace',
  };
  const lines = Object.entries(commands).map(([name, args]) => ({
    args: [...name.split(' '), ...args],
    env: good,
  }));
  const [run] = world.prow.runs;
  const explain = ['explain', run?.jobName ?? '', run?.buildId ?? ''];
  const all = [
    ...lines,
    { args: explain, env: good },
    { args: [...explain, '--json'], env: good },
    { args: ['serve', '--help'], env: good },
    { args: ['serve'], env: { ...good, ...wrong } },
    { args: ['verify', '--json'], env: { ...good, ...wrong } },
    { args: ['serve'], env: { ...good, RETRIGGER_DATA_DIR: '/proc/none' } },
    {
      args: ['silence', 'add', 'job-*', '--for', '1h', '--comment', 'x'],
      env: { ...good, RETRIGGER_API_TOKEN: secrets.stray },
    },
  ];
  const ended = all.map((each) => startChild(t, 'src/main.ts', each.args, each.env).ended);
  return (await Promise.all(ended)).map(({ stdout, stderr }) => stdout + stderr);
}
