import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Config } from '../config/read-config.ts';
import { openDoor } from '../flow/requests/verify-deployment.ts';

/** What a service shows of itself besides its health. */
export interface ServiceSelf {
  version: string;
  /** By name. `value` is left out if the asker may not see it. */
  settings: Record<string, { set: boolean; value?: string | null | undefined }>;
  warnings: { setting: string; says: string }[];
}

/** Chain views and links show these anyway, or they are times and rates that reveal nothing about a deployment. */
const open = new Set([
  'RETRIGGER_GCS_BUCKET',
  'RETRIGGER_PROW_URL',
  'RETRIGGER_GANGWAY_RATE',
  'RETRIGGER_POLL_INTERVAL',
  'RETRIGGER_COMPLETION_TIMEOUT',
]);

/**
 * Which settings the service has, and its warnings about them. A stranger sees which are set and the values that are
 * public anyway, but no warning about a secret. `isTrusted`: the caller may change the service; it sees all but secrets.
 */
export function describeDeployment(config: Config, isTrusted: boolean): ServiceSelf {
  const settings = config.shown.map(({ name, isSet, value }) => {
    const isVisible = isTrusted || open.has(name);
    return [name, isVisible ? { set: isSet, value } : { set: isSet }] as const;
  });
  const warnings = findSettingsWarnings(config).filter(({ isPrivate }) => isTrusted || isPrivate !== true);
  return {
    version: readVersion(),
    settings: Object.fromEntries(settings),
    warnings: warnings.map(({ setting, says }) => ({ setting, says })),
  };
}

/** A setting that may be a mistake; the service works all the same. */
interface SettingsWarning {
  setting: string;
  says: string;
  /** It would help to guess a secret, so only callers who may change the service see it. */
  isPrivate?: true;
}

/** Characters; a passphrase of several words is read as several keys, which are shorter. */
const minKeyLength = 16;

/** Warnings about valid settings that have no effect or open a door. */
export function findSettingsWarnings(config: Config): SettingsWarning[] {
  return [
    ...warnAboutOpenDoor(config),
    ...warnAboutShortSecrets(config),
    ...warnAboutSlackApp(config),
    ...warnAboutAudience(config),
  ];
}

function warnAboutOpenDoor({ webhookSecrets }: Config): SettingsWarning[] {
  return warnIf(webhookSecrets === null, 'RETRIGGER_WEBHOOK_SECRET', openDoor);
}

function warnAboutShortSecrets({ secretKeys, webhookSecrets }: Config): SettingsWarning[] {
  const isShort = (text: string): boolean => text.length < minKeyLength;
  const warnings = [
    ...warnIf(
      secretKeys.some((key) => isShort(key.reveal())),
      'RETRIGGER_SECRET_KEY',
      'a key is short enough to be guessed; commas and blanks stand between keys',
    ),
    ...warnIf(
      webhookSecrets?.some(({ bearer }) => isShort(bearer.reveal())) === true,
      'RETRIGGER_WEBHOOK_SECRET',
      'a secret is short enough to be guessed; commas and blanks stand between secrets',
    ),
  ];
  return warnings.map((each) => ({ ...each, isPrivate: true }));
}

function warnAboutSlackApp({ slackApp, shown }: Config): SettingsWarning[] {
  const isSet = (wanted: string) => shown.some(({ name, isSet: each }) => name === wanted && each);
  if (slackApp === null) {
    return warnIf(
      slackAppSettings.some(isSet),
      'SLACK_BOT_TOKEN',
      'other settings of the Slack app are there, and it does nothing without its token',
    );
  }
  const { channel, inbound, operators } = slackApp;
  return [
    ...warnIf(
      channel === null,
      'RETRIGGER_SLACK_CHANNEL',
      'without a channel the Slack app posts only where a rule names one; incoming webhooks hear all',
    ),
    ...warnIf(
      inbound.kind === 'none',
      'SLACK_SIGNING_SECRET',
      'without it, or SLACK_APP_TOKEN, nobody can press a button or ask in Slack',
    ),
    ...warnIf(
      inbound.kind === 'socket' && isSet('SLACK_SIGNING_SECRET'),
      'SLACK_APP_TOKEN',
      'socket mode is used, so /slack/events is closed and SLACK_SIGNING_SECRET is of no use',
    ),
    ...warnIf(
      inbound.kind !== 'none' && operators === null,
      'RETRIGGER_SLACK_OPERATORS',
      'while it is unset, whoever sees a message in Slack may press its buttons',
    ),
  ];
}

/** They do nothing without the bot token. */
const slackAppSettings = [
  'RETRIGGER_SLACK_CHANNEL',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'RETRIGGER_SLACK_OPERATORS',
];

function warnAboutAudience({ slackWebhookUrl, slackApp }: Config): SettingsWarning[] {
  return warnIf(
    slackWebhookUrl === null && slackApp?.channel == null,
    'RETRIGGER_SLACK_WEBHOOK_URL',
    'people hear only of failures whose notification brings a Slack address',
  );
}

function warnIf(isTrue: boolean, setting: string, says: string): SettingsWarning[] {
  return isTrue ? [{ setting, says }] : [];
}

const Package = z.object({ version: z.string() });

/** The version that package.json gives; the file lies beside `src`, in the repository and in the image. */
export function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return Package.parse(JSON.parse(text)).version;
}
