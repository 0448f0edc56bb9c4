import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type Service, startService } from '../../src/app/start.ts';
import type { ChainView } from '../../src/report/chain/view-chain.ts';
import { readConfig } from '../../src/config/read-config.ts';
import type { RunId } from '../../src/job/run.ts';
import { createLogger } from '../../src/logging.ts';
import { VirtualClock } from '../time/virtual-clock.ts';
import { runReTriggerStep } from '../prow/re-trigger-step.ts';
import { type Prow, type ProwOptions, startProw } from '../prow/start-prow.ts';

const shippedRules = join(import.meta.dirname, '../../rules');

export interface WorldOptions {
  prow?: Omit<ProwOptions, 'clock'>;
  env?: Record<string, string>;
  /** A rule file in place of the shipped ones. */
  rules?: string;
  /**
   * Slack's app is installed, with a channel `ci-retries`; steps then bring no address of their own, and show the secret,
   * so that the channel hears of a chain from the start.
   */
  slackApp?: boolean;
}

/**
 * The real service on a port, its store on the disk, and the stand-in for Prow, bucket and Slack, all on one virtual
 * clock: a day passes in the time that its work takes, and nothing ever waits for the real clock.
 */
export class World {
  readonly clock: VirtualClock;
  readonly prow: Prow;
  readonly logs: string[];
  readonly directory: string;
  /** Steps send the addresses of their team's channels along. */
  bringsHooks = true;
  service: Service;
  readonly #env: Record<string, string>;

  private constructor(
    base: Pick<World, 'clock' | 'prow' | 'service' | 'logs' | 'directory'>,
    env: Record<string, string>,
  ) {
    const { prow } = base;
    this.clock = base.clock;
    this.prow = prow;
    this.service = base.service;
    this.logs = base.logs;
    this.directory = base.directory;
    this.#env = env;
    prow.onReTriggerStep = (run) =>
      runReTriggerStep(run, {
        serverUrl: `${this.service.url}/openshift-ci-re-trigger`,
        token: prow.token,
        slackWebhookUrl: this.bringsHooks ? prow.slack.hook() : '',
        slackErrorsWebhookUrl: this.bringsHooks ? prow.slack.hook('errors') : '',
        ...(this.#secret === undefined ? {} : { webhookSecret: this.#secret }),
      });
  }

  static async start(
    t: TestContext,
    { prow: prowOptions, env, rules, slackApp = false }: WorldOptions = {},
  ): Promise<World> {
    const clock = new VirtualClock();
    const prow = await startProw({ ...prowOptions, clock });
    const directory = await mkdtemp(join(tmpdir(), 'retrigger-'));
    if (rules !== undefined) await writeFile(join(directory, 'rules.yaml'), rules);
    const settings = {
      RETRIGGER_LISTEN_PORT: '0',
      RETRIGGER_DATA_DIR: join(directory, 'data'),
      RETRIGGER_RULES_DIR: rules === undefined ? shippedRules : directory,
      RETRIGGER_GANGWAY_URL: prow.gangwayUrl,
      RETRIGGER_GANGWAY_RATE: 'off',
      RETRIGGER_GCS_URL: prow.bucketUrl,
      RETRIGGER_SLACK_ORIGINS: prow.slackUrl,
      ...(slackApp ? installSlackApp(prow) : {}),
      ...env,
    };
    const logs: string[] = [];
    const service = await startWith(settings, clock, logs);
    const world = new World({ clock, prow, service, logs, directory }, settings);
    world.bringsHooks = !slackApp;
    t.after(async () => {
      await world.service.close();
      await prow.close();
      await rm(directory, { recursive: true, force: true });
    });
    return world;
  }

  get #secret(): string | undefined {
    return this.#env['RETRIGGER_WEBHOOK_SECRET'];
  }

  /** Ends the service, and starts another one on the same directory. */
  async restart(changes: Record<string, string> = {}): Promise<void> {
    await this.service.close();
    this.service = await startWith({ ...this.#env, ...changes }, this.clock, this.logs);
  }

  /** The service is away for `ms`, while Prow goes on. */
  async restartAfter(ms: number): Promise<void> {
    await this.service.close();
    this.clock.advance(ms);
    this.service = await startWith(this.#env, this.clock, this.logs);
  }

  /** Every file that the service wrote, as text. */
  async readFiles(): Promise<string[]> {
    const data = join(this.directory, 'data');
    const entries = await readdir(data, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')));
  }

  /** Lets time pass, one timer after the other, until the condition holds; fails where nothing more can happen. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let steps = 0; steps < 100_000; steps += 1) {
      await this.prow.settled();
      await this.#untilIdle();
      if (await holds()) return;
      const due = this.clock.nextDue();
      if (due === null) break;
      this.clock.advanceTo(due);
    }
    throw new Error(`it never came to this: ${what}`);
  }

  /**
   * Work in hand is real input and output, so the machine decides how long it takes. This looks once a millisecond: a
   * loop over `setImmediate` keeps a core busy that the work needs. If the work never ends, the runner ends the test.
   */
  async #untilIdle(): Promise<void> {
    while (!this.service.isIdle()) await setTimeout(1);
  }

  /** Lets time pass until the only chain is in one of these states, and gives its view. */
  async untilState(...states: string[]): Promise<ChainView> {
    let seen: ChainView | undefined;
    await this.until(`a chain is ${states.join(' or ')}`, async () => {
      seen = (await this.chains()).find(({ state }) => states.includes(state));
      return seen !== undefined;
    });
    if (seen === undefined) throw new Error('no chain');
    return seen;
  }

  async chains(): Promise<ChainView[]> {
    const response = await fetch(`${this.service.url}/api/v1/chains`);
    const { chains } = (await response.json()) as { chains: ChainView[] };
    return chains;
  }

  async notify(body: Record<string, unknown>, path = '/openshift-ci-re-trigger'): Promise<Response> {
    return fetch(this.service.url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.#secret === undefined ? {} : { authorization: `Bearer ${this.#secret}` }),
      },
      body: JSON.stringify(body),
    });
  }

  /** Notifies of a run as its step would, which some runs end too soon to reach. */
  async notifyOf(run: RunId, changes: Record<string, unknown> = {}): Promise<Response> {
    return this.notify({
      job_name: run.jobName,
      build_id: run.buildId,
      prow_job_id: run.prowJobId,
      trigger_token: this.prow.token,
      slack_webhook_url: this.prow.slack.hook(),
      slack_errors_webhook_url: this.prow.slack.hook('errors'),
      ...changes,
    });
  }

  /** What people in the channels saw, oldest first. */
  get messages(): string[] {
    return this.prow.slack.delivered.map(({ payload }) => String((payload as { text?: unknown }).text));
  }
}

/** The settings that connect the service with Slack's app. */
function installSlackApp({ slack, slackUrl }: Prow): Record<string, string> {
  slack.api.addChannel('ci-retries');
  return {
    SLACK_BOT_TOKEN: slack.api.botToken,
    SLACK_SIGNING_SECRET: slack.api.signingSecret,
    RETRIGGER_SLACK_API_URL: `${slackUrl}/api`,
    RETRIGGER_SLACK_CHANNEL: '#ci-retries',
    RETRIGGER_WEBHOOK_SECRET: 'secret-of-all-steps-that-may-call',
  };
}

async function startWith(env: Record<string, string>, clock: VirtualClock, logs: string[]): Promise<Service> {
  const read = readConfig(env);
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const log = createLogger('trace', { write: (line: string) => void logs.push(line) });
  return startService(read.config, { clock, log });
}
