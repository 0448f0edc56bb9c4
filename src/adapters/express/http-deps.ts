import type { Accepted, ChainStore } from '../../chain/chain-store.ts';
import type { Chain } from '../../chain/chain.ts';
import type { Clock } from '../../flow/clock.ts';
import type { Notification } from '../../intake/notification.ts';
import type { WebhookSecret } from '../../intake/webhook-secret.ts';
import type { Logger } from '../../logging.ts';
import type { SilenceStore } from '../../rules/silence-store.ts';
import type { Secret } from '../../secret.ts';

/** What came of a person's wish for a chain. */
export type ActResult =
  | { kind: 'done'; chain: Chain }
  | { kind: 'absent' }
  /** The chain's state does not allow it; `detail` says so in a plain sentence. */
  | { kind: 'conflict'; detail: string };

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
}

/** What the HTTP side needs of the service. Anything here may throw `StoreUnavailable`, which is answered with 503. */
export interface HttpDeps {
  accept: (notification: Notification) => Promise<Accepted>;
  store: Pick<ChainStore, 'get' | 'page'>;
  silences: SilenceStore;
  cancel: (id: string) => Promise<ActResult>;
  retry: (id: string) => Promise<ActResult>;
  readiness: () => Promise<Readiness>;
  config: HttpConfig;
  log: Logger;
  clock: Pick<Clock, 'now'>;
  matchGlob: (pattern: string) => (name: string) => boolean;
}
