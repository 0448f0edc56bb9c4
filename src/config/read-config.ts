import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import { readSlackAddress } from '../intake/slack-address.ts';
import type { Secret } from '../secret.ts';
import { Environment, type Setting, settings } from './settings.ts';

export type Env = Record<string, string | undefined>;

/** What the environment says, typed. Durations are milliseconds, folders as they were written. */
export type Config = ReturnType<typeof toConfig> & { shown: readonly ShownSetting[] };

/** A setting as people may see it. */
interface ShownSetting {
  name: string;
  /** The environment has it. */
  isSet: boolean;
  /** As it is written there, or its default; `null`: it is unset or a secret. */
  value: string | null;
}

type ConfigReading = { ok: true; config: Config } | { ok: false; problems: string[] };

/** Letters that differ between a name and the one that was probably meant. */
const maxNameDistance = 3;

interface Written {
  /** The name under which it was found. */
  name: string;
  value: string;
}

/**
 * Reads the configuration. Every problem is reported at once, a plain line each that says what to do; the value
 * of a secret is in none of them.
 */
export function readConfig(env: Env = process.env): ConfigReading {
  const written = new Map(settings.map((setting) => [setting.name, findWritten(env, setting)]));
  const values = Object.fromEntries([...written].map(([name, found]) => [name, found?.value]));
  const parsed = Environment.safeParse(values);
  const issues = parsed.error?.issues ?? [];
  const problems = [
    ...listUnknown(env),
    ...issues.map(({ path, message }) => describe(String(path[0]), written, message)),
    ...listForeignSlack(values),
  ];
  if (!parsed.success || problems.length > 0) return { ok: false, problems };
  const shown = settings.map(({ name, isSecret, fallback }): ShownSetting => {
    const value = written.get(name)?.value;
    return { name, isSet: value !== undefined, value: isSecret ? null : (value ?? fallback) };
  });
  return { ok: true, config: { ...toConfig(parsed.data), shown } };
}

/** The Slack app of the service. */
interface SlackAppConfig {
  /** Of its bot. */
  token: Secret;
  /** Cards are posted here unless a rule names a channel; `null`: nowhere else. */
  channel: string | null;
  apiUrl: string;
  /** Ids of users and user groups; `null`: anyone can use the buttons, and nobody can trigger. */
  operators: readonly string[] | null;
  inbound: SlackInbound;
}

/** How the service gets what people do in Slack: by requests to it, over its own connection to Slack, or not at all. */
type SlackInbound =
  | { kind: 'http'; signingSecret: Secret }
  | { kind: 'socket'; appToken: Secret }
  | { kind: 'none' };

/** The address of the service with these settings, for callers on this machine. */
export function serviceUrl({ listenIp, listenPort }: Pick<Config, 'listenIp' | 'listenPort'>): string {
  const everywhere = listenIp === '0.0.0.0' || listenIp === '::';
  const host = everywhere ? '127.0.0.1' : listenIp.includes(':') ? `[${listenIp}]` : listenIp;
  return `http://${host}:${listenPort}`;
}

/** The name under which a person works, `null` where the environment has none; it is no setting of the service. */
export function readUser(env: Env = process.env): string | null {
  const name = env['USER']?.trim() ?? '';
  return name === '' ? null : name;
}

/** An empty value counts as unset, unless that would open a door; the newer name wins. */
function findWritten(env: Env, { name, also, refusesEmpty }: Setting): Written | undefined {
  const names = [name, ...also].filter((each) => env[each] !== undefined);
  const candidates = names.map((each) => ({ name: each, value: env[each]?.trim() ?? '' }));
  return candidates.find(({ value }) => value !== '' || refusesEmpty);
}

function listUnknown(env: Env): string[] {
  const known = settings.flatMap(({ name, also }) => [name, ...also]);
  const unknown = Object.keys(env).filter((name) => name.startsWith('RETRIGGER_') && !known.includes(name));
  const links = unknown.filter((name) => isServiceLink(name, env[name] ?? ''));
  const others = unknown.filter((name) => !links.includes(name));
  return [...describeLinks(links), ...others.map((name) => describeUnknown(name, known))];
}

/** Kubernetes' variables for a Service `retrigger`; its `RETRIGGER_PORT` is an address, a person's is a number. */
function isServiceLink(name: string, value: string): boolean {
  if (name === 'RETRIGGER_PORT') return !/^\d+$/.test(value.trim());
  return /^RETRIGGER_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/.test(name);
}

function describeLinks(names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const what =
    names.length === 1 ? 'is not a setting: Kubernetes adds it' : 'are no settings: Kubernetes adds them';
  return [
    `${names.join(', ')} ${what} for a Service named retrigger; rename it, or set enableServiceLinks: false`,
  ];
}

