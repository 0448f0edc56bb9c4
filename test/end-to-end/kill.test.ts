import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChainView } from '../../src/chain/view-chain.ts';
import { SeededChance } from '../chance/seeded-chance.ts';
import { ScaledClock } from '../clock/scaled-clock.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { reTriggerBody } from '../prow/re-trigger-step.ts';
import { type Prow, startProw } from '../prow/start-prow.ts';
import { Victim } from './victim.ts';

const failures = 200;
const kills = 30;
/** A time-out of 65 s is 6.5 s then, and the quarter of a minute that a lost answer takes to clear up 1.5 s. */
const pace = 10;
const second = 1_000;
/** On the clock: how long all the runs take to begin, and the longest delay of an attempt. */
const [arrivalMs, longestDelayMs] = [20 * second, 60 * second];

/** How a job's runs go, how its chain must end, and how many runs there must be then. */
interface Part {
  plan: RunPlan[];
  state: ChainView['state'];
  runs: number;
}

const parts: Part[] = [
  { plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }], state: 'passed', runs: 2 },
  { plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }], state: 'passed', runs: 2 },
  { plan: [{ outcome: 'fail-pre' }], state: 'exhausted', runs: 2 },
  { plan: [{ outcome: 'fail-test' }], state: 'skipped', runs: 1 },
];
const waves = 20;
const jobs = Array.from({ length: failures }, (_, n) => ({
  ...(parts[n % parts.length] as Part),
  // Half of the names are cut in the label that Gangway lists by.
  name: `periodic-ci-org-repo-main-e2e-${n % 8 < 4 ? '' : 'with-a-name-that-no-label-holds-whole-'}${n}-w${n % waves}`,
}));
/** There is work in hand at every kill: each wave of jobs waits longer than the one before. */
const rules = [
  'rules:',
  ...Array.from({ length: waves }, (_, wave) => {
    const delay = Math.round((longestDelayMs * (wave + 1)) / waves);
    return `  - { name: wave-${wave}, match: { job: "*-w${wave}", phase: pre }, retry: { attempts: 1, delay: ${delay}ms } }`;
  }),
].join('\n');

/** Another seed (`SEED=7`) kills at other moments. */
const seed = Number(process.env['SEED'] ?? 1);

interface Scene {
  victim: Victim;
  prow: Prow;
  /** Runs whose failure the service has taken, by their ids. */
  taken: Set<string>;
}

async function setScene(t: TestContext): Promise<Scene> {
  const directory = await mkdtemp(join(tmpdir(), 'retrigger-kill-'));
  await writeFile(join(directory, 'rules.yaml'), rules);
  const clock = new ScaledClock({ pace });
  const minute = 6 * second;
  const durations = {
    scheduling: 100,
    triggered: 100,
    setup: minute,
    pre: minute,
    test: minute,
    post: minute,
  };
  const prow = await startProw({ clock, durations: { ...durations, upload: second, report: second } });
  const victim = new Victim(
    {
      RETRIGGER_LISTEN_PORT: '0',
      RETRIGGER_DATA_DIR: join(directory, 'data'),
      RETRIGGER_RULES_DIR: directory,
      RETRIGGER_GANGWAY_URL: prow.gangwayUrl,
      RETRIGGER_GANGWAY_RATE: 'off',
      RETRIGGER_GCS_URL: prow.bucketUrl,
      RETRIGGER_SLACK_ORIGINS: prow.slackUrl,
      RETRIGGER_POLL_INTERVAL: '4s',
      COMPILE_CACHE: join(directory, 'compiled'),
    },
    clock,
  );
  t.after(async () => {
    await victim.kill();
    await prow.close();
    await rm(directory, { recursive: true, force: true });
  });
  const taken = new Set<string>();
  prow.onReTriggerStep = (run) => notifyUntilTaken({ victim, prow, taken }, run);
  jobs.forEach(({ name, plan }, n) => {
    prow.defineJob({ name, type: 'periodic', plan });
    clock.at(clock.now() + (arrivalMs * n) / failures, () => void prow.startRun(name));
  });
  return { victim, prow, taken };
}

/** The better step of the README: it tries again until the failure was taken in. */
async function notifyUntilTaken({ victim, prow, taken }: Scene, run: ProwRun): Promise<void> {
  const body = reTriggerBody(run, { token: prow.token, slackWebhookUrl: prow.slack.hook() });
  for (;;) {
    const headers = { 'content-type': 'application/json' };
    const url = `${await victim.url}/openshift-ci-re-trigger`;
    const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => null);
    if (answer?.ok !== true) continue;
    taken.add(run.prowJobId);
    return;
  }
}

/** What is waited for before a kill, beside a time that is over anyway. */
type Moment = (scene: Scene, chance: SeededChance) => Promise<unknown>;

const moments = {
  /** Calls are in hand, and their answers are on the way or never come. */
  create: ({ prow }, chance) => {
    const count = () => prow.gangway.calls.filter(({ method }) => method === 'POST').length;
    const wanted = count() + 1 + Math.floor(6 * chance.next());
    return prow.gangway.whenCall(() => count() >= wanted);
  },
  read: ({ prow }, chance) =>
    nextOf(prow.bucket.calls, (fits) => prow.bucket.whenCall(fits), 1 + Math.floor(500 * chance.next())),
  message: ({ prow }, chance) =>
    nextOf(prow.slack.messages, (fits) => prow.slack.whenMessage(fits), 1 + Math.floor(4 * chance.next())),
  /** Any time, the start included. */
  any: () => new Promise(() => {}),
} satisfies Record<string, Moment>;

type At = keyof typeof moments;

/** The longest that a moment is waited for, in real ms. Attempts come late, and of them many at once. */
const longestMs: Record<At, number> = { create: 5_000, read: 600, message: 600, any: 350 };

