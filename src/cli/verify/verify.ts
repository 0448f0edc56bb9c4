import type { Clients } from '../../app/clients.ts';
import { readVersion } from '../../app/deployment.ts';
import { type Config, serviceUrl } from '../../config/read-config.ts';
import { checkBuckets, checkGangway } from '../../flow/requests/verify-deployment.ts';
import {
  type Check,
  fail,
  composeVerification,
  composeVerificationCard,
  hasFailed,
} from '../../report/verification.ts';
import { tabulate, answer, type ExitCode, type Terminal } from '../terminal.ts';
import { checkRulesAndStore } from './check-deployment.ts';
import { checkServiceSettings, checkShellSettings, checkSlackApp, checkWebhooks } from './check-settings.ts';

export interface VerifyOptions {
  json: boolean;
  /** Whether a message is posted to the configured Slack addresses and channel. */
  slack: boolean;
  /** The deployment that is to be proved; without it, the service of the settings, where one runs. */
  server?: string;
}

interface VerifyDeps {
  config: Config;
  clients: Clients;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Proves a deployment, part by part, and tells the result in Slack, which proves that too; the exit code is 1 where a
 * part fails.
 */
export async function verify(
  { config, clients, now }: VerifyDeps,
  terminal: Terminal,
  { json, slack, server }: VerifyOptions,
): Promise<ExitCode> {
  const { gangwayToken, gangwayUrl, gcsUrl } = config;
  const token =
    gangwayToken === null ? null : { caller: { token: gangwayToken, isKnown: true }, says: 'the token' };
  const service = await checkRulesAndStore({ config, http: clients.http, now, server: server ?? null });
  const url = server ?? serviceUrl(config);
  const older = service.hasAnswered ? `the service at ${url} does not report its settings` : null;
  const checks = [
    ...(service.self === null
      ? checkShellSettings(config, older)
      : checkServiceSettings(config, url, service.self)),
    ...service.checks,
    fromHere(await checkGangway(clients.gangway, gangwayUrl, token), service.hasAnswered),
    ...(await checkBuckets(clients.source, gcsUrl)).map((check) => fromHere(check, service.hasAnswered)),
  ];
  const publicAddress = service.hasAnswered ? pickPublicAddress(config, url) : null;
  const verified = { version: readVersion(), publicAddress, at: now, by: 'command' } as const;
  const message = composeVerification(checks, verified);
  const card = composeVerificationCard(checks, verified);
  return printChecks(terminal, json, [
    ...checks,
    ...(await checkWebhooks(config, clients, message, slack)),
    ...(await checkSlackApp(config.slackApp?.channel ?? null, clients.publisher, card, slack)),
  ]);
}

/** The service of these settings is known by its public address; any other by the one that was asked. */
function pickPublicAddress(config: Config, asked: string): string {
  return asked === serviceUrl(config) ? (config.publicUrl ?? asked) : asked;
}

/** If a service answers, people could mistake a check from this shell for one of the service. */
function fromHere(check: Check, hasAnswered: boolean): Check {
  return hasAnswered
    ? { ...check, says: `${check.says} (checked from this shell, with its settings)` }
    : check;
}

/** What `verify --json` answers where the settings keep it from looking at anything. */
export function printBadSettings(terminal: Terminal, problems: readonly string[]): ExitCode {
  printChecks(terminal, true, [fail('settings', problems.join('; '))]);
  return 2;
}

function printChecks(terminal: Terminal, json: boolean, checks: readonly Check[]): ExitCode {
  const isGood = !hasFailed(checks);
  const lines = tabulate(checks.map(({ name, result, says }) => [result, name, says]));
  const last = isGood ? describeVerified(checks) : 'Not verified: see what failed.';
  answer(terminal, json, { ok: isGood, checks }, [...lines, '', last]);
  return isGood ? 0 : 1;
}

function describeVerified(checks: readonly Check[]): string {
  const unchecked = checks.filter(({ result }) => result === 'not checked').map(({ name }) => name);
  if (unchecked.length === 0) return 'Verified.';
  return `Verified, but for what was not checked: ${unchecked.join(', ')}.`;
}
