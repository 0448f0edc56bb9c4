import { type OpenFlow, openFlow } from '../../src/app/start.ts';
import { AesSeal } from '../../src/adapters/system/aes-seal.ts';
import type { RuntimeOverrides } from '../../src/app/machine.ts';
import type { Chain } from '../../src/chain/chain.ts';
import { StoreUnavailable } from '../../src/chain/chain-store.ts';
import type { Config } from '../../src/config/read-config.ts';
import { acceptNotification } from '../../src/flow/accept/accept-notification.ts';
import { ObservedNotices, ObservedStore } from '../../src/flow/state/observed-store.ts';
import { LiveRules } from '../../src/flow/state/live-rules.ts';
import type { RunId } from '../../src/job/run.ts';
import { createLogger } from '../../src/logging.ts';
import { parseRules } from '../../src/rules/language/parse-rules.ts';
import { Secret } from '../../src/secret.ts';
import { MemoryDisk } from '../adapters/lowdb/disk/memory-disk.ts';
import { SeededChance } from '../time/seeded-chance.ts';
import { VirtualClock } from '../time/virtual-clock.ts';
import { buildProw, type ProwParts } from '../prow/start-prow.ts';
import { checkShown } from './check-cards.ts';
import { checkDocuments } from './check-strangers.ts';
import { configFor } from './config-for.ts';
import { drawDiskFaults } from './disk-faults.ts';
import { faultyDisk } from './faulty-disk.ts';
import {
  type Exchange,
  faultyNetwork,
  type NetworkFaults,
  type Request,
  type Side,
} from './faulty-network.ts';
import { Ledger } from './ledger.ts';
import { MortalClock } from './mortal-clock.ts';
import {
  limits,
  drawScenario,
  homeChannel,
  minute,
  publicBucket,
  type Scenario,
  teamChannel,
} from './scenario.ts';
import { botToken, checkDisk, forgedToken } from './secrets.ts';
import { type Lifetime, SlackWatch } from './slack-watch.ts';
import type { Tally } from './tally.ts';
import { watchPost } from './watch-post.ts';
import { FaultInjector } from './fault-injector.ts';

/** One life of the process. */
export interface Life {
  clock: MortalClock;
  isDead: boolean;
  span: Lifetime;
  /** `null` while it starts. */
  open: OpenFlow | null;
  rules: LiveRules;
  /** Resolves at its death. */
  death: PromiseWithResolvers<void>;
}

export interface Sender {
  /** It is not the run's own step. */
  isForged: boolean;
  token: string;
  /** The name of its Slack channel; `null`: it brings none. */
  channel: string | null;
}

/**
 * The service in a world that its seed determines: the real flow, store and adapters on a disk, a network and a clock
 * that fail, and Prow behind them. Nothing waits for real, so that the same seed is the same world to the last step.
 */
export class SimulatedWorld {
  readonly scenario: Scenario;
  readonly chance: SeededChance;
  readonly clock = new VirtualClock();
  readonly prow: ProwParts;
  readonly faults: FaultInjector;
  readonly tally: Tally;
  readonly seal = new AesSeal(new Secret('a key that only the simulation has'));
  readonly ledger = new Ledger(this.seal);
  readonly slackWatch: SlackWatch;
  readonly beganAt: number;
  /** What happened, a line each, for whoever looks into a breach. */
  readonly trace: string[] = [];
  /** Called once the other side has done what a call asks. */
  onArrival = (_side: Side, _request: Request): void => {};
  /** Called as a call of the service leaves. */
  onSend = (): void => {};
  /** Called once the service works after a start. */
  onUp = (): void => {};
  disk = new MemoryDisk();
  /** Runs that a stranger has made up. */
  madeUp = 0;
  life: Life | null = null;
  /** The rule file as it lies there now; the last good one is what a start goes by. */
  rulesText: string;
  #goodRules: string;
  #aheadMs = 0;
  readonly #config: Config;

  constructor(seed: number, tally: Tally) {
    this.scenario = drawScenario(seed);
    this.chance = new SeededChance(seed ^ 0x5f3759df);
    this.tally = tally;
    tally.onFire((fault) => {
      if (!/^(?:Slack|a stranger)/.test(fault)) this.ledger.troubles.push(this.clock.now());
    });
    this.beganAt = this.clock.now();
    const otherBuckets = this.scenario.buckets.filter((name) => name !== publicBucket);
    const { clock: time } = this;
    this.prow = buildProw({
      clock: time,
      compress: false,
      seed: String(seed),
      bucketName: publicBucket,
      otherBuckets,
    });
    for (const job of this.scenario.jobs) this.prow.defineJob(job);
    this.rulesText = this.scenario.rules[0] ?? '';
    this.#goodRules = this.rulesText;
    const { chance, scenario, prow, beganAt, clock } = this;
    this.faults = new FaultInjector({
      chance,
      scenario,
      tally,
      prow,
      now: () => clock.now(),
      note: (what) => this.note(what),
      beginsAt: beganAt,
    });
    this.slackWatch = new SlackWatch({
      tally,
      now: () => clock.now(),
      era: () => this.ledger.losses,
      nameOf: (channel) => prow.slack.api.workspace.findChannel(channel)?.name ?? channel,
    });
    if (scenario.hasBot) {
      const { api } = prow.slack;
      for (const name of [homeChannel, teamChannel]) api.addChannel(name);
      api.tokens.allow(botToken);
    }
    this.#config = configFor(scenario);
  }

