import assert from 'node:assert/strict';
import { createHttpApp } from '../../../src/adapters/express/http-app.ts';
import type { HttpConfig, HttpDeps } from '../../../src/adapters/express/http-deps.ts';
import { acceptNotification } from '../../../src/flow/accept/accept-notification.ts';
import { FirstChecks } from '../../../src/flow/accept/first-checks.ts';
import { readWebhookSecrets } from '../../../src/intake/webhook-secret.ts';
import { createLogger } from '../../../src/logging.ts';
import { Secret } from '../../../src/secret.ts';
import { MemoryKnownTokens } from '../../chain/memory-known-tokens.ts';
import { MemoryChainStore } from '../../chain/memory-chain-store.ts';
import { MemorySilenceStore } from '../../rules/decide/memory-silence-store.ts';

/** Looks like a real token, and occurs nowhere else. */
export const marker = 'MARKER~c2VjcmV0';

export const body = {
  job_name: 'periodic-ci-rhpit-interop-tests-main-retrigger-poc-failure-test',
  build_id: '1930000000000000001',
  prow_job_id: 'd4ff9ac5-8db6-4bd5-9b77-8d3a5e9c1c4f',
  trigger_token: marker,
};

export const now = Date.UTC(2026, 5, 12, 13, 0, 0);

const defaults: HttpConfig = {
  webhookSecrets: null,
  apiToken: null,
  gangwayToken: null,
  slackOrigins: ['https://hooks.slack.com'],
  trustProxy: 0,
  notificationRate: { calls: 1_200, perMs: 60_000 },
};

/** As the setting gives them. */
export function secretsOf(written: string) {
  const secrets = readWebhookSecrets(written);
  assert.ok(secrets);
  return secrets;
}

/** The real app over a store in memory, with a clock that moves 5 ms each time it is read. */
export function startApp(config: Partial<HttpConfig> = {}, deps: Partial<HttpDeps> = {}) {
  const store = new MemoryChainStore();
  const silences = new MemorySilenceStore();
  const lines: string[] = [];
  const log = createLogger('trace', { write: (line) => void lines.push(line) });
  let time = now;
  const clock = {
    now: () => (time += 5),
    elapsed: () => time - now,
    at: () => () => {},
    after: () => () => {},
  };
  const seal = {
    close: (secret: Secret) => btoa(secret.reveal()),
    open: (text: string) => new Secret(atob(text)),
    mark: (secret: Secret) => btoa(secret.reveal()),
  };
  const knownTokens = new MemoryKnownTokens({ now: () => time });
  // Nobody looks at the chains of this app, so that none must wait for a look.
  const firstChecks = new FirstChecks(clock, { inAll: Infinity, ofOneJob: Infinity, inLine: 0 });
  const app = createHttpApp({
    accept: (notification) =>
      acceptNotification({ store, seal, knownTokens, clock, publisher: null, firstChecks }, notification),
    store,
    silences,
    cancel: async () => ({ kind: 'absent' }),
    retry: async () => ({ kind: 'absent' }),
    slack: null,
    readiness: async () => ({ ready: true, store: 'ok', rules: { files: 1 }, gangway: 'closed' }),
    describe: (isTrusted) => ({ isTrusted }),
    config: { ...defaults, ...config },
    log,
    clock,
    matchGlob: (pattern) => (name) => name.startsWith(pattern.replace('*', '')),
    ...deps,
  });
  return {
    app,
    store,
    silences,
    lines,
    readLines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
