import { createHttpApp } from '../adapters/express/http-app.ts';
import { listen, type Listening } from '../adapters/express/server.ts';
import type { EmbeddedStore } from '../adapters/lowdb/store.ts';
import { narrowDisk } from '../adapters/lowdb/disk/disk.ts';
import { nodeDisk } from '../adapters/lowdb/disk/node-disk.ts';
import { beginEmbeddedStore, describeStoreFailure } from '../adapters/lowdb/open-store.ts';
import type { SlackApp } from '../adapters/slack/slack-app.ts';
import type { SlackDeps } from '../adapters/slack/slack-deps.ts';
import { AesSeal } from '../adapters/system/aes-seal.ts';
import { readOpenFileLimit } from '../adapters/system/process.ts';
import { systemRandom } from '../adapters/system/system-clock.ts';
import { watchRulesDir } from '../adapters/system/rules-dir.ts';
import { readSecretKeys } from '../adapters/system/secret-key-file.ts';
import { type RuntimeOverrides, defaultLimits, shareOpenFiles } from './machine.ts';
import { createClients, type Clients, type Runtime } from './clients.ts';
import { buildHttpDeps, buildSlackDeps } from './build-deps.ts';
import { hideFolders } from './hide-folders.ts';
import { loadRules, readRules } from './load-rules.ts';
import { readVersion } from './deployment.ts';
import { watchReadiness, watchTroubles } from './readiness.ts';
import type { Seal } from '../secret.ts';
import type { Config } from '../config/read-config.ts';
import { withTimeout, type Clock } from '../time/clock.ts';
import type { Flow, FlowSettings } from '../flow/flow.ts';
import { joinFlow, type JoinedFlow } from './join-flow.ts';
import { LiveRules } from '../flow/state/live-rules.ts';
import type { NoticeWorker } from '../flow/notices/notice-worker.ts';
import { planDigest } from '../flow/notices/digest.ts';
import { Verifications, type Deployment } from '../flow/requests/verify-by-notification.ts';
import type { ChainWorker } from '../flow/chain-worker.ts';
import type { Logger } from '../logging.ts';
import type { ChannelPublisher } from '../report/reporter.ts';

/** The start was aborted by a request to stop. */
export class StartStopped extends Error {
  override name = 'StartStopped';
}

export interface Service {
  /** Where it listens. */
  url: string;
  store: EmbeddedStore;
  /** Nothing is being done, but for what waits for its turn in a channel. */
  isIdle(): boolean;
  rules: LiveRules;
  /** Stops accepting, finishes what is in hand and lets the store go, within 10 s in all. */
  close(): Promise<void>;
}

/** The step that calls us is part of its run, so the bucket shows the run already. The rest is for a slow upload. */
const maxProofTimeoutMs = 2 * 60 * 60_000;

/** Parts of the 10 s that a container is given to stop: for what is in hand, for what breaks off then, for the store. */
const stopMs = { work: 6_000, broken: 1_000, store: 2_000 };

/**
 * Starts the service. It listens while the store loads, and resolves when it does its work. Throws if the rules, the store
 * or the address stand in the way; `StartStopped` if `stop` comes before the store is loaded.
 */
