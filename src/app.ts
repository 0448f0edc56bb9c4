import { createHttpApp } from './adapters/express/create-http-app.ts';
import type { HttpDeps } from './adapters/express/http-deps.ts';
import { listen, type Listening } from './adapters/express/listen.ts';
import { GangwayClient } from './adapters/gangway/gangway-client.ts';
import { BucketSource } from './adapters/gcs/bucket-source.ts';
import type { Disk } from './adapters/lowdb/disk.ts';
import type { EmbeddedStore } from './adapters/lowdb/embedded-store.ts';
import { nodeDisk } from './adapters/lowdb/node-disk.ts';
import { openEmbeddedStore } from './adapters/lowdb/open-embedded-store.ts';
import { WebhookReporter } from './adapters/slack/webhook-reporter.ts';
import { AesSeal } from './adapters/system/aes-seal.ts';
import { systemChance } from './adapters/system/system-chance.ts';
import { watchRulesDir } from './adapters/system/watch-rules-dir.ts';
import { readSecretKeys } from './adapters/system/secret-key-file.ts';
import { loadRules, readRules } from './app/load-rules.ts';
import { watchReadiness } from './app/watch-readiness.ts';
import type { Seal } from './chain/seal.ts';
import { cancelChain, retryChain } from './chain/act-on-chain.ts';
import type { Config } from './config.ts';
import { acceptNotification } from './flow/accept-notification.ts';
import { actOnChain } from './flow/act-on-chain.ts';
import type { Clock } from './flow/clock.ts';
import { AnnouncingStore } from './flow/announcing-store.ts';
import type { Flow } from './flow/flow.ts';
import { LiveRules } from './flow/live-rules.ts';
import { logEnd } from './flow/log-end.ts';
import { RecentFailures } from './flow/recent-failures.ts';
import { SpendingLedger } from './flow/spending-ledger.ts';
import { Worker } from './flow/worker.ts';
import { createHttpClient, type HttpClient } from './http.ts';
import { compileGlob } from './job/glob.ts';
import type { Logger } from './logging.ts';
import type { Reporter } from './report/reporter.ts';
import type { ArtifactSource } from './evidence/artifact-source.ts';

export interface Surroundings {
  clock: Clock;
  log: Logger;
}

/** What a simulation puts in the place of the machine's own. */
export interface Machine {
  disk: Disk;
  http: HttpClient;
  chance: () => number;
  seal: Seal;
}

/** The ways out: everything that the service talks to, behind its port. */
export interface Outside {
  http: HttpClient;
  gangway: GangwayClient;
  source: ArtifactSource;
  reporter: Reporter;
}

export interface Service {
  /** Where it listens. */
  url: string;
  store: EmbeddedStore;
  worker: Worker;
  rules: LiveRules;
  /** Stops accepting, finishes what is in hand and lets the store go, within 10 s in all. */
  close(): Promise<void>;
}

/** Parts of the 10 s that a container is given to stop: for what is in hand, for what breaks off then, for the store. */
const stopMs = { work: 6_000, broken: 1_000, store: 2_000 };

export function connect(config: Config, clock: Clock, http: HttpClient = createHttpClient(clock)): Outside {
  const { gangwayUrl, gangwayRate, gcsUrl, gcsBucket, slackOrigins } = config;
  return {
    http,
    gangway: new GangwayClient({ url: gangwayUrl, rate: gangwayRate, http, clock }),
    source: new BucketSource({ url: gcsUrl, bucket: gcsBucket, http }),
    reporter: new WebhookReporter(http, slackOrigins),
  };
}

/** Starts the service; throws where the rules, the store or the address stand in the way. */
export async function startService(config: Config, { clock, log }: Surroundings): Promise<Service> {
  const { rulesDir, dataDir } = config;
  const rules = new LiveRules(await loadRules(rulesDir), { read: () => readRules(rulesDir), clock, log });
  const joined = await openFlow(config, { clock, log }, rules);
  const { flow, worker, embedded } = joined;
  const running: Running = { ...joined };
  try {
    const app = createHttpApp(exposeFlow(config, flow, { ...joined, rules }));
    const server = await listen(app, { ip: config.listenIp, port: config.listenPort, clock });
    running.server = server;
    await worker.start();
    running.unwatch = watchRulesDir(rulesDir, () => void rules.reload());
    log.info({ url: server.url, rules: rules.get().rules.length, data: dataDir }, 'serving');
    return { url: server.url, store: embedded, worker, rules, close: () => closeAll(running, clock) };
  } catch (error) {
    await closeAll(running, clock).catch((err: unknown) => log.warn({ err }, 'closing failed'));
    throw error;
  }
}

