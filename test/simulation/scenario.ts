import { SeededChance } from '../chance/seeded-chance.ts';
import type { JobDefinition } from '../prow/cluster/job-definition.ts';
import type { Outcome, RunPlan, StageDurations } from '../prow/cluster/run-plan.ts';
import { appFaults, type Fault, faults } from './tally.ts';

export const dataDir = '/data';
/** Where cards stand unless a rule says otherwise, and where such a rule has them. */
export const homeChannel = 'retrigger';
export const teamChannel = 'team';
export const minute = 60_000;
export const hour = 60 * minute;

export interface Budget {
  retries: number;
  perMs: number;
}

/** What a seed makes of a world: who fails when, by which rules it is judged, and what goes wrong how often. */
export interface Scenario {
  seed: number;
  jobs: JobDefinition[];
  /** When Prow starts which job, ms from the beginning. */
  starts: { jobName: string; atMs: number }[];
  /** The first one is in force at the beginning, the others are for reloads. */
  rules: string[];
  /** The most that any of the rules allows. */
  mostAttempts: number;
  budget: Budget | null;
  pollMs: number;
  /** `off`, or as the setting has it. */
  gangwayRate: string;
  /** Whether the service has a token of its own. */
  hasOwnToken: boolean;
  /** Whether there is a Slack app, so that chains have cards. */
  hasBot: boolean;
  /** The faults that this world knows. Each world leaves out most, because some hide what others would show. */
  faults: ReadonlySet<Fault>;
  /** From then on nothing goes wrong any more, ms from the beginning. */
  calmAtMs: number;
}

const durations: StageDurations = {
  scheduling: 2_000,
  triggered: 10_000,
  setup: minute,
  pre: 10 * minute,
  test: 12 * minute,
  post: 4 * minute,
  upload: 20_000,
  report: 5_000,
};

const outcomes: readonly Outcome[] = [
  'fail-pre',
  'fail-pre',
  'fail-pre',
  'fail-pre',
  'fail-pre',
  'fail-lease',
  'fail-import',
  'fail-test',
  'infra',
  'error',
  'aborted',
  'pass',
  'pass',
  'pass',
];

const steps = ['ipi-install-install', 'ipi-install-hosted-loki', 'ipi-conf-aws'];

/** Whether the bucket does not tell all that happened in this world, at once and to everybody. */
export function hidesArtifacts({ faults: known }: Scenario): boolean {
  return [...known].some((fault) => fault.startsWith('bucket: '));
}

export function drawScenario(seed: number): Scenario {
  const chance = new SeededChance(seed);
  const isFaulty = !chance.happens(0.05);
  const share = chance.pick([0.15, 0.3, 0.5]);
  const jobs = drawJobs(chance);
  const calmAtMs = chance.between(8, 16) * hour;
  const starts = jobs.flatMap(({ name }) =>
    Array.from({ length: chance.between(1, 3) }, () => ({
      jobName: name,
      atMs: chance.between(0, calmAtMs - 3 * hour),
    })),
  );
  const budget = chance.happens(0.4)
    ? { retries: chance.between(1, 3), perMs: chance.pick([2, 6, 24]) * hour }
    : null;
  const attempts = [chance.between(1, 3), chance.between(1, 3)];
  const drawn = attempts.map((most) => drawRules(chance, most, budget));
  const world = {
    seed,
    jobs,
    starts,
    mostAttempts: Math.max(...attempts),
    budget,
    pollMs: chance.pick([minute / 2, minute, 5 * minute]),
    hasOwnToken: chance.happens(0.5),
    gangwayRate: chance.pick(['off', '10/1m', '2/10m']),
    faults: new Set(isFaulty ? faults.filter(() => chance.happens(share)) : []),
    calmAtMs,
  };
  const hasBot = chance.happens(0.5);
  const rules = drawn.map((write) => write(chance.happens(0.3) ? teamChannel : null));
  const known = hasBot
    ? world.faults
    : new Set([...world.faults].filter((fault) => !appFaults.includes(fault)));
  return { ...world, hasBot, rules, faults: known };
}

function drawJobs(chance: SeededChance): JobDefinition[] {
  const long = `periodic-ci-${'a-very-long-name-of-a-repository-'.repeat(2)}main-e2e`;
  const names = ['aws', 'gcp', 'azure', 'metal'].map((cloud) => `periodic-ci-org-repo-main-e2e-${cloud}`);
  const count = chance.between(1, 5);
  return [...names, long].slice(-count).map((name) => ({
    name,
    type: 'periodic',
    plan: Array.from({ length: 24 }, () => drawPlan(chance)),
    ...(chance.happens(0.4) ? { maxConcurrency: 1 } : {}),
  }));
}

function drawPlan(chance: SeededChance): RunPlan {
  return {
    outcome: chance.pick(outcomes),
    step: chance.pick(steps),
    message: `level=error msg="quota ${chance.between(1, 2)} exceeded"`,
    durations,
    ...(chance.happens(0.05) ? { evictAfter: chance.between(1, 8) * minute } : {}),
    ...(chance.happens(0.1) ? { junit: { lateBy: chance.between(1, 40) * 1_000 } } : {}),
  };
}

function drawRules(
  chance: SeededChance,
  attempts: number,
  budget: Budget | null,
): (channel: string | null) => string {
  const delay = chance.pick(['1m', '10m', '30m', '2h']);
  const retry = [`attempts: ${attempts}`, `delay: ${delay}`];
  if (chance.happens(0.3)) retry.push('backoff: 2', 'max_delay: 3h', 'jitter: 0.1');
  if (chance.happens(0.3)) retry.push('cooldown: 1h');
  const history = chance.happens(0.3) ? ', history: {same_failure: stop, max_consecutive_failures: 4}' : '';
  const outage = chance.happens(0.4) ? 'outage: {same_step_jobs: 2, within: 1h, hold: 2h}' : '';
  const budgets =
    budget === null ? '' : `budgets: [{job: "*", retries: ${budget.retries}, per: ${budget.perMs / hour}h}]`;
  return (channel) => `
rules:
  - {name: setup, ${channel === null ? '' : `channel: "#${channel}", `}match: {phase: [pre, lease, import, infra]}, retry: {${retry.join(', ')}}${history}}
${budgets}
${outage}
`;
}
