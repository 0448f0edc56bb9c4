import { SeededChance } from '../time/seeded-chance.ts';
import type { Manager } from '../../src/job/managed-by.ts';
import type { JobDefinition } from '../prow/cluster/job-definition.ts';
import type { Outcome, RunPlan, StageDurations } from '../prow/cluster/run-plan.ts';
import { appFaults, type Fault, faults, strangerFaults } from './tally.ts';

export const dataDir = '/data';
/** Where cards stand unless a rule says otherwise, and where such a rule has them. */
export const homeChannel = 'retrigger';
export const teamChannel = 'team';
/** The buckets of a world; the first one always takes some of the runs. */
export const publicBucket = 'test-platform-results-public';
export const otherBucket = 'results-of-another-team';
export const minute = 60_000;
export const hour = 60 * minute;

/** How many chains that nothing proves the service keeps in a world, so that few notifications are too many. */
export const limits = {
  unproven: { maxUnproven: 16, maxUnprovenOfJob: 8, compactAt: 16 * 1024 },
  firstChecks: { inAll: 8, ofOneJob: 4, inLine: 20 },
};
/** A job of another team, whose runs fail and have no step that would call us. */
export const otherTeamsJob = 'periodic-ci-another-team-main-e2e';

export interface Budget {
  retries: number;
  perMs: number;
}

/** What a seed makes of a world: who fails when, by which rules it is judged, and what goes wrong how often. */
export interface Scenario {
  seed: number;
  jobs: JobDefinition[];
  /** When Prow starts which job, ms from the beginning. */
  starts: { jobName: string; atMs: number; manager: Manager | null }[];
  /** As the setting has them, in order. */
  buckets: string[];
  /** The managers for whose runs a rule asks. */
  optsIn: readonly Manager[];
  /** The first one is in force at the beginning, the others are for reloads. */
  rules: string[];
  /** The most that any of the rules allows. */
  maxAttempts: number;
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
  'lost',
  'fail-clone',
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
  const usual = faults.filter((fault) => !strangerFaults.includes(fault));
  const known = new Set(isFaulty ? usual.filter(() => chance.happens(share)) : []);
  const buckets = drawBuckets(chance, known);
  const jobs = drawJobs(chance, buckets);
  const optsIn = chance.happens(0.5) ? [chance.pick(managersSeen)] : [];
  const calmAtMs = chance.between(8, 16) * hour;
  const starts = jobs.flatMap(({ name }) =>
    Array.from({ length: chance.between(1, 3) }, () => ({
      jobName: name,
      atMs: chance.between(0, calmAtMs - 3 * hour),
      manager:
        known.has('run that something else manages') && chance.happens(0.4)
          ? chance.pick(managersSeen)
          : null,
    })),
  );
  const budget = chance.happens(0.4)
    ? { retries: chance.between(1, 3), perMs: chance.pick([2, 6, 24]) * hour }
    : null;
  const attempts = [chance.between(1, 3), chance.between(1, 3)];
  const drawn = attempts.map((most) => drawRules(chance, { attempts: most, budget, optsIn }));
  const world = {
    seed,
    jobs,
    starts,
    buckets,
    optsIn,
    maxAttempts: Math.max(...attempts),
    budget,
    pollMs: chance.pick([minute / 2, minute, 5 * minute]),
    hasOwnToken: chance.happens(0.5),
    gangwayRate: chance.pick(['off', '10/1m', '2/10m']),
    faults: known,
    calmAtMs,
  };
  const hasBot = chance.happens(0.5);
  const rules = drawn.map((write) => write(chance.happens(0.3) ? teamChannel : null));
  const met = hasBot ? known : new Set([...known].filter((fault) => !appFaults.includes(fault)));
  return { ...world, hasBot, rules, faults: new Set([...met, ...drawStranger(seed)]) };
}