/** The service without its doors: it takes failures in by `acceptNotification`, and begins at `worker.start()`. */
export interface OpenFlow {
  flow: Flow;
  worker: Worker;
  embedded: EmbeddedStore;
  outside: Outside;
  /** As `Service.close`. */
  close(): Promise<void>;
}

/** Joins the flow with everything it works with. Throws where the store stands in the way. */
export async function openFlow(
  config: Config,
  surroundings: Surroundings,
  rules: LiveRules,
  { disk = nodeDisk, http, chance = systemChance, seal }: Partial<Machine> = {},
): Promise<OpenFlow> {
  const { clock, log } = surroundings;
  const embedded = await openEmbeddedStore({ directory: config.dataDir, clock, log, disk });
  const outside = connect(config, clock, http);
  outside.gangway.logTo(log);
  try {
    const store = new AnnouncingStore(embedded);
    const flow = await joinFlow(config, surroundings, {
      embedded,
      store,
      outside,
      rules,
      chance,
      seal: seal ?? new AesSeal(...(await readSecretKeys(config.dataDir, config.secretKeys))),
    });
    const worker = new Worker(flow);
    store.onChange((chain, hasEnded) => {
      if (hasEnded) logEnd(log, chain);
      worker.plan(chain);
    });
    return { flow, worker, embedded, outside, close: () => closeAll({ embedded, outside, worker }, clock) };
  } catch (error) {
    await closeAll({ embedded, outside }, clock).catch((err: unknown) => log.warn({ err }, 'closing failed'));
    throw error;
  }
}

/** What is open; a start that failed never came to some of it. */
interface Running {
  embedded: EmbeddedStore;
  outside: Outside;
  worker?: Worker;
  server?: Listening;
  unwatch?: () => Promise<void>;
}

async function closeAll(
  { embedded, outside, worker, server, unwatch }: Running,
  clock: Clock,
): Promise<void> {
  // Who waits for the rate limit would otherwise be waited for, minutes long.
  outside.gangway.close();
  const work = Promise.allSettled([unwatch?.(), server?.close(), worker?.stop()]);
  await within(stopMs.work, clock, work);
  await outside.http.close();
  await within(stopMs.broken, clock, work);
  await within(stopMs.store, clock, embedded.close());
}

interface Parts {
  embedded: EmbeddedStore;
  outside: Outside;
  rules: LiveRules;
}

async function joinFlow(
  config: Config,
  { clock, log }: Surroundings,
  { embedded, store, outside, rules, chance, seal }: Parts & Pick<Flow, 'store' | 'chance' | 'seal'>,
): Promise<Flow> {
  const { gangway, source, reporter } = outside;
  const spendings = new SpendingLedger();
  const failures = new RecentFailures();
  await Promise.all([spendings.load(embedded), failures.load(embedded)]);
  const { pastRuns, silences } = embedded;
  const ports = { store, source, api: gangway, reporter, seal, pastRuns, silences };
  const settings = {
    bucket: config.gcsBucket,
    prowUrl: config.prowUrl,
    pollMs: config.pollIntervalMs,
    paceMs: config.gangwayRate === null ? 0 : config.gangwayRate.perMs / config.gangwayRate.calls,
    completionTimeoutMs: config.completionTimeoutMs,
    gangwayToken: config.gangwayToken,
    slackWebhook: config.slackWebhookUrl,
    slackErrorsWebhook: config.slackErrorsWebhookUrl,
  };
  return {
    ...ports,
    spendings,
    failures,
    clock,
    chance,
    log,
    rules: () => rules.get(),
    settings,
  };
}

/** What HTTP may ask of the flow. */
function exposeFlow(config: Config, flow: Flow, { embedded, outside, rules }: Parts): HttpDeps {
  const { clock, log, store } = flow;
  const hasOwnToken = config.gangwayToken !== null;
  return {
    accept: (notification) => acceptNotification(flow, notification),
    store,
    silences: embedded.silences,
    cancel: (id) => actOnChain(store, id, (chain) => cancelChain(chain, clock.now())),
    retry: (id) => actOnChain(store, id, (chain) => retryChain(chain, hasOwnToken, clock.now())),
    readiness: watchReadiness({ embedded, gangway: outside.gangway, rules }, log),
    config,
    log,
    clock,
    matchGlob: compileGlob,
  };
}

async function within(ms: number, clock: Clock, done: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.at(clock.now() + ms, resolve);
  try {
    await Promise.race([done, promise]);
  } finally {
    cancel();
  }
}
