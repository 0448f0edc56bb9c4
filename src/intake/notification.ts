import type { RunId } from '../job/run.ts';
import type { Secret } from '../secret.ts';

/** "Run X of job J failed", as the `job-re-trigger` step says it. */
export interface Notification extends RunId {
  /** The caller's Gangway token; `null` where the service's own is used. */
  token: Secret | null;
  slackWebhook: Secret | null;
  slackErrorsWebhook: Secret | null;
  /** The caller showed the webhook secret. */
  isTrusted: boolean;
}