  get isUp(): boolean {
    return this.life !== null && this.life.open !== null;
  }

  note(what: string): void {
    this.trace.push(`${new Date(this.clock.now()).toISOString().slice(5, 23)} ${what}`);
  }

  after(ms: number, what: () => void): void {
    this.clock.at(this.clock.now() + ms, what);
  }

  /** Starts the process; one that can't start ends, and is started again later. */
  start(): void {
    const clock = new MortalClock(this.clock, this.#aheadMs);
    const log = createLogger('debug', { write: (line: string) => void this.ledger.logs.push(line) });
    const rules = this.#loadRules(clock, log);
    const life: Life = {
      clock,
      isDead: false,
      open: null,
      rules,
      span: { bornAt: this.clock.now(), upAt: null, diedAt: null, knownChannels: new Map() },
      death: Promise.withResolvers(),
    };
    this.life = life;
    this.ledger.lives.push(life.span);
    this.note('start');
    this.ledger.troubles.push(this.clock.now());
    this.#open(life, log).catch((error: unknown) => {
      if (life.isDead) return;
      this.note(`could not start: ${String(error)}`);
      // With the process its lock goes.
      this.disk = this.disk.crash({ contents: false, names: false });
      this.#end(life);
    });
  }

  async #open(life: Life, log: ReturnType<typeof createLogger>): Promise<void> {
    const overrides = {
      disk: faultyDisk(this.disk, drawDiskFaults(this, life)),
      http: faultyNetwork(this.prow, this.#networkFaults(life)),
      random: () => this.chance.next(),
      seal: this.seal,
      limits,
    } satisfies RuntimeOverrides;
    const open = await openFlow(this.#config, { clock: life.clock, log }, life.rules, overrides);
    life.open = open;
    this.#observe(life, open);
    await open.load();
    for (const chain of await open.flow.store.listUnsettled()) this.#see(chain);
    await open.start();
    this.note('up');
    this.ledger.troubles.push(this.clock.now());
    life.span.upAt = this.clock.now();
    this.onUp();
  }

  #networkFaults(life: Life): NetworkFaults {
    return {
      after: (ms, what) => this.after(ms, what),
      hears: () => !life.isDead,
      note: (what, side) => side === 'gangway' && this.note(what),
      arrived: (exchange) => {
        this.slackWatch.arrive(exchange, life.span);
        if (exchange.side === 'gangway') this.#noteToken(exchange);
        this.onArrival(exchange.side, exchange.request);
      },
      heard: (exchange) => this.slackWatch.hear(exchange, life.span),
      send: (side, request) => {
        this.slackWatch.send(request, life.span);
        if (side === 'gangway' && request.method === 'POST') void watchPost(this, request);
        this.onSend();
        return this.faults.send(side, request);
      },
    };
  }

  #noteToken({ request, reply }: Exchange): void {
    const token = (request.headers?.['authorization'] ?? '').replace('Bearer ', '');
    // A run may have been created though the answer was a fault.
    const mayBeCreated = !token.startsWith(forgedToken) && reply.kind === 'reply' && reply.status >= 500;
    const isAnswer = reply.kind === 'reply' && (reply.status < 300 || reply.status === 404);
    const isTaken = mayBeCreated || isAnswer;
    if (isTaken && !this.ledger.takenTokens.has(token)) this.ledger.takenTokens.set(token, this.clock.now());
  }

  /** Looks at all that the service writes down, before anything is done about it. */
  #observe(life: Life, { flow: { store, notices }, worker, noticeWorker }: OpenFlow): void {
    if (!(store instanceof ObservedStore)) throw new Error('the flow has another store');
    if (!(notices instanceof ObservedNotices)) throw new Error('the flow has other notices');
    store.onChange((chain: Chain) => {
      if (life.isDead) return;
      this.#see(chain);
      checkShown(this, chain);
      worker.plan(chain);
    });
    notices.onChange((notice) => {
      if (life.isDead) return;
      this.slackWatch.seeNotice(notice);
      this.ledger.seeNotice(notice, this.clock.now());
      noticeWorker.plan(notice);
    });
  }

  #see(chain: Chain): void {
    this.ledger.see(chain, this.clock.now());
    this.slackWatch.see(chain);
  }

  #loadRules(clock: MortalClock, log: ReturnType<typeof createLogger>): LiveRules {
    const first = parseRules([{ path: 'rules.yaml', text: this.#goodRules }]);
    if (first.kind === 'bad') throw new Error(first.problems.join('\n'));
    const read = async () => {
      const parsed = parseRules([{ path: 'rules.yaml', text: this.rulesText }]);
      if (parsed.kind === 'good') this.#goodRules = this.rulesText;
      return parsed;
    };
    return new LiveRules(first, { read, clock, log });
  }

  /** Kills the process, or the machine under it. */
  crash(life: Life): void {
    if (life.isDead) return;
    checkDisk(this.tally, this.scenario, this.disk);
    checkDocuments(this);
    if (life.open === null) this.tally.fire('killed while starting');
    const isPowerCut = this.faults.strikes('power cut', 0.5);
    this.note(isPowerCut ? 'power cut' : 'killed');
    this.disk = isPowerCut
      ? this.disk.cutPower(this.chance)
      : this.disk.crash({ contents: false, names: false });
    this.#end(life);
  }

  /** The disk itself is new, as after a redeployment without a lasting one. */
  loseDisk(life: Life): void {
    this.note('data directory lost');
    this.disk = new MemoryDisk();
    this.ledger.losses += 1;
    this.ledger.cancelled.clear();
    this.ledger.addressed.clear();
    this.#end(life);
  }

  /** Stops the process as SIGTERM does. */
  async stop(life: Life): Promise<void> {
    if (life.isDead || life.open === null) return;
    await Promise.race([life.open.close(), life.death.promise]);
    if (!life.isDead) {
      this.note('stopped');
      this.#end(life);
    }
  }

  /** Somebody sets the machine's clock. */
  setClock(byMs: number): void {
    this.note(`clock set by ${byMs} ms`);
    this.#aheadMs += byMs;
    this.slackWatch.clockSetAt = this.clock.now();
    this.ledger.clockSetMs += Math.abs(byMs);
    this.life?.clock.set(this.#aheadMs, this.chance);
  }

  #isTrue({ jobName, buildId, prowJobId }: RunId): boolean {
    return this.prow.runs.some(
      (run) => run.prowJobId === prowJobId && run.buildId === buildId && run.jobName === jobName,
    );
  }

  /** A notification comes to the door; `false`: it was not taken. */
  async notify(run: RunId, sender: Sender): Promise<boolean> {
    const { life } = this;
    const isAnswered = life !== null && (await this.#accept(life, run, sender));
    const whose = sender.isForged ? 'forged notification' : 'notification';
    if (this.isUp || isAnswered)
      this.note(`${whose} of ${run.prowJobId.slice(0, 8)} ${isAnswered ? 'taken' : 'not taken'}`);
    // What a stranger tells with a wrong place proves nothing, and nobody is promised that it is kept.
    if (!isAnswered) this.tally.fire('notification refused');
    else if (!sender.isForged || this.#isTrue(run))
      this.ledger.accept(run.prowJobId, sender.isForged, this.clock.now());
    if (isAnswered && this.faults.kills('killed right after a 202', 0.15)) this.crash(life);
    return isAnswered;
  }

  /** A stranger's notification comes to the door: nothing is owed to him. */
  async hearStranger(run: RunId, { token, channel }: Omit<Sender, 'isForged'>): Promise<void> {
    const { life } = this;
    const isTaken = life !== null && (await this.#accept(life, run, { token, channel }));
    const { prowJobId, jobName } = run;
    this.note(`stranger on ${prowJobId.slice(0, 8)} of ${jobName} ${isTaken ? 'taken' : 'not taken'}`);
  }

  async #accept(
    life: Life,
    run: RunId,
    { token, channel }: { token: string; channel: string | null },
  ): Promise<boolean> {
    if (life.open === null) return false;
    const hook = channel === null ? null : new Secret(this.prow.slack.hook(channel));
    const notification = {
      ...run,
      token: new Secret(token),
      slackWebhook: hook,
      slackErrorsWebhook: null,
      isTrusted: false,
    };
    this.ledger.bring(run.prowJobId, token);
    const taken = acceptNotification(life.open.flow, notification).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        return false;
      },
    );
    const isTaken = await Promise.race([taken, life.death.promise.then(() => false)]);
    if (isTaken && channel !== null) this.ledger.address(run.prowJobId, this.clock.now());
    return isTaken && !life.isDead;
  }

  /** Ends this life, and plans the next. */
  #end(life: Life): void {
    life.isDead = true;
    life.span.diedAt = this.clock.now();
    life.clock.die();
    life.death.resolve();
    if (this.life === life) this.life = null;
    const downMs = this.chance.pick([1_000, 20_000, 5 * minute, 90 * minute]);
    this.after(downMs, () => this.life === null && this.start());
  }
}