export async function startService(
  config: Config,
  { clock, log }: Runtime,
  stop: AbortSignal = new AbortController().signal,
): Promise<Service> {
  const { rulesDir, dataDir } = config;
  const rules = new LiveRules(await loadRules(rulesDir), { read: () => readRules(rulesDir), clock, log });
  const joined = await openFlow(config, { clock, log }, rules);
  const { flow, worker, noticeWorker, embedded, outside, readiness } = joined;
  const running: Running = { ...joined };
  try {
    // Those that notify us while the server begins to listen wait for this.
    const loading = joined.load();
    loading.catch(() => undefined);
    const breakOff = () => void embedded.close();
    stop.addEventListener('abort', breakOff);
    const slack = await connectSlack(buildSlackDeps(config, flow, outside));
    if (slack !== null) running.slack = slack;
    const app = createHttpApp(buildHttpDeps(config, { flow, readiness, slack }));
    const { incoming: maxConnections } = shareOpenFiles(readOpenFileLimit());
    const server = await listen(app, {
      ip: config.listenIp,
      port: config.listenPort,
      clock,
      maxConnections,
    });
    running.server = server;
    log.info({ url: server.url, documents: embedded.progress?.total ?? 0 }, 'listening, loading the store');
    await loading;
    stop.removeEventListener('abort', breakOff);
    await joined.start();
    slack?.start();
    if (outside.publisher !== null) worker.attend(logPublisher(outside.publisher, log));
    if (config.slackApp?.channel != null) running.callOffDigest = planDigest(flow);
    running.unwatch = watchRulesDir(rulesDir, () => void rules.reload());
    log.info({ url: server.url, rules: rules.get().rules.length, data: dataDir }, 'serving');
    const isIdle = () => worker.inHand + noticeWorker.inHand <= (outside.publisher?.waiting ?? 0);
    return { url: server.url, store: embedded, isIdle, rules, close: () => closeAll(running, clock) };
  } catch (error) {
    await closeAll(running, clock).catch((err: unknown) => log.warn({ err }, 'closing failed'));
    throw stop.aborted ? new StartStopped('the start was broken off', { cause: error }) : error;
  }
}

/** Bolt is loaded where there is an app to connect. */
async function connectSlack(deps: SlackDeps | null): Promise<SlackApp | null> {
  if (deps === null) return null;
  const { createSlackApp } = await import('../adapters/slack/slack-app.ts');
  return createSlackApp(deps);
}

/** Says at the start whether Slack takes the bot's token, rather than with the first failure. */
async function logPublisher(publisher: ChannelPublisher, log: Logger): Promise<void> {
  const { ok, says } = await publisher.check();
  if (ok) log.info({ bot: says }, 'slack takes the bot token');
  else log.warn({ why: says }, 'slack does not take the bot token');
}

/** The service without its doors: it takes failures in by `acceptNotification` from `load()` on, and begins its work at `start()`. */
export interface OpenFlow {
  flow: Flow;
  worker: ChainWorker;
  noticeWorker: NoticeWorker;
  embedded: EmbeddedStore;
  outside: Clients;
  readiness: ReturnType<typeof watchReadiness>;
  verifications: Verifications;
  /** Reads what the store holds; failures may be taken in meanwhile. Rejects if it cannot be read, or at a stop. */
  load(): Promise<void>;
  /** Begins the work, once the store is loaded. */
  start(): Promise<void>;
  /** As `Service.close`. */
  close(): Promise<void>;
}

/** Joins the flow with everything it works with. Throws where the store stands in the way. */
export async function openFlow(
  config: Config,
  runtime: Runtime,
  rules: LiveRules,
  { disk = narrowDisk(nodeDisk), http, random = systemRandom, seal, limits }: Partial<RuntimeOverrides> = {},
): Promise<OpenFlow> {
  const { clock, log } = runtime;
  const { dataDir: directory } = config;
  const { unproven, firstChecks } = limits ?? defaultLimits;
  const embedded = await beginEmbeddedStore({ directory, clock, log, disk, ...unproven });
  const outside = await createClients(config, runtime, http);
  outside.gangway.logTo(log);
  try {
    const { pastRuns, silences, notices, knownTokens } = embedded;
    const { source, reporter, publisher, gangway: api } = outside;
    const stores = { store: embedded, pastRuns, silences, notices, knownTokens };
    const given = { clock, log, random, rules: () => rules.get(), settings: settingsOf(config) };
    const ports = { ...stores, source, reporter, publisher, api, ...given };
    const joined = joinFlow({ ...ports, seal: seal ?? (await makeSeal(config, log)) }, firstChecks);
    const { flow, worker, noticeWorker } = joined;
    worker.wait();
    const readiness = watchReadiness({ embedded, gangway: outside.gangway, rules, clock }, log);
    const deployment = deploymentOf(config, readiness);
    const attend = (work: Promise<void>): void => worker.attend(work);
    const verifications = new Verifications({ flow, deployment, attend });
    joined.onChange((chain) => verifications.verifyWhenProven(chain));
    watchTroubles(noticeWorker.troubles, outside.gangway, rules);
    const load = () => loadChains(embedded, joined, config.dataDir);
    const start = async () => {
      worker.start();
      await noticeWorker.start();
      await verifications.start();
    };
    const parts = { embedded, outside, worker, noticeWorker, verifications };
    return { flow, ...parts, readiness, load, start, close: () => closeAll(parts, clock) };
  } catch (error) {
    await closeAll({ embedded, outside }, clock).catch((err: unknown) => log.warn({ err }, 'closing failed'));
    throw error;
  }
}

