import { readdir } from 'node:fs/promises';
import { openEmbeddedStore } from '../adapters/lowdb/open-embedded-store.ts';
import { BadRules, loadRules, type Outside } from '../app.ts';
import type { Config } from '../config.ts';
import type { Clock } from '../flow/clock.ts';
import type { Logger } from '../logging.ts';
import type { Message } from '../report/message.ts';
import { askServer, NoService, serviceUrl } from './ask-server.ts';
import { answer, type ExitCode, type Terminal } from './terminal.ts';

type Result = 'ok' | 'failed' | 'not checked';

export interface Check {
  name: string;
  result: Result;
  says: string;
}

export interface VerifyOptions {
  json: boolean;
  /** Whether a message is posted to the configured Slack addresses. */
  slack: boolean;
}

interface Bench {
  config: Config;
  outside: Outside;
  clock: Clock;
  log: Logger;
}

/** A job that exists to verify deployments; its folder is in the bucket, or may be. */
const pocJob = 'periodic-ci-rhpit-interop-tests-main-retrigger-poc-failure-test';

/** Proves a deployment, part by part; the exit code is 1 where one of them fails. */
export async function verify(
  bench: Bench,
  terminal: Terminal,
  { json, slack }: VerifyOptions,
): Promise<ExitCode> {
  const checks = [
    pass('settings', 'all of them are known and right'),
    await checkRules(bench),
    await checkStore(bench),
    await checkGangway(bench),
    await checkBucket(bench),
    ...(await checkSlack(bench, slack)),
  ];
  const isGood = checks.every(({ result }) => result !== 'failed');
  const lines = checks.map(({ name, result, says }) => `${result.padEnd(11)}  ${name.padEnd(12)}  ${says}`);
  answer(terminal, json, { ok: isGood, checks }, [
    ...lines,
    '',
    isGood ? 'Verified.' : 'Not verified: see what failed.',
  ]);
  return isGood ? 0 : 1;
}

async function checkRules({ config }: Bench): Promise<Check> {
  try {
    const rules = await loadRules(config.rulesDir);
    if (rules.length === 0)
      return fail('rules', `${config.rulesDir} holds none, so nothing is ever tried again`);
    return pass('rules', `${rules.length} in ${config.rulesDir}`);
  } catch (error) {
    return fail('rules', error instanceof BadRules ? error.problems.join('; ') : String(error));
  }
}

/** A running service holds the directory, and answers for it. */
async function checkStore({ config, outside, clock, log }: Bench): Promise<Check> {
  const server = serviceUrl(config);
  try {
    const answered = await askServer(outside.http, server, '/readyz');
    if (isReadiness(answered)) return pass('store', `the service at ${server} says that it is ready`);
  } catch (error) {
    if (!(error instanceof NoService))
      return fail('store', error instanceof Error ? error.message : String(error));
  }
  try {
    await readdir(config.dataDir);
  } catch {
    return skip('store', `${config.dataDir} is made at the first start; no service answers at ${server}`);
  }
  try {
    const store = await openEmbeddedStore({ directory: config.dataDir, clock, log });
    await store.check();
    await store.close();
    return pass('store', `${config.dataDir} can be written; no service answers at ${server}`);
  } catch (error) {
    return fail('store', error instanceof Error ? error.message : String(error));
  }
}

/** Something else may listen at the address. */
function isReadiness(answered: unknown): boolean {
  return typeof answered === 'object' && answered !== null && 'store' in answered;
}

/** Asks after a run that does not exist: only a token that Gangway takes is told so. */
async function checkGangway({ config, outside }: Bench): Promise<Check> {
  const token = config.gangwayToken;
  if (token === null) return skip('gangway', 'RETRIGGER_GANGWAY_TOKEN is not set: callers bring their own');
  const answered = await outside.gangway.get('retrigger-verify', token);
  if (answered.kind === 'gone' || answered.kind === 'found') {
    return pass('gangway', `${config.gangwayUrl} takes the token`);
  }
  return fail('gangway', answered.says);
}

async function checkBucket({ config, outside }: Bench): Promise<Check> {
  const listed = await outside.source.listFolders(`logs/${pocJob}`, '');
  const where = `${config.gcsUrl}/${config.gcsBucket}`;
  if (listed.kind === 'found') return pass('bucket', `${where} can be listed`);
  return fail(
    'bucket',
    listed.kind === 'absent' ? `there is no bucket at ${where}` : `${where}: ${listed.why}`,
  );
}

async function checkSlack({ config, outside }: Bench, wanted: boolean): Promise<Check[]> {
  const addresses = [
    { name: 'slack', address: config.slackWebhookUrl, setting: 'RETRIGGER_SLACK_WEBHOOK_URL' },
    {
      name: 'slack errors',
      address: config.slackErrorsWebhookUrl,
      setting: 'RETRIGGER_SLACK_ERRORS_WEBHOOK_URL',
    },
  ];
  const checks: Check[] = [];
  for (const { name, address, setting } of addresses) {
    if (address === null) checks.push(skip(name, `${setting} is not set: notifications bring their own`));
    else if (!wanted) checks.push(skip(name, '--no-slack was given'));
    else {
      const delivery = await outside.reporter.deliver(greeting, address);
      checks.push(
        delivery.kind === 'delivered' ? pass(name, 'a message was posted') : fail(name, delivery.why),
      );
    }
  }
  return checks;
}

const greeting: Message = {
  audience: 'people',
  title: 'retrigger can post here',
  lines: ['Somebody ran retrigger verify. What becomes of failed runs is told in this channel.'],
  links: [],
};

function pass(name: string, says: string): Check {
  return { name, result: 'ok', says };
}

function fail(name: string, says: string): Check {
  return { name, result: 'failed', says };
}

function skip(name: string, says: string): Check {
  return { name, result: 'not checked', says };
}
