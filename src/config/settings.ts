import { z } from 'zod';
import { readWebhookSecrets } from '../intake/webhook-secret.ts';
import { channelAdvice, channelPattern } from '../intake/slack-address.ts';
import { parseDuration } from '../time/duration.ts';
import { isBucketName } from '../job/run.ts';
import { Secret } from '../secret.ts';

interface Note {
  about: string;
  /** As it would be written in the environment; `null`: unset. */
  fallback: string | null;
  /** Older names of the same setting. */
  also?: string[];
  isSecret?: boolean;
  /** Set and empty is a mistake, where to take it as unset would open a door. */
  refusesEmpty?: boolean;
}

export interface Setting extends Required<Note> {
  name: string;
}

interface Rate {
  calls: number;
  perMs: number;
  /** Calls that may follow each other at once. */
  burst: number;
}

const notes = z.registry<Note>();
const yearMs = 365 * 86_400_000;

/** A value that `read` makes of the text; `undefined` from it means that the text is not right. */
function text<T>(read: (text: string) => T | undefined, advice: string) {
  return z.string().transform((written, context) => {
    const value = read(written);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: advice });
    return z.NEVER;
  });
}

function readDuration(written: string): number | undefined {
  const ms = parseDuration(written);
  return ms !== null && ms > 0 && ms <= yearMs ? ms : undefined;
}

function readRate(written: string): Rate | null | undefined {
  if (written === 'off') return null;
  const [, calls, per = ''] = /^(\d{1,6})\/(\w+)$/.exec(written) ?? [];
  const perMs = readDuration(per);
  if (calls === undefined || perMs === undefined || Number(calls) === 0) return undefined;
  return { calls: Number(calls), perMs, burst: Math.min(4, Number(calls)) };
}

function parseHttpUrl(written: string): URL | undefined {
  const url = URL.parse(written);
  const isPlain =
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
  return isPlain ? url : undefined;
}

function readUrl(written: string): string | undefined {
  const url = parseHttpUrl(written);
  return url === undefined || /[?#]/.test(written) ? undefined : url.href.replace(/\/+$/, '');
}

function readOrigins(written: string): string[] | undefined {
  const items = written.split(',').map((item) => item.trim());
  const origins = items.filter((item) => item !== '').map((item) => parseHttpUrl(item)?.origin);
  return origins.length > 0 && origins.every((origin) => origin !== undefined) ? origins : undefined;
}

/** A run that is in no bucket costs some requests for each of them, at every look. */
const maxBuckets = 10;

/** Bucket names in order, each once. */
function readBuckets(written: string): string[] | undefined {
  const names = written.split(',').map((name) => name.trim());
  const isRight = names.every(isBucketName);
  return isRight && names.length <= maxBuckets ? [...new Set(names)] : undefined;
}

function readPort(written: string): number | undefined {
  return /^\d{1,5}$/.test(written) && Number(written) <= 65_535 ? Number(written) : undefined;
}

/** A larger number is a mistake. */
const maxProxies = 10;

function readProxies(written: string): number | undefined {
  return /^\d{1,2}$/.test(written) && Number(written) <= maxProxies ? Number(written) : undefined;
}

const Text = z.string();
const Hidden = z.string().transform((written) => new Secret(written));
const Token = text(
  (written) => (/^[\x21-\x7e]+$/.test(written) ? new Secret(written) : undefined),
  'write the token alone, without blanks or line breaks',
);
const Keys = text((written) => {
  const keys = written.split(/[\s,]+/).filter((key) => key !== '');
  return keys.length === 0 ? undefined : keys.map((key) => new Secret(key));
}, 'write one key, or several with commas or blanks between them');
const WebhookSecrets = text(
  readWebhookSecrets,
  'write a secret, or several with commas or blanks between them, where whsec_ stands before base64; or unset it, and everybody may notify',
);
const Ip = z.union([z.ipv4(), z.ipv6()], {
  error: 'write an IP address such as 127.0.0.1, or 0.0.0.0 for all of them',
});
const Port = text(readPort, 'write a port from 0 to 65535');
const Proxies = text(readProxies, `write the number of proxies in front, from 0 to ${maxProxies}`);
const Url = text(
  readUrl,
  'write an address such as https://host or http://host:8080, without a user or a query',
);
const Duration = text(
  (written) => parseDuration(written) ?? undefined,
  'write a duration such as 500ms, 30s, 30m, 12h or 7d',
).pipe(z.number().positive('write more than 0').max(yearMs, 'write at most 365d'));
const RateText = text(readRate, 'write calls and time such as 10/1m, or off');
const Origins = text(readOrigins, 'write origins such as https://hooks.slack.com, with commas between them');
const Buckets = text(
  readBuckets,
  `write the name of a bucket, such as test-platform-results-public, or up to ${maxBuckets} with commas between them`,
);
const WebAddress = text(
  (written) => (URL.canParse(written) ? new Secret(written) : undefined),
  'write a whole address, such as https://hooks.slack.com/services/…',
);
const Channel = text((written) => (channelPattern.test(written) ? written : undefined), channelAdvice);
const Operators = text((written) => {
  const ids = written.split(/[\s,]+/).filter((id) => id !== '');
  return ids.length > 0 && ids.every((id) => /^[UWS][A-Z0-9]{2,20}$/.test(id)) ? ids : undefined;
}, 'write ids of users (U…, W…) and user groups (S…), with commas between them');
const Level = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
  error: 'write trace, debug, info, warn, error, fatal or silent',
});
const Embedded = z.string().refine(() => false, {
  error: 'leave it unset: this version has the embedded store only, PostgreSQL is not supported yet',
});