/** Two worlds in five have a stranger. By a chance of his own, so that he changes nothing else in a world. */
function drawStranger(seed: number): Fault[] {
  const chance = new SeededChance(seed ^ 0x2545f491);
  return chance.happens(0.4) ? strangerFaults.filter(() => chance.happens(0.5)) : [];
}

/** The managers whose mark is a label, so that a run of any name can bear it. */
const managersSeen = ['release-controller', 'aggregation', 'payload-test', 'ephemeral-cluster'] as const;

/** The label by which a run shows that it is managed (PROW.md, 6). */
export const managerLabels: Record<(typeof managersSeen)[number], string> = {
  'release-controller': 'release.openshift.io/verify',
  aggregation: 'release.openshift.io/aggregation-id',
  'payload-test': 'releaseJobNameHash',
  'ephemeral-cluster': 'ci.openshift.io/ephemeral-cluster',
};

/** In a world whose runs lie in two buckets, either may come first in the setting. */
function drawBuckets(chance: SeededChance, known: ReadonlySet<Fault>): string[] {
  if (!known.has('run in another bucket')) return [publicBucket];
  return chance.pick([
    [publicBucket, otherBucket],
    [otherBucket, publicBucket],
  ]);
}

function drawJobs(chance: SeededChance, buckets: readonly string[]): JobDefinition[] {
  const long = `periodic-ci-${'a-very-long-name-of-a-repository-'.repeat(2)}main-e2e`;
  const names = ['aws', 'gcp', 'azure', 'metal'].map((cloud) => `periodic-ci-org-repo-main-e2e-${cloud}`);
  const count = chance.between(1, 5);
  return [...names, long].slice(-count).map((name) => ({
    name,
    type: 'periodic',
    plan: Array.from({ length: 24 }, () => drawPlan(chance, buckets)),
    ...(chance.happens(0.4) ? { maxConcurrency: 1 } : {}),
  }));
}

function drawPlan(chance: SeededChance, buckets: readonly string[]): RunPlan {
  return {
    outcome: chance.pick(outcomes),
    step: chance.pick(steps),
    message: `level=error msg="quota ${chance.between(1, 2)} exceeded"`,
    durations,
    bucket: chance.pick(buckets),
    ...(chance.happens(0.06) ? { finished: chance.pick(['empty', 'missing'] as const) } : {}),
    ...(chance.happens(0.05) ? { evictAfter: chance.between(1, 8) * minute } : {}),
    ...(chance.happens(0.1) ? { junit: { lateBy: chance.between(1, 40) * 1_000 } } : {}),
  };
}

interface RuleDraft {
  attempts: number;
  budget: Budget | null;
  optsIn: readonly Manager[];
}

function drawRules(
  chance: SeededChance,
  { attempts, budget, optsIn }: RuleDraft,
): (channel: string | null) => string {
  const delay = chance.pick(['1m', '10m', '30m', '2h']);
  const retry = [`attempts: ${attempts}`, `delay: ${delay}`];
  if (chance.happens(0.3)) retry.push('backoff: 2', 'max_delay: 3h', 'jitter: 0.1');
  if (chance.happens(0.3)) retry.push('cooldown: 1h');
  const history = chance.happens(0.3) ? ', history: {same_failure: stop, max_consecutive_failures: 4}' : '';
  const outage = chance.happens(0.4) ? 'outage: {same_step_jobs: 2, within: 1h, hold: 2h}' : '';
  const budgets =
    budget === null ? '' : `budgets: [{job: "*", retries: ${budget.retries}, per: ${budget.perMs / hour}h}]`;
  const phases = 'phase: [pre, lease, import, infra]';
  const makes = `retry: {${retry.join(', ')}}${history}`;
  const managed =
    optsIn.length === 0
      ? ''
      : `  - {name: managed, match: {${phases}, managed_by: [${optsIn.join(', ')}]}, ${makes}}`;
  return (channel) => `
rules:
${managed}
  - {name: setup, ${channel === null ? '' : `channel: "#${channel}", `}match: {${phases}}, ${makes}}
${budgets}
${outage}
`;
}
