import { z } from 'zod';
import { Secret } from '../secret.ts';
import type { Notification } from './notification.ts';
import { BuildId, JobName, OptionalToken, ProwJobId, slackAddress, Token } from './notification-fields.ts';

export interface FieldProblem {
  field: string;
  /** Says what is wrong; what was sent is never part of it. */
  message: string;
}

export type NotificationReading =
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

function isObject(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}
