import assert from 'node:assert/strict';
import { cancelChain, retryChain } from '../../src/chain/actions.ts';
import type { Accepted } from '../../src/chain/chain-store.ts';
import type { Chain } from '../../src/chain/chain.ts';
import { chainIdOf } from '../../src/chain/accept.ts';
import { acceptNotification } from '../../src/flow/accept/accept-notification.ts';
import { applyAction } from '../../src/flow/requests/chain-actions.ts';
import type { Flow, FlowSettings } from '../../src/flow/flow.ts';
import { joinFlow, type JoinedFlow, type Ports } from '../../src/app/join-flow.ts';
import type { NoticeWorker } from '../../src/flow/notices/notice-worker.ts';
import type { ChainWorker } from '../../src/flow/chain-worker.ts';
import type { Notification } from '../../src/intake/notification.ts';
import type { RunId } from '../../src/job/run.ts';
import { createLogger } from '../../src/logging.ts';
import type { DeliveryOutcome } from '../../src/report/reporter.ts';
import { parseRules } from '../../src/rules/language/parse-rules.ts';
import { Secret } from '../../src/secret.ts';
import { MemoryChainStore } from '../chain/memory-chain-store.ts';
import { VirtualClock } from '../time/virtual-clock.ts';
import { MemoryKnownTokens } from '../chain/memory-known-tokens.ts';
import { MemoryNoticeStore } from '../chain/memory-notice-store.ts';
import { MemorySilenceStore } from '../rules/decide/memory-silence-store.ts';
import { MemoryBucket, publicBucket, type RunFiles, type RunOutcome } from './memory-bucket.ts';
import { MemoryGangway } from './memory-gangway.ts';
import { MemoryPastRuns } from '../../src/history/past-runs.ts';

/** Where the step of the job wants to have its messages. */
export const channel = 'https://hooks.slack.com/services/T/B/X';
export const minute = 60_000;
export const hour = 60 * minute;
export const job = 'periodic-ci-org-repo-main-e2e';
export const twoAttempts = 'rules: [{name: again, match: {phase: pre}, retry: {attempts: 2, delay: 30m}}]';

/** The chain of the first run that fails in a world. */
export const firstId = chainIdOf(`run-1-of-${job}`);

export interface FlowOptions {
  rules?: string;
  /** How the attempts go, in order of creation; the last outcome stays. */
  attempts?: RunOutcome[];
  settings?: Partial<Flow['settings']>;
  store?: MemoryChainStore;
  ports?: Partial<Ports>;
}

/** The flow with everything around it in memory and on a virtual clock. */
export class FlowWorld {
  readonly clock = new VirtualClock();
  readonly store: MemoryChainStore;
  readonly bucket = new MemoryBucket();
  /** The bucket to which runs are uploaded from now on. */
  uploadsTo = publicBucket;
  readonly gangway = new MemoryGangway(this.clock);
  readonly silences = new MemorySilenceStore();
  readonly knownTokens = new MemoryKnownTokens(this.clock);
  /** The titles of what people were told, oldest first. */
  readonly told: string[] = [];
  /** The same, with where and when they read it. */
  readonly heard: { title: string; lines: readonly string[]; address: string; at: number }[] = [];
  /** What comes of a message to an address. */
  onDelivery: (address: string) => DeliveryOutcome = () => ({ kind: 'delivered' });
  readonly logs: string[] = [];
  /** Called at every change of a chain, after the worker. */
  onChange: (chain: Chain) => void = () => {};
  /** What takes the place of what is in memory, from the next start on. */
  readonly ports: Partial<Ports>;
  flow!: Flow;
  worker!: ChainWorker;
  noticeWorker!: NoticeWorker;
  #joined!: JoinedFlow;
  #rules: string;

  #builds = 0;

  constructor({
    rules = twoAttempts,
    attempts = ['pass'],
    settings = {},
    store,
    ports = {},
  }: FlowOptions = {}) {
    this.#rules = rules;
    this.ports = ports;
    this.store = store ?? new MemoryChainStore();
    this.#join(settings);
    this.gangway.onStarted = (run) => {
      const outcome = attempts[this.gangway.started.length - 1] ?? attempts.at(-1) ?? 'pass';
      this.runAttempt(run, outcome);
    };
  }

  /** A run of the job that failed, and that a notification told of; `files`: what else its `prowjob.json` says. */
  async fail(outcome: RunOutcome = 'pre', jobName = job, files: Partial<RunFiles> = {}): Promise<string> {
    const run = { jobName, prowJobId: `run-${this.#builds + 1}-of-${jobName}`, buildId: this.nextBuild() };
    this.bucket.putRun({ bucket: this.uploadsTo, ...files, ...run, outcome });
    this.gangway.others.push(run);
    await this.notify(run);
    return chainIdOf(run.prowJobId);
  }

  async notify(run: RunId, changes: Partial<Notification> = {}): Promise<Accepted> {
    const slackWebhook = new Secret(channel);
    const token = new Secret('callers');
    return acceptNotification(this.flow, {
      ...run,
      token,
      slackWebhook,
      slackErrorsWebhook: null,
      isTrusted: false,
      ...changes,
    });
  }

