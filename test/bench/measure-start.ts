// Prints how long the service needs to start on a store of a given size, and how much memory it takes:
// `node test/bench/measure-start.ts JOBS CHAINS [TIMES] [SOURCE]`. SOURCE is another checkout to measure. The
// service gets the options of Node that the script itself was given, such as `--max-semi-space-size=8`.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { jobFileName } from '../../src/adapters/lowdb/chains/job-file.ts';
import { makeEndedChain } from './make-ended-chain.ts';

interface Measured {
  /** Seconds from the start of the process until `/healthcheck` is answered. */
  alive: number;
  /** Seconds from the start of the process until `/readyz` answers 200. */
  ready: number;
  /** Seconds of processor time until then: other work on the machine changes them little. */
  busy: number;
  /** The most resident memory until then, and a second later, in MiB. */
  peak: number;
  rest: number;
}

const [jobs = 400, chains = 90, times = 3] = process.argv.slice(2, 5).map(Number);
const source = resolve(process.argv[5] ?? join(import.meta.dirname, '../..'));

const directory = await mkdtemp(join(tmpdir(), 'retrigger-start-'));
try {
  const bytes = await fill(join(directory, 'data', 'jobs'));
  console.log(`${jobs} jobs with ${chains} chains, ${(bytes / 1e6).toFixed(0)} MB, in ${source}`);
  const all: Measured[] = [];
  for (let time = 0; time < times; time += 1) {
    const measured = await measure();
    all.push(measured);
    console.log(describe(measured));
  }
  console.log(`median: ${describe(median(all))}`);
} finally {
  await rm(directory, { recursive: true });
}

/** Writes the documents as the store would; chains of all jobs are mixed in time. Returns their bytes. */
async function fill(folder: string): Promise<number> {
  await mkdir(folder, { recursive: true });
  let bytes = 0;
  for (let n = 0; n < jobs; n += 1) {
    const job = `periodic-ci-openshift-release-master-nightly-4.20-e2e-variant-${n}`;
    const newestFirst = Array.from({ length: chains }, (_, k) => makeEndedChain(job, n, k));
    const text = JSON.stringify({ version: 1, job, chains: newestFirst });
    bytes += text.length;
    await writeFile(join(folder, jobFileName(job)), `${text}\n`);
  }
  return bytes;
}

async function measure(): Promise<Measured> {
  const port = await findPort();
  const begun = performance.now();
  const child = spawn(process.execPath, [...process.execArgv, 'src/main.ts', 'serve'], {
    cwd: source,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      RETRIGGER_LISTEN_PORT: String(port),
      RETRIGGER_DATA_DIR: join(directory, 'data'),
      // Nobody answers there.
      RETRIGGER_GANGWAY_URL: 'http://127.0.0.1:1',
      RETRIGGER_GCS_URL: 'http://127.0.0.1:1',
    },
  });
  try {
    const alive = await untilOk(`http://127.0.0.1:${port}/healthcheck`, begun, 20);
    const ready = await untilOk(`http://127.0.0.1:${port}/readyz`, begun, 100);
    const peak = await readMemory(child.pid, 'VmHWM');
    const busy = await readProcessorTime(child.pid);
    await setTimeout(1_000);
    return { alive, ready, busy, peak, rest: await readMemory(child.pid, 'VmRSS') };
  } finally {
    child.kill('SIGKILL');
    await new Promise((done) => child.once('close', done));
  }
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Seconds since `begun` when the address first answered 200; it is asked every `pauseMs`, and each answer takes the service time. */
async function untilOk(url: string, begun: number, pauseMs: number): Promise<number> {
  for (;;) {
    const status = await fetch(url).then(
      (response) => response.status,
      () => null,
    );
    if (status === 200) return (performance.now() - begun) / 1_000;
    await setTimeout(pauseMs);
  }
}

/** In MiB; `VmHWM` is the most that the process ever had. */
async function readMemory(pid: number | undefined, field: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024;
}

/** Seconds of user and system time; the kernel counts in hundredths. */
async function readProcessorTime(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function median(all: readonly Measured[]): Measured {
  const middle = (of: (each: Measured) => number) =>
    all.map(of).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
  return {
    alive: middle((each) => each.alive),
    ready: middle((each) => each.ready),
    busy: middle((each) => each.busy),
    peak: middle((each) => each.peak),
    rest: middle((each) => each.rest),
  };
}

function describe({ alive, ready, busy, peak, rest }: Measured): string {
  return `alive ${alive.toFixed(2)} s, ready ${ready.toFixed(2)} s (processor ${busy.toFixed(2)} s), memory ${peak.toFixed(0)} MiB at most, ${rest.toFixed(0)} MiB at rest`;
}
