import type { Express } from 'express';
import type { Accepted, ChainStore } from '../../chain/chain-store.ts';
import type { ActionOutcome } from '../../flow/requests/chain-actions.ts';
import type { Clock } from '../../time/clock.ts';
import type { Notification } from '../../intake/notification.ts';
import type { WebhookSecret } from '../../intake/webhook-secret.ts';
import type { Logger } from '../../logging.ts';
import type { sendProblem } from './problem.ts';
import type { SilenceStore } from '../../rules/decide/silence.ts';
import type { Secret } from '../../secret.ts';

/** Whether the service can do its work, and what each part says of itself; the parts are answered as they are. */
export interface Readiness {
  ready: boolean;
  store: unknown;
  rules: unknown;
  gangway: unknown;
}

export interface HttpConfig {
  /** When set, notifications must show one of them. */
  webhookSecrets: readonly WebhookSecret[] | null;
  /** Without it, nobody may change anything by HTTP. */
  apiToken: Secret | null;
  gangwayToken: Secret | null;
  slackOrigins: readonly string[];
  /** Proxies in front that add the address of their caller to `X-Forwarded-For`. */
  trustProxy: number;
  /** For an address that does not send the webhook secret; `null`: no limit. */
  notificationRate: { calls: number; perMs: number } | null;
}

/** What the HTTP side needs of the service. Anything here may throw `StoreUnavailable`, which is answered with 503. */
export interface HttpDeps {
  accept: (notification: Notification) => Promise<Accepted>;
  store: Pick<ChainStore, 'get' | 'page'>;
  silences: SilenceStore;
  cancel: (id: string) => Promise<ActionOutcome>;
  retry: (id: string) => Promise<ActionOutcome>;
  /** `isTrusted`: the caller may change the service. */
  readiness: (isTrusted: boolean) => Promise<Readiness>;
  /** What the service shows of itself; `isTrusted`: the caller may change the service. Sent as it is. */
  describe: (isTrusted: boolean) => unknown;
  /** Adds Slack's routes to the app; `null`: Slack is not connected. */
  slack: { mount: (app: Express, refuse: typeof sendProblem) => void } | null;
  config: HttpConfig;
  log: Logger;
  clock: Pick<Clock, 'now' | 'elapsed'>;
  matchGlob: (pattern: string) => (name: string) => boolean;
}