  /** The run of an attempt turns pending after a minute and ends an hour later. */
  runAttempt(
    { jobName, prowJobId, labels, annotations, envs }: MemoryGangway['started'][0],
    outcome: RunOutcome,
  ): void {
    const bucket = this.uploadsTo;
    const run = { jobName, prowJobId, buildId: this.nextBuild(), labels, annotations, envs, bucket };
    const now = this.clock.now();
    this.clock.at(now + minute, () => this.bucket.putRun({ ...run, outcome: 'pending' }));
    this.clock.at(now + hour, () => this.bucket.putRun({ ...run, outcome }));
  }

  nextBuild(): string {
    this.#builds += 1;
    return String(1_930_000_000_000_000_000n + BigInt(this.#builds));
  }

  setRules(text: string): void {
    this.#rules = text;
  }

  /** What a restart forgets is forgotten. */
  async restart(): Promise<void> {
    await Promise.all([this.worker.stop(), this.noticeWorker.stop()]);
    this.#join(this.flow.settings);
    for (const chain of await this.chains()) this.#joined.takeUp(chain);
    this.flow.failures.settle();
    this.worker.start();
  }

  async cancel(id: string): Promise<string> {
    return (await applyAction(this.flow, id, (chain) => cancelChain(chain, this.clock.now()))).kind;
  }

  async retry(id: string): Promise<string> {
    return (await applyAction(this.flow, id, (chain) => retryChain(chain, true, this.clock.now()))).kind;
  }

  async chain(id: string): Promise<Chain> {
    const chain = await this.store.get(id);
    assert.ok(chain !== null);
    return chain;
  }

  async chains(): Promise<Chain[]> {
    return (await this.store.page({ limit: 1000 })).chains;
  }

  /** Lets time pass, one timer after the other, until the condition holds; fails where nothing more can happen. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    if (!(await this.#goOn(holds))) throw new Error(`it never came to this: ${what}`);
  }

  async untilState(id: string, ...states: Chain['state'][]): Promise<Chain> {
    await this.until(`the chain is ${states.join(' or ')}`, async () =>
      states.includes((await this.chain(id)).state),
    );
    return this.chain(id);
  }

  /** Lets everything happen that still can. */
  async untilQuiet(): Promise<void> {
    await this.#goOn(() => false);
  }

  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.#goOn(() => (this.clock.nextDue() ?? Infinity) > end);
    this.clock.advanceTo(end);
  }

  async #goOn(holds: () => boolean | Promise<boolean>): Promise<boolean> {
    for (let steps = 0; steps < 50_000; steps += 1) {
      await this.#untilIdle();
      if (await holds()) return true;
      const due = this.clock.nextDue();
      if (due === null) return false;
      this.clock.advanceTo(due);
    }
    throw new Error('it never ends');
  }

  async #untilIdle(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
      await this.worker.idle();
    } while (this.noticeWorker.inHand > 0);
  }

  #join(settings: Partial<FlowSettings>): void {
    const joined = joinFlow(this.#portsFor(settings), { inAll: 500, ofOneJob: 25, inLine: 500 });
    joined.onChange((chain) => this.onChange(chain));
    this.#joined = joined;
    this.flow = joined.flow;
    this.worker = joined.worker;
    this.noticeWorker = joined.noticeWorker;
  }

  #portsFor(settings: Partial<FlowSettings>): Ports {
    return {
      store: this.store,
      source: this.bucket,
      api: this.gangway,
      knownTokens: this.knownTokens,
      reporter: {
        deliver: async ({ title, lines }, address) => {
          const delivery = this.onDelivery(address.reveal());
          if (delivery.kind !== 'delivered') return delivery;
          this.told.push(title);
          this.heard.push({ title, lines, address: address.reveal(), at: this.clock.now() });
          return delivery;
        },
      },
      seal: {
        close: (secret) => secret.reveal(),
        open: (sealed) => new Secret(sealed),
        mark: (secret) => `mark of ${secret.reveal()}`,
      },
      clock: this.clock,
      log: createLogger('debug', { write: (line: string) => void this.logs.push(line) }),
      pastRuns: new MemoryPastRuns(this.clock),
      silences: this.silences,
      notices: new MemoryNoticeStore(),
      publisher: null,
      random: () => 0.5,
      rules: () => {
        const parsed = parseRules([{ path: 'rules.yaml', text: this.#rules }]);
        if (parsed.kind === 'bad') throw new Error(parsed.problems.join('\n'));
        return parsed.rules;
      },
      settings: {
        prowUrl: 'https://prow.ci.openshift.org',
        pollMs: 30_000,
        paceMs: 6_000,
        completionTimeoutMs: 12 * hour,
        proofTimeoutMs: 2 * hour,
        gangwayToken: new Secret('own'),
        slackWebhook: null,
        slackErrorsWebhook: null,
        slackChannel: null,
        ...settings,
      },
      ...this.ports,
    };
  }
}
