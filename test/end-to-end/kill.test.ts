import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { SystemClock } from '../../src/adapters/system/system-clock.ts';
import type { ChainView } from '../../src/chain/view-chain.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { reTriggerBody } from '../prow/re-trigger-step.ts';
import { startProw } from '../prow/start-prow.ts';

const main = join(import.meta.dirname, '../../src/main.ts');
const jobs = Array.from({ length: 12 }, (_, index) => `periodic-ci-org-repo-main-e2e-${index}`);
const durations = {
  scheduling: 20,
  triggered: 20,
  setup: 20,
  pre: 60,
  test: 60,
  post: 40,
  upload: 10,
  report: 10,
};
/** Each job waits longer than the one before, so that there is work in hand at every kill. */
const rules = [
  'rules:',
  ...jobs.map(
    (job, at) =>
      `  - { name: ${job}, match: { job: ${job} }, retry: { attempts: 1, delay: ${200 + 400 * at}ms } }`,
  ),
].join('\n');

/** The service as a process that can be killed, always on the same port and directory. */
class Victim {
  readonly #env: Record<string, string>;
  #child: ChildProcess | null = null;
  /** Resolves when it serves, or will again. */
  up: Promise<void> = Promise.resolve();

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  start(): Promise<void> {
    this.up = this.#start();
    return this.up;
  }

  async #start(): Promise<void> {
    const env = { PATH: process.env['PATH'] ?? '', ...this.#env };
    const child = spawn(process.execPath, [main, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('"msg":"serving"')) break;
    }
    child.stdout.resume();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const gone = once(child, 'exit');
    this.up = gone.then(() => undefined);
    child.kill('SIGKILL');
    await gone;
  }
}

test('killed ten times in the midst of its work, it loses no accepted failure and makes none twice', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'retrigger-kill-'));
  await writeFile(join(directory, 'rules.yaml'), rules);
  const prow = await startProw({ clock: new SystemClock(), durations });
  const port = await findPort();
  const url = `http://127.0.0.1:${port}`;
  const victim = new Victim({
    RETRIGGER_LISTEN_PORT: String(port),
    RETRIGGER_DATA_DIR: join(directory, 'data'),
    RETRIGGER_RULES_DIR: directory,
    RETRIGGER_GANGWAY_URL: prow.gangwayUrl,
    RETRIGGER_GANGWAY_RATE: 'off',
    RETRIGGER_GCS_URL: prow.bucketUrl,
    RETRIGGER_SLACK_ORIGINS: prow.slackUrl,
    RETRIGGER_POLL_INTERVAL: '40ms',
  });
  t.after(async () => {
    await victim.kill();
    await prow.close();
    await rm(directory, { recursive: true, force: true });
  });
  await victim.start();
  prow.onReTriggerStep = (run) => notifyUntilTaken(run);
  for (const name of jobs) {
    prow.defineJob({ name, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
    prow.startRun(name);
  }

  // Five times while a run is being created, which is the worst moment, and five times at some read of the bucket.
  for (let kills = 1; kills <= 5; kills += 1) {
    const create = 2 * kills - 1;
    await prow.gangway.whenCall(() => countCreates() >= create);
    await victim.kill();
    await victim.start();
    const reads = prow.bucket.calls.length + 5 * kills;
    await prow.bucket.whenCall(() => prow.bucket.calls.length >= reads);
    await victim.kill();
    await victim.start();
  }
  await prow.slack.whenMessage(() => toldPassed().size === jobs.length);

  const chains = await listChains();
  assert.deepEqual(
    chains.map(({ state }) => state),
    jobs.map(() => 'passed'),
  );
  assert.equal(prow.runs.length, 2 * jobs.length);

  function countCreates(): number {
    return prow.gangway.calls.filter(({ method }) => method === 'POST').length;
  }

  function toldPassed(): Set<string> {
    const texts = prow.slack.delivered.map(({ payload }) => String((payload as { text?: unknown }).text));
    return new Set(texts.flatMap((text) => /^\*(\S+) passed/.exec(text)?.[1] ?? []));
  }

  async function listChains(): Promise<ChainView[]> {
    const response = await fetch(`${url}/api/v1/chains`);
    return ((await response.json()) as { chains: ChainView[] }).chains;
  }

  /** The better step of the README: it tries again until the failure was taken in. */
  async function notifyUntilTaken(run: ProwRun): Promise<void> {
    const body = reTriggerBody(run, { token: prow.token, slackWebhookUrl: prow.slack.hook() });
    for (;;) {
      const headers = { 'content-type': 'application/json' };
      const taken = await fetch(`${url}/openshift-ci-re-trigger`, { method: 'POST', headers, body }).catch(
        () => null,
      );
      if (taken?.ok === true) return;
      await victim.up;
    }
  }
});

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
