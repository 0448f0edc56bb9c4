import type { Outside } from '../app.ts';
import type { Config } from '../config.ts';
import type { Message } from '../report/message.ts';
import { Secret } from '../secret.ts';
import { type Check, fail, pass, skip } from './check.ts';
import { checkRulesAndStore } from './check-rules-and-store.ts';
import { answer, type ExitCode, type Terminal } from './terminal.ts';

export interface VerifyOptions {
  json: boolean;
  /** Whether a message is posted to the configured Slack addresses. */
  slack: boolean;
  /** The deployment that is to be proved; without it, the service of the settings, where one runs. */
  server?: string;
}

interface Bench {
  config: Config;
  outside: Outside;
  /** Milliseconds since the epoch. */
  now: number;
}

/** A job that exists to verify deployments; its folder is in the bucket, or may be. */
const pocJob = 'periodic-ci-rhpit-interop-tests-main-retrigger-poc-failure-test';

/** Proves a deployment, part by part; the exit code is 1 where one of them fails. */
export async function verify(
  { config, outside, now }: Bench,
  terminal: Terminal,
  { json, slack, server }: VerifyOptions,
): Promise<ExitCode> {
  const checks = [
    pass('settings', 'all of them are known and right'),
    ...(await checkRulesAndStore({ config, http: outside.http, now, server: server ?? null })),
    await checkGangway(config, outside),
    await checkBucket(config, outside),
    ...(await checkSlack(config, outside, slack)),
  ];
  return tell(terminal, json, checks);
}

/** What `verify --json` answers where the settings keep it from looking at anything. */
export function tellBadSettings(terminal: Terminal, problems: readonly string[]): ExitCode {
  tell(terminal, true, [fail('settings', problems.join('; '))]);
  return 2;
}

function tell(terminal: Terminal, json: boolean, checks: readonly Check[]): ExitCode {
  const isGood = checks.every(({ result }) => result !== 'failed');
  const lines = checks.map(({ name, result, says }) => `${result.padEnd(11)}  ${name.padEnd(12)}  ${says}`);
  const last = isGood ? sayVerified(checks) : 'Not verified: see what failed.';
  answer(terminal, json, { ok: isGood, checks }, [...lines, '', last]);
  return isGood ? 0 : 1;
}

function sayVerified(checks: readonly Check[]): string {
  const unchecked = checks.filter(({ result }) => result === 'not checked').map(({ name }) => name);
  if (unchecked.length === 0) return 'Verified.';
  return `Verified, but for what was not checked: ${unchecked.join(', ')}.`;
}

/**
 * Asks after a run that does not exist: only a token that Gangway takes is told so. Where we have none, one that is
 * made up is refused by whoever serves there, and that is an answer, too.
 */
async function checkGangway({ gangwayToken, gangwayUrl }: Config, { gangway }: Outside): Promise<Check> {
  const answered = await gangway.get('retrigger-verify', gangwayToken ?? new Secret('retrigger-verify'));
  if (answered.kind === 'unavailable') return fail('gangway', answered.says);
  if (gangwayToken === null) {
    return skip(
      'gangway',
      `${gangwayUrl} answers; no token is checked, as RETRIGGER_GANGWAY_TOKEN is not set: callers bring their own`,
    );
  }
  if (answered.kind === 'refused') return fail('gangway', answered.says);
  return pass('gangway', `${gangwayUrl} takes the token`);
}

async function checkBucket({ gcsUrl, gcsBucket }: Config, { source }: Outside): Promise<Check> {
  const listed = await source.listFolders(`logs/${pocJob}`, '');
  const where = `${gcsUrl}/${gcsBucket}`;
  if (listed.kind === 'found') return pass('bucket', `${where} can be listed`);
  return fail(
    'bucket',
    listed.kind === 'absent' ? `there is no bucket at ${where}` : `${where}: ${listed.why}`,
  );
}

async function checkSlack(config: Config, { reporter }: Outside, wanted: boolean): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { name, setting, greeting, pick } of channels) {
    const address = pick(config);
    if (address === null) checks.push(skip(name, `${setting} is not set: notifications bring their own`));
    else if (!wanted) checks.push(skip(name, '--no-slack was given'));
    else {
      const delivery = await reporter.deliver(greeting, address);
      checks.push(
        delivery.kind === 'delivered' ? pass(name, 'a message was posted') : fail(name, delivery.why),
      );
    }
  }
  return checks;
}

interface Channel {
  name: string;
  setting: string;
  greeting: Message;
  pick: (config: Config) => Secret | null;
}

const channels: readonly Channel[] = [
  {
    name: 'slack',
    setting: 'RETRIGGER_SLACK_WEBHOOK_URL',
    greeting: {
      audience: 'people',
      title: 'retrigger can post here',
      lines: ['Somebody ran retrigger verify. What becomes of failed runs is told in this channel.'],
      links: [],
    },
    pick: ({ slackWebhookUrl }) => slackWebhookUrl,
  },
  {
    name: 'slack errors',
    setting: 'RETRIGGER_SLACK_ERRORS_WEBHOOK_URL',
    greeting: {
      audience: 'errors',
      title: 'retrigger can post errors here',
      lines: [
        'Somebody ran retrigger verify. Nothing is wrong; what needs a person is told in this channel.',
      ],
      links: [],
    },
    pick: ({ slackErrorsWebhookUrl }) => slackErrorsWebhookUrl,
  },
];
