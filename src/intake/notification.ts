import { z } from 'zod';
import type { RunId } from '../job/run.ts';
import { Secret } from '../secret.ts';
import { readSlackAddress } from './slack-address.ts';
import { isObject } from '../text/json.ts';

/** "Run X of job J failed", as the `job-re-trigger` step says it. */
export interface Notification extends RunId {
  /** The caller's Gangway token; `null` where the service's own is used. */
  token: Secret | null;
  slackWebhook: Secret | null;
  slackErrorsWebhook: Secret | null;
  /** The caller showed the webhook secret. */
  isTrusted: boolean;
}

/** Marks what is well-formed and still not taken. */
const refused = { refused: true };
const jobName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const kubernetesName = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/** Shell scripts send a variable that is not set as an empty string. */
function dropEmpty(value: unknown): unknown {
  return value === null || value === '' ? undefined : value;
}

function dropBlank(value: unknown): unknown {
  return dropEmpty(typeof value === 'string' ? value.trim() : value);
}

function takeSafeInteger(value: unknown): unknown {
  return Number.isSafeInteger(value) ? String(value) : dropEmpty(value);
}

function explainText({ input }: { input?: unknown }): string {
  return input === undefined ? 'is required' : 'must be a string';
}

function explainId({ input }: { input?: unknown }): string {
  if (typeof input !== 'number') return explainText({ input });
  return 'must be sent as a string: build ids exceed 2^53, so a JSON number does not hold them exactly';
}

function isWithin(length: number, pattern: RegExp) {
  return (text: string): boolean => text.length <= length && pattern.test(text);
}

/** It becomes a part of a path in the bucket, so it holds no slash and begins with no dot. */
const JobName = z.preprocess(
  dropEmpty,
  z.string({ error: explainText }).refine(isWithin(253, jobName), {
    error: 'is no job name: at most 253 letters, digits, ".", "_" and "-", a letter or digit first',
    params: refused,
  }),
);

const BuildId = z.preprocess(
  takeSafeInteger,
  z.string({ error: explainId }).refine(isWithin(30, /^[0-9]+$/), {
    error: 'is no build id: 1 to 30 digits',
    params: refused,
  }),
);

/** A ProwJob's name: often a UUID, not always (PROW.md, 2). */
const ProwJobId = z.preprocess(
  takeSafeInteger,
  z.string({ error: explainId }).refine(isWithin(253, kubernetesName), {
    error: 'is no Kubernetes name: at most 253 lower-case letters and digits, with "-" and "." between them',
    params: refused,
  }),
);

/** Longer ones fit into no header on the way to Gangway, where nobody could tell whether they were refused. */
const maxTokenLength = 4_096;

const token = z
  .string({ error: explainText })
  .regex(/^[\x21-\x7e]+$/, { error: 'must be a token without blanks or control characters' })
  .max(maxTokenLength, { error: `must be a token of at most ${maxTokenLength} characters` });

export const Token = z.preprocess(dropBlank, token);
const OptionalToken = z.preprocess(dropBlank, token.optional());

/** Slack's own have some 80; one that fills a body would fill the chain's document, too. */
const maxAddressLength = 500;

/** Reads the address of an incoming webhook; its origin must be among `origins`. */
function slackAddress(origins: readonly string[]) {
  const bounded = z
    .string({ error: explainText })
    .max(maxAddressLength, { error: `must be an address of at most ${maxAddressLength} characters` });
  const address = bounded.transform((text, context) => {
    const reading = readSlackAddress(text, origins);
    if (reading.kind === 'ok') return reading.url;
    const isForeign = reading.kind === 'foreign';
    const message = isForeign ? `must be at ${origins.join(' or ')}` : 'must be a whole address';
    context.addIssue({ code: 'custom', message, params: { refused: isForeign } });
    return z.NEVER;
  });
  return z.preprocess(dropEmpty, address.optional());
}

export interface FieldProblem {
  field: string;
  /** Says what is wrong; what was sent is never part of it. */
  message: string;
}

type NotificationReading =
  | { kind: 'ok'; notification: Notification }
  /** At least one field is missing or of a wrong form. */
  | { kind: 'malformed'; problems: FieldProblem[] }
  /** Well-formed, and still not taken: an impossible id, a Slack address of a foreign origin. */
  | { kind: 'refused'; problems: FieldProblem[] };

export interface IntakeTerms {
  /** Whether the caller showed the webhook secret. */
  isTrusted: boolean;
  /** Whether the service's own token may stand in for the caller's. */
  tokenOptional: boolean;
  /** The older address calls it `token`; `trigger_token` is taken there too. */
  tokenField: 'trigger_token' | 'token';
  /** The only origins that a Slack address may have: scheme, host and port. */
  slackOrigins: readonly string[];
}

/** Reads the body of a notification; every bad field is named at once. */
export function readNotification(body: unknown, terms: IntakeTerms): NotificationReading {
  if (!isObject(body)) {
    return { kind: 'malformed', problems: [{ field: 'body', message: 'must be a JSON object' }] };
  }
  const { tokenField } = terms;
  const parsed = createSchema(terms).safeParse({ ...body, trigger_token: findToken(body, tokenField) });
  if (parsed.success) return { kind: 'ok', notification: toNotification(parsed.data, terms) };
  const { issues } = parsed.error;
  const problems = issues.map(({ path, message }) => ({ field: nameField(path, tokenField), message }));
  return { kind: issues.every(isRefusal) ? 'refused' : 'malformed', problems };
}

function createSchema({ tokenOptional, slackOrigins }: IntakeTerms) {
  return z.object({
    job_name: JobName,
    build_id: BuildId,
    prow_job_id: ProwJobId,
    trigger_token: tokenOptional ? OptionalToken : Token,
    slack_webhook_url: slackAddress(slackOrigins),
    slack_errors_webhook_url: slackAddress(slackOrigins),
  });
}

function toNotification(
  fields: z.output<ReturnType<typeof createSchema>>,
  { isTrusted }: IntakeTerms,
): Notification {
  return {
    jobName: fields.job_name,
    buildId: fields.build_id,
    prowJobId: fields.prow_job_id,
    token: toSecret(fields.trigger_token),
    slackWebhook: toSecret(fields.slack_webhook_url),
    slackErrorsWebhook: toSecret(fields.slack_errors_webhook_url),
    isTrusted,
  };
}

function toSecret(text: string | undefined): Secret | null {
  return text === undefined ? null : new Secret(text);
}

function findToken(body: Record<string, unknown>, tokenField: IntakeTerms['tokenField']): unknown {
  const sent = body[tokenField];
  return sent === undefined || sent === null || sent === '' ? body['trigger_token'] : sent;
}

function nameField([field]: readonly PropertyKey[], tokenField: IntakeTerms['tokenField']): string {
  return field === 'trigger_token' ? tokenField : String(field);
}

function isRefusal(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' && issue.params?.['refused'] === true;
}