/** Names the setting that was probably meant: one that is near, or the only one that ends in the same words. */
function describeUnknown(name: string, known: readonly string[]): string {
  const nearest = closest(name, known);
  const words = name.replace('RETRIGGER', '');
  const alike = settings.map((setting) => setting.name).filter((each) => `_${each}`.endsWith(words));
  const meant =
    distance(name, nearest) <= maxNameDistance ? nearest : alike.length === 1 ? alike[0] : undefined;
  return meant === undefined
    ? `${name} is not a setting: unset it; serve --help lists those there are`
    : `${name} is not a setting: did you mean ${meant}?`;
}

/** Says where a value is wrong; an `@` may stand behind a password, so such a value is not repeated. */
function describe(
  setting: string,
  written: ReadonlyMap<string, Written | undefined>,
  advice: string,
): string {
  const { name = setting, value = '' } = written.get(setting) ?? {};
  const isSecret = settings.some((each) => each.name === setting && each.isSecret);
  return isSecret || value.includes('@')
    ? `${name} is not right: ${advice}`
    : `${name} is "${value}": ${advice}`;
}

function listForeignSlack(values: Env): string[] {
  const origins = Environment.shape.RETRIGGER_SLACK_ORIGINS.safeParse(values['RETRIGGER_SLACK_ORIGINS']);
  if (!origins.success) return [];
  const allowed = origins.data.join(', ');
  return ['RETRIGGER_SLACK_WEBHOOK_URL', 'RETRIGGER_SLACK_ERRORS_WEBHOOK_URL']
    .filter((name) => readSlackAddress(values[name] ?? '', origins.data).kind === 'foreign')
    .map((name) => `${name} is not at ${allowed}: correct it, or add its origin to RETRIGGER_SLACK_ORIGINS`);
}

function toConfig(env: z.output<typeof Environment>) {
  return {
    listenIp: env.RETRIGGER_LISTEN_IP,
    listenPort: env.RETRIGGER_LISTEN_PORT,
    publicUrl: env.RETRIGGER_PUBLIC_URL,
    dataDir: env.RETRIGGER_DATA_DIR,
    rulesDir: env.RETRIGGER_RULES_DIR,
    gangwayUrl: env.RETRIGGER_GANGWAY_URL,
    gangwayToken: env.RETRIGGER_GANGWAY_TOKEN,
    gangwayRate: env.RETRIGGER_GANGWAY_RATE,
    gcsUrl: env.RETRIGGER_GCS_URL,
    gcsBuckets: env.RETRIGGER_GCS_BUCKET,
    prowUrl: env.RETRIGGER_PROW_URL,
    pollIntervalMs: env.RETRIGGER_POLL_INTERVAL,
    completionTimeoutMs: env.RETRIGGER_COMPLETION_TIMEOUT,
    webhookSecrets: env.RETRIGGER_WEBHOOK_SECRET,
    apiToken: env.RETRIGGER_API_TOKEN,
    /** Proxies in front. */
    trustProxy: env.RETRIGGER_TRUST_PROXY,
    notificationRate: env.RETRIGGER_NOTIFICATION_RATE,
    /** The first one seals; empty: that of the data directory does. */
    secretKeys: env.RETRIGGER_SECRET_KEY ?? [],
    slackWebhookUrl: env.RETRIGGER_SLACK_WEBHOOK_URL,
    slackErrorsWebhookUrl: env.RETRIGGER_SLACK_ERRORS_WEBHOOK_URL,
    slackOrigins: env.RETRIGGER_SLACK_ORIGINS,
    /** `null`: there is no bot token, and without it the other settings of the app do nothing. */
    slackApp: toSlackApp(env),
    logLevel: env.LOG_LEVEL,
  };
}

function toSlackApp(env: z.output<typeof Environment>): SlackAppConfig | null {
  const token = env.SLACK_BOT_TOKEN;
  if (token === null) return null;
  return {
    token,
    channel: env.RETRIGGER_SLACK_CHANNEL,
    apiUrl: env.RETRIGGER_SLACK_API_URL,
    operators: env.RETRIGGER_SLACK_OPERATORS,
    inbound: toSlackInbound(env),
  };
}

/** If both are set, the connection wins, because it needs no address that Slack can reach. */
function toSlackInbound(env: z.output<typeof Environment>): SlackInbound {
  const { SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret } = env;
  if (appToken !== null) return { kind: 'socket', appToken };
  return signingSecret === null ? { kind: 'none' } : { kind: 'http', signingSecret };
}
