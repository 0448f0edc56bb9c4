import { createHttpApp } from './adapters/express/create-http-app.ts';
import type { HttpDeps } from './adapters/express/http-deps.ts';
import { listen } from './adapters/express/listen.ts';
import { GangwayClient } from './adapters/gangway/gangway-client.ts';
import { BucketSource } from './adapters/gcs/bucket-source.ts';
import type { EmbeddedStore } from './adapters/lowdb/embedded-store.ts';
import { openEmbeddedStore } from './adapters/lowdb/open-embedded-store.ts';
import { WebhookReporter } from './adapters/slack/webhook-reporter.ts';
import { AesSeal } from './adapters/system/aes-seal.ts';
import { readRulesDir } from './adapters/system/read-rules-dir.ts';
import { readOrMakeSecretKey } from './adapters/system/secret-key-file.ts';
import { cancelChain, retryChain } from './chain/act-on-chain.ts';
import type { Config } from './config.ts';
import { acceptNotification } from './flow/accept-notification.ts';
import { actOnChain } from './flow/act-on-chain.ts';
import type { Clock } from './flow/clock.ts';
import type { Flow } from './flow/flow.ts';
import { Worker } from './flow/worker.ts';
import { createHttpClient, type HttpClient } from './http.ts';
import { compileGlob } from './job/glob.ts';
import type { Logger } from './logging.ts';
import type { Reporter } from './report/reporter.ts';
import type { ArtifactSource } from './evidence/artifact-source.ts';
import { parseRules } from './rules/parse-rules.ts';
import type { Rule } from './rules/rule.ts';

export interface Surroundings {
  clock: Clock;
  log: Logger;
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
  /** Stops accepting, finishes what is in hand, at most for 10 s, and lets the store go. */
  close(): Promise<void>;
}

/** The rules in the directory do not hold; `problems` has a line for each thing to mend. */
export class BadRules extends Error {
  override name = 'BadRules';
  readonly problems: string[];

  constructor(directory: string, problems: string[]) {
    super(`the rules in ${directory} are not right`);
    this.problems = problems;
  }
}

const longestStopMs = 10_000;

export function connect(config: Config, clock: Clock): Outside {
  const http = createHttpClient(clock);
  const { gangwayUrl, gangwayRate, gcsUrl, gcsBucket } = config;
  return {
    http,
    gangway: new GangwayClient({ url: gangwayUrl, rate: gangwayRate, http, clock }),
    source: new BucketSource({ url: gcsUrl, bucket: gcsBucket, http }),
    reporter: new WebhookReporter(http),
  };
}

/** Throws `BadRules`, or an error that names the directory where it can't be read. */
export async function loadRules(directory: string): Promise<Rule[]> {
  let texts;
  try {
    texts = await readRulesDir(directory);
  } catch (cause) {
    throw new BadRules(directory, [`${directory}: the directory cannot be read (${String(cause)})`]);
  }
  const parsed = parseRules(texts);
  if (parsed.kind === 'bad') throw new BadRules(directory, parsed.problems);
  return parsed.rules;
}

/** Starts the service; throws where the rules, the store or the address stand in the way. */
export async function startService(config: Config, { clock, log }: Surroundings): Promise<Service> {
  const rules = await loadRules(config.rulesDir);
  const store = await openEmbeddedStore({ directory: config.dataDir, clock, log });
  const outside = connect(config, clock);
  const flow = await joinFlow(config, { clock, log }, store, outside, rules);
  const worker = new Worker(flow);
  const app = createHttpApp(exposeFlow(config, flow, store, worker, outside.gangway));
  const server = await listen(app, { ip: config.listenIp, port: config.listenPort, clock }).catch(
    async (error: unknown) => {
      await store.close();
      throw error;
    },
  );
  await worker.start();
  log.info({ url: server.url, rules: rules.length, data: config.dataDir }, 'serving');
  const close = async (): Promise<void> => {
    await server.close();
    await within(longestStopMs, clock, worker.stop());
    await outside.http.close();
    await store.close();
  };
  return { url: server.url, store, worker, close };
}

async function joinFlow(
  config: Config,
  { clock, log }: Surroundings,
  store: EmbeddedStore,
  { gangway, source, reporter }: Outside,
  rules: Rule[],
): Promise<Flow> {
  const seal = new AesSeal(config.secretKey ?? (await readOrMakeSecretKey(config.dataDir)));
  const settings = {
    bucket: config.gcsBucket,
    prowUrl: config.prowUrl,
    pollMs: config.pollIntervalMs,
    completionTimeoutMs: config.completionTimeoutMs,
    gangwayToken: config.gangwayToken,
    slackWebhook: config.slackWebhookUrl,
    slackErrorsWebhook: config.slackErrorsWebhookUrl,
  };
  return { store, source, api: gangway, reporter, seal, clock, log, rules: () => rules, settings };
}

/** What HTTP may ask of the flow; whatever changes a chain there is planned by the worker at once. */
function exposeFlow(
  config: Config,
  flow: Flow,
  store: EmbeddedStore,
  worker: Worker,
  gangway: GangwayClient,
): HttpDeps {
  const { clock, log } = flow;
  const act: HttpDeps['cancel'] = async (id) =>
    planned(await actOnChain(store, id, (chain) => cancelChain(chain, clock.now())));
  const retry: HttpDeps['retry'] = async (id) =>
    planned(
      await actOnChain(store, id, (chain) => retryChain(chain, config.gangwayToken !== null, clock.now())),
    );
  function planned<T extends Awaited<ReturnType<HttpDeps['cancel']>>>(result: T): T {
    if (result.kind === 'done') worker.plan(result.chain);
    return result;
  }
  return {
    async accept(notification) {
      const accepted = await acceptNotification(flow, notification);
      worker.plan(accepted.chain);
      return accepted;
    },
    store,
    cancel: act,
    retry,
    readiness: () => readReadiness(flow, store, gangway),
    config,
    log,
    clock,
    matchGlob: compileGlob,
  };
}

async function readReadiness(flow: Flow, store: EmbeddedStore, gangway: GangwayClient) {
  const fault = await store.check().then(
    () => null,
    (error: unknown) => String(error),
  );
  return {
    ready: fault === null,
    store: { ok: fault === null, fault },
    rules: { ok: true, count: flow.rules().length },
    gangway: gangway.health,
  };
}

async function within(ms: number, clock: Clock, done: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = clock.at(clock.now() + ms, resolve);
  await Promise.race([done, promise]);
  cancel();
}
