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

/** Whether the service can do its work, and the state of each part, which is sent as it is. */
export interface Readiness {
  ready: boolean;
  store: unknown;
  rules: unknown;
  gangway: unknown;
}

export interface HttpConfig {
  /** If set, a notification must prove one of them. */
  webhookSecrets: readonly WebhookSecret[] | null;
  /** `null`: HTTP can change nothing. */
  apiToken: Secret | null;
  gangwayToken: Secret | null;
  slackOrigins: readonly string[];
  /** Proxies in front that add the address of their caller to `X-Forwarded-For`. */
  trustProxy: number;
  /** Limit of an address that does not send the webhook secret. `null`: no limit. */
  notificationRate: { calls: number; perMs: number } | null;
}

/** What the HTTP side needs from the service. Each function may throw `StoreUnavailable`, which is answered with 503. */
export interface HttpDeps {
  accept: (notification: Notification) => Promise<Accepted>;
  store: Pick<ChainStore, 'get' | 'page'>;
  silences: SilenceStore;
  cancel: (id: string) => Promise<ActionOutcome>;
  retry: (id: string) => Promise<ActionOutcome>;
  /** `isTrusted`: the caller may change the service. */
  readiness: (isTrusted: boolean) => Promise<Readiness>;
  /** What the service shows of its settings, sent as it is. `isTrusted`: the caller may change the service. */
  describe: (isTrusted: boolean) => unknown;
  /** Adds Slack's routes to the app; `null`: Slack is not connected. */
  slack: { mount: (app: Express, refuse: typeof sendProblem) => void } | null;
  config: HttpConfig;
  log: Logger;
  clock: Pick<Clock, 'now' | 'elapsed'>;
  matchGlob: (pattern: string) => (name: string) => boolean;
}