function byDefault<S extends z.ZodType<unknown, string>>(
  schema: S,
  fallback: z.input<S>,
  about: string,
  rest: Partial<Note> = {},
) {
  const setting = z.prefault(schema, fallback);
  notes.add(setting, { about, fallback, ...rest });
  return setting;
}

function unlessSet<S extends z.ZodType<unknown, string>>(schema: S, about: string, rest: Partial<Note> = {}) {
  const setting = z._default(z.nullable(schema), null);
  notes.add(setting, { about, fallback: null, ...rest });
  return setting;
}

const hidden = { isSecret: true };

/** Every setting, once: its name, how it is read, its default and what it is. */
export const Environment = z.object({
  RETRIGGER_LISTEN_IP: byDefault(Ip, '127.0.0.1', 'The IP address to listen on.', {
    also: ['CI_JOBS_TRIGGER_LISTEN_IP'],
  }),
  RETRIGGER_LISTEN_PORT: byDefault(Port, '5000', 'The port to listen on; 0 takes a free one.', {
    also: ['CI_JOBS_TRIGGER_LISTEN_PORT'],
  }),
  RETRIGGER_PUBLIC_URL: unlessSet(
    Url,
    'The address at which people and the step reach the service; the verification shows it.',
  ),
  RETRIGGER_DATA_DIR: byDefault(Text, './data', 'The folder of the embedded store.'),
  RETRIGGER_DATABASE_URL: unlessSet(Embedded, 'Not supported yet: the store is the embedded one.', hidden),
  RETRIGGER_RULES_DIR: byDefault(Text, './rules', 'The folder of the rules.'),
  RETRIGGER_GANGWAY_URL: byDefault(
    Url,
    'https://gangway-ci.apps.ci.l2s4.p1.openshiftapps.com',
    'Where Gangway answers.',
  ),
  RETRIGGER_GANGWAY_TOKEN: unlessSet(Token, 'Our own Gangway token, for callers that bring none.', hidden),
  RETRIGGER_GANGWAY_RATE: byDefault(
    RateText,
    '10/1m',
    'How many calls Gangway gets, in bursts of 4; or off.',
  ),
  RETRIGGER_GCS_URL: byDefault(Url, 'https://storage.googleapis.com', 'Base URL of Google Cloud Storage.'),
  RETRIGGER_GCS_BUCKET: byDefault(
    Buckets,
    'test-platform-results-public',
    'Buckets that hold the artifacts, with commas between them, in search order; no other bucket is read.',
  ),
  RETRIGGER_PROW_URL: byDefault(
    Url,
    'https://prow.ci.openshift.org',
    'Base URL of links to runs; explain also reads ProwJobs there.',
  ),
  RETRIGGER_POLL_INTERVAL: byDefault(Duration, '30s', 'How often an open run is looked at.'),
  RETRIGGER_COMPLETION_TIMEOUT: byDefault(Duration, '12h', 'How long the end of a run is waited for.'),
  RETRIGGER_WEBHOOK_SECRET: unlessSet(
    WebhookSecrets,
    'When set, callers send it as a bearer token or sign with it; several: any of them.',
    { isSecret: true, refusesEmpty: true },
  ),
  RETRIGGER_API_TOKEN: unlessSet(
    Hidden,
    'Bearer token for cancel, retry and silences; unset: nobody may change anything.',
    hidden,
  ),
  RETRIGGER_SECRET_KEY: unlessSet(
    Keys,
    'Keys for tokens and overrides at rest, with commas or blanks between them: the first seals, all open; unset: made once, kept in the data folder.',
    hidden,
  ),
  RETRIGGER_TRUST_PROXY: byDefault(
    Proxies,
    '0',
    "Number of proxies in front, each of which adds its caller's address to X-Forwarded-For; 0: the header is ignored.",
  ),
  RETRIGGER_NOTIFICATION_RATE: byDefault(
    RateText,
    '1200/1m',
    'Limit of notifications from one address that come without the webhook secret; or off.',
  ),
  RETRIGGER_SLACK_WEBHOOK_URL: unlessSet(
    WebAddress,
    'Slack address for messages, if a notification brings none; only for proven failures whose token Gangway has accepted.',
    hidden,
  ),
  RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: unlessSet(
    WebAddress,
    'Slack address for errors, if a notification brings none; only for proven failures whose token Gangway has accepted.',
    hidden,
  ),
  RETRIGGER_SLACK_ORIGINS: byDefault(
    Origins,
    'https://hooks.slack.com',
    'The only origins a Slack address may have, with commas between them.',
  ),
  SLACK_BOT_TOKEN: unlessSet(
    Token,
    'Token of the Slack app (xoxb-…): one message a chain, rewritten in place; unset: incoming webhooks only.',
    hidden,
  ),
  SLACK_SIGNING_SECRET: unlessSet(
    Token,
    'Signing secret of the Slack app: what Slack sends to /slack/events is taken.',
    hidden,
  ),
  SLACK_APP_TOKEN: unlessSet(
    Token,
    'App-level token of the Slack app (xapp-…): socket mode, for a service that Slack cannot reach.',
    hidden,
  ),
  RETRIGGER_SLACK_CHANNEL: unlessSet(
    Channel,
    'The channel of the Slack app, by id or name, where no rule names another.',
  ),
  RETRIGGER_SLACK_API_URL: byDefault(Url, 'https://slack.com/api', 'Where the Web API of Slack answers.'),
  RETRIGGER_SLACK_OPERATORS: unlessSet(
    Operators,
    'Users and user groups of Slack, by id, who may press buttons and trigger; unset: anybody may press, nobody trigger.',
    { refusesEmpty: true },
  ),
  LOG_LEVEL: byDefault(Level, 'info', 'trace, debug, info, warn, error, fatal or silent.'),
});

/** The settings as a table, in the order of the contract; README and `--help` are made from it. */
export const settings: readonly Setting[] = Object.entries(Environment.shape).map(([name, schema]) => {
  const note = notes.get(schema);
  if (note === undefined) throw new Error(`setting ${name} is not described`);
  return { also: [], isSecret: false, refusesEmpty: false, ...note, name };
});