async function nextOf<T>(
  entries: readonly T[],
  when: (fits: (entry: T) => boolean) => Promise<T>,
  more: number,
): Promise<void> {
  const wanted = entries.length + more;
  await when(() => entries.length >= wanted);
}

async function untilTaken({ victim, taken }: Scene, count: number): Promise<void> {
  while (taken.size < count) await victim.nextLine('request');
}

/** How many failures were open at a kill, and what it hit. */
interface Kill {
  open: number;
  at: At;
}

/** Kills as often as it is to be, at moments of chance. */
async function killAndKill(scene: Scene): Promise<Kill[]> {
  const { victim, taken, prow } = scene;
  const chance = new SeededChance(seed);
  const seen: Kill[] = [];
  for (let n = 0; n < kills; n += 1) {
    const at: At = n < kills * (2 / 3) ? chance.pick(['read', 'message', 'any'] as const) : 'create';
    const moment = moments[at](scene, chance);
    if (at !== 'any') await victim.url;
    const latestMs = at === 'create' ? longestMs.create : longestMs[at] * chance.next();
    const isLate = await Promise.race([moment, sleep(latestMs, 'late', { ref: false })]);
    await victim.kill();
    seen.push({ open: taken.size - countEnded(prow), at: isLate === 'late' ? 'any' : at });
    victim.start();
  }
  return seen;
}

/** Jobs whose end people were told. */
function countEnded({ slack }: Prow): number {
  const texts = slack.delivered.map(({ payload }) => String((payload as { text?: unknown }).text));
  return new Set(texts.flatMap((text) => /^\*(\S+) (?:passed|failed again) on/.exec(text)?.[1] ?? [])).size;
}

async function listChains({ victim }: Scene): Promise<ChainView[]> {
  const response = await fetch(`${await victim.url}/api/v1/chains?limit=1000`);
  return ((await response.json()) as { chains: ChainView[] }).chains;
}

/**
 * Looks again whenever the service has decided something, as it does at the end of nearly every chain, and now and then:
 * one that yields to another says nothing.
 */
async function untilAllEnded(scene: Scene): Promise<ChainView[]> {
  for (;;) {
    const decided = scene.victim.nextLine('judged');
    const chains = await listChains(scene);
    if (chains.length >= failures && chains.every(({ closed_at: closedAt }) => closedAt !== null))
      return chains;
    await Promise.race([decided, sleep(250, undefined, { ref: false })]);
  }
}

/**
 * An attempt whose creation was cut off twice is a person's to look for, as five calls don't tell of both: neither lost
 * nor made twice. Some of the kills are meant to hit many at once.
 */
function isAskedFor(chain: ChainView | undefined): boolean {
  const because = chain?.decision?.because.join(' ') ?? '';
  return chain?.state === 'needs-human' && because.includes('Nothing tells whether attempt 1 was started');
}

test(
  `killed ${kills} times with ${failures} failures in flight, it loses none and makes none twice (SEED=${seed})`,
  { timeout: 120_000 },
  async (t) => {
    const scene = await setScene(t);
    const { victim, prow, taken } = scene;
    const startedAt = performance.now();
    victim.start();
    await untilTaken(scene, 0.6 * failures);
    const seen = await killAndKill(scene);
    const killedAt = performance.now();
    const answered = [...taken];
    const known = new Set(
      (await listChains(scene)).flatMap(({ runs }) => runs.map((run) => run.prow_job_id)),
    );
    assert.deepEqual(
      answered.filter((id) => !known.has(id)),
      [],
      'these were lost',
    );
    const chains = await untilAllEnded(scene);
    const firstIds = new Set(prow.runs.filter((run) => run.createdBy === 'prow').map((run) => run.prowJobId));
    const isFirst = ({ runs }: ChainView) => firstIds.has(runs[0]?.prow_job_id ?? '');
    const first = new Map(chains.filter(isFirst).map((chain) => [chain.job_name, chain]));
    const asked = jobs.filter(({ name }) => isAskedFor(first.get(name)));
    const wrong = jobs.flatMap((job) => {
      const chain = first.get(job.name);
      const runs = prow.runs.filter((run) => run.jobName === job.name).length;
      if (asked.includes(job)) return runs <= job.runs ? [] : [{ ...job, runs, chain }];
      return chain?.state === job.state && runs === job.runs ? [] : [{ ...job, runs, chain }];
    });
    assert.deepEqual(wrong, []);
    assert.ok(asked.length <= failures / 5, `${asked.length} were left to a person`);
    const told = jobs.filter((job) => job.state !== 'skipped' && !asked.includes(job)).length;
    await prow.slack.whenMessage(() => countEnded(prow) === told);
    t.diagnostic(
      `${seen.length} kills in ${Math.round(killedAt - startedAt)} ms, ${asked.length} left to a person, all over after ${Math.round(performance.now() - startedAt)} ms; ` +
        `open then: ${seen.map(({ open, at }) => `${open} ${at}`).join(', ')}`,
    );
    const failed = prow.runs.filter(({ plan }) => plan.outcome !== 'pass');
    assert.deepEqual(new Set(failed.map(({ prowJobId }) => prowJobId)), taken);
    // An attempt whose notification came before the answer to its creation was known has a chain that yields to the first.
    const others = chains.filter((chain) => !isFirst(chain));
    assert.equal(chains.length - others.length, failures);
    assert.ok(others.every(({ decision }) => decision?.reason === 'superseded'));
    assert.deepEqual(victim.errors, []);
    assert.ok(seen.every(({ open }) => open >= failures / 4));
    assert.ok(seen.filter(({ at }) => at === 'create').length >= kills / 5);
  },
);
