import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { SystemClock } from '../../src/adapters/system/system-clock.ts';
import { type Answers, sendFlood } from '../end-to-end/flood.ts';
import { SmallService } from '../end-to-end/small-service.ts';
import { fast, notifyOnce, settingsFor } from '../end-to-end/process-setup.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { type Prow, startProw } from '../prow/start-prow.ts';

/**
 * Measures what a flood of made-up notifications costs the service in a heap of 256 MB, while true failures come at its
 * beginning, in its middle and at its end.
 */
const program = new Command('measure-flood')
  .option(
    '--source <folder>',
    'source folder of the version to measure',
    join(import.meta.dirname, '../../src'),
  )
  .option('--count <n>', 'made-up notifications', Number, 15_000)
  .option('--connections <n>', 'connections that send them', Number, 32)
  .option('--set <name=value...>', 'settings of the service', ['RETRIGGER_TRUST_PROXY=1'])
  .action(measure);

interface Options {
  source: string;
  count: number;
  connections: number;
  set: string[];
}

const jobName = 'periodic-ci-org-repo-main-e2e-flooded';
const rules = 'rules: [{ name: pre, match: { phase: pre }, retry: { attempts: 1, delay: 1s } }]';
/** How long a true failure is waited for, ms. */
const longestMs = 30_000;
const thirds = [0, 0.5, 1];

/** What became of true failures, each by the number of its run. */
interface Watch {
  /** When the service judged a run of the chain, ms since the epoch, by the chain's id. */
  judgedAt: Map<string, number>;
  /** The chain's id, by the run's id. */
  chainOf: Map<string, string>;
}

async function measure({ source, count, connections, set }: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'retrigger-flood-'));
  await writeFile(join(folder, 'rules.yaml'), rules);
  const prow = await startProw({ clock: new SystemClock(), durations: { ...fast, post: 1_000 } });
  prow.defineJob({ name: jobName, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
  const extra = Object.fromEntries(set.map((each) => each.split('=') as [string, string]));
  const env = { ...settingsFor(prow, folder), RETRIGGER_POLL_INTERVAL: '1s', LOG_LEVEL: 'info', ...extra };
  const watch: Watch = { judgedAt: new Map(), chainOf: new Map() };
  const life = begin(source, env, watch);
  const url = await life.url;
  notifyFromStep(prow, url, watch);
  const runs = await flood({ url, prow, count, connections });
  await report(life, folder, runs, watch, prow);
  await restart({ source, env, folder, life, watch });
  await prow.close();
  await rm(folder, { recursive: true, force: true });
}

function begin(source: string, env: Record<string, string>, watch: Watch): SmallService {
  return new SmallService({
    source,
    env,
    onLine: ({ msg, chain, time }) => {
      if (msg === 'judged' && chain !== undefined && !watch.judgedAt.has(chain))
        watch.judgedAt.set(chain, Date.parse(time));
    },
  });
}

function notifyFromStep(prow: Prow, url: string, { chainOf }: Watch): void {
  prow.onReTriggerStep = async (run) => {
    const answer = await notifyOnce(url, prow, run).catch(() => null);
    say(`  the step of run ${prow.runs.indexOf(run) + 1} was answered ${answer?.status ?? 'nothing'}`);
    if (answer?.ok === true) chainOf.set(run.prowJobId, ((await answer.json()) as { id: string }).id);
  };
}

interface Scene {
  url: string;
  prow: Prow;
  count: number;
  connections: number;
}

/** Sends the flood in two halves, and starts a true run before, between and after them. */
async function flood({ url, prow, count, connections }: Scene): Promise<ProwRun[]> {
  const half = Math.floor(count / 2);
  const runs: ProwRun[] = [];
  const began = performance.now();
  let taken = 0;
  let isDead = false;
  for (const part of thirds) {
    runs.push(prow.startRun(jobName));
    if (part === 1 || isDead) continue;
    const answers = await sendFlood({ url, jobName, first: runs.length * count, count: half, connections });
    taken += answers.get(202) ?? 0;
    isDead = answers.has(0);
    say(`  half of the flood: ${describe(answers)}`);
  }
  const seconds = (performance.now() - began) / 1000;
  say(`${isDead ? 'DEAD' : 'alive'} after ${taken} made-up 202s in ${seconds.toFixed(1)} s`);
  return runs;
}

async function report(
  life: SmallService,
  folder: string,
  runs: readonly ProwRun[],
  { judgedAt, chainOf }: Watch,
  prow: Prow,
): Promise<void> {
  for (const [n, run] of runs.entries()) {
    const when = `${(thirds[n] ?? 0) * 100} %`;
    const id = (): string => chainOf.get(run.prowJobId) ?? '';
    const until = Date.now() + longestMs;
    while (!judgedAt.has(id()) && Date.now() < until && life.isAlive) await sleep(20);
    const endedAt = prow.bucket.object(`${run.folder}/finished.json`)?.updatedAt ?? run.completedAt;
    const at = judgedAt.get(id());
    const said = at === undefined || endedAt === null ? 'NEVER judged' : `judged ${(at - endedAt) / 1000} s`;
    say(`true failure at ${when} of the flood: ${said} after its end showed in the bucket`);
  }
  if (!life.isAlive) return say(`it ended: ${life.stderr.split('\n').find((line) => /heap/.test(line))}`);
  say(`peak memory ${toMegabytes(await life.readPeak())} MB`);
  await describeDisk(folder);
}

async function describeDisk(folder: string): Promise<void> {
  const data = join(folder, 'data');
  const files = await readdir(join(data, 'jobs'));
  const sizes = await Promise.all(files.map(async (name) => (await stat(join(data, 'jobs', name))).size));
  const { size } = await stat(join(data, 'journal.jsonl'));
  say(`${files.length} documents of ${toMegabytes(sizes.reduce((sum, each) => sum + each, 0))} MB`);
  say(`journal of ${toMegabytes(size)} MB`);
}

interface Rest {
  source: string;
  env: Record<string, string>;
  folder: string;
  life: SmallService;
  watch: Watch;
}

/** The same directory once more. */
async function restart({ source, env, life, watch }: Rest): Promise<void> {
  await life.end();
  const began = performance.now();
  const next = begin(source, env, watch);
  try {
    const url = await next.url;
    const response = await fetch(`${url}/healthcheck`);
    say(`restarted in ${((performance.now() - began) / 1000).toFixed(1)} s, healthcheck ${response.status}`);
    await sleep(5_000);
    const ready = await fetch(`${url}/readyz`).catch(() => null);
    const state = next.isAlive ? `alive, readyz ${ready?.status ?? 'nothing'}` : 'DEAD';
    say(`5 s later: ${state}, peak ${toMegabytes(await next.readPeak().catch(() => 0))} MB`);
  } catch (error) {
    say(`the restart failed: ${String(error).slice(0, 300)}`);
  }
  await next.end('SIGKILL');
}

function toMegabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

function describe(answers: Answers): string {
  return [...answers].map(([status, times]) => `${times} × ${status === 0 ? 'nothing' : status}`).join(', ');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

await program.parseAsync();