/**
 * Reads every document once, for the index, the budgets, the outages and the work to do. Rejects if a file cannot be
 * read, or if the store is closed meanwhile.
 */
async function loadChains(
  embedded: EmbeddedStore,
  { flow, worker, takeUp }: JoinedFlow,
  dataDir: string,
): Promise<void> {
  const changed = await embedded.load(takeUp).catch((cause: unknown) => {
    throw describeStoreFailure(dataDir, cause);
  });
  for (const chain of changed) worker.plan(chain);
  flow.failures.settle();
  void embedded.sweep();
}

function deploymentOf(config: Config, condition: Deployment['condition']): Deployment {
  const { gangwayUrl, gcsUrl, publicUrl, webhookSecrets } = config;
  return {
    gangwayUrl,
    gcsUrl,
    version: readVersion(),
    // What a notification brings about may be told to addresses that came with it.
    condition: async () => hideFolders(await condition(), config),
    publicUrl,
    isOpen: webhookSecrets === null,
  };
}

async function makeSeal({ dataDir, secretKeys }: Config, log: Logger): Promise<Seal> {
  const warn = (why: string): void => log.warn({ why }, 'secret key file not private');
  return new AesSeal(...(await readSecretKeys(dataDir, secretKeys, warn)));
}

/** What is open; a start that failed never came to some of it. */
interface Running {
  embedded: EmbeddedStore;
  outside: Clients;
  worker?: ChainWorker;
  noticeWorker?: NoticeWorker;
  verifications?: Verifications;
  server?: Listening;
  slack?: SlackApp;
  unwatch?: () => Promise<void>;
  callOffDigest?: () => void;
}

async function closeAll(running: Running, clock: Clock): Promise<void> {
  const { embedded, outside, worker, noticeWorker, server, slack, unwatch } = running;
  running.callOffDigest?.();
  running.verifications?.stop();
  // Who waits for a rate limit would otherwise be waited for, minutes long.
  outside.gangway.close();
  outside.publisher?.close();
  const work = Promise.allSettled([
    unwatch?.(),
    server?.close(),
    slack?.stop(),
    worker?.stop(),
    noticeWorker?.stop(),
  ]);
  await withTimeout(clock, stopMs.work, work);
  await outside.http.close();
  await withTimeout(clock, stopMs.broken, work);
  await withTimeout(clock, stopMs.store, embedded.close());
}

function settingsOf(config: Config): FlowSettings {
  return {
    prowUrl: config.prowUrl,
    pollMs: config.pollIntervalMs,
    paceMs: config.gangwayRate === null ? 0 : config.gangwayRate.perMs / config.gangwayRate.calls,
    completionTimeoutMs: config.completionTimeoutMs,
    proofTimeoutMs: Math.min(maxProofTimeoutMs, config.completionTimeoutMs),
    gangwayToken: config.gangwayToken,
    slackWebhook: config.slackWebhookUrl,
    slackErrorsWebhook: config.slackErrorsWebhookUrl,
    slackChannel: config.slackApp?.channel ?? null,
  };
}
