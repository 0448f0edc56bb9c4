import type { RunId } from '../../src/job/run.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { checkBounds } from './check-strangers.ts';
import { hour, minute, otherTeamsJob } from './scenario.ts';
import { forgedToken } from './secrets.ts';
import { type Fault, strangerFaults } from './tally.ts';
import type { SimulatedWorld } from './world.ts';

/** With what the names of jobs begin that a stranger makes up. */
export const madeUpJob = 'periodic-ci-made-up';

/**
 * What a stranger does who reaches the flow's door: he notifies of runs that nobody started, and of runs that are public,
 * with made-up tokens and his own Slack addresses. The door for HTTP in front of it is not in the worlds.
 */
export function planStranger(world: SimulatedWorld): void {
  const { scenario, prow } = world;
  if (!strangerFaults.some((fault) => scenario.faults.has(fault))) return;
  prow.defineJob({
    name: otherTeamsJob,
    type: 'periodic',
    plan: [{ outcome: 'fail-pre', reTriggerStep: false }],
  });
  for (const [fault, most, act] of visits) {
    if (!scenario.faults.has(fault)) continue;
    const count = world.chance.between(1, most);
    for (let n = 0; n < count; n += 1) {
      const atMs = world.chance.between(minute, scenario.calmAtMs - minute);
      world.after(atMs, () => world.faults.strikes(fault, 1) && act(world));
    }
  }
  world.onUp = () => {
    if (world.faults.strikes('a stranger floods at a start', 0.5)) flood(world, pickJob(world));
  };
}

/** What comes now and then, how often at most, and how. */
const visits: readonly (readonly [Fault, number, (world: SimulatedWorld) => void])[] = [
  ['a stranger floods', 2, (world) => flood(world, null)],
  ['a stranger floods a real job', 3, (world) => flood(world, pickJob(world))],
  ['a stranger names true runs', 6, nameTrueRuns],
  ['a stranger misnames true runs', 6, misnameTrueRuns],
  ["a stranger names another team's runs", 3, nameOtherTeam],
];

/** The step of a run that failed is about to call us. */
export function besetRun(world: SimulatedWorld, run: RunId): void {
  const { faults, chance } = world;
  if (faults.strikes('a stranger floods beside a true failure', 0.5)) {
    const laterMs = chance.pick([0, 0, 1, 500, minute, 20 * minute]);
    if (laterMs === 0) flood(world, run.jobName);
    else world.after(laterMs, () => flood(world, run.jobName));
  }
}

/** Notifies of many runs at once. `jobName`: a real job; `null`: each is of another job that is made up. */
function flood(world: SimulatedWorld, jobName: string | null): void {
  const count = world.chance.pick([3, 10, 20]);
  for (let n = 0; n < count; n += 1) {
    const id = inventId(world);
    say(world, { ...id, jobName: jobName ?? `${madeUpJob}-${id.buildId.slice(-6)}` });
  }
  void checkBounds(world);
}

function nameTrueRuns(world: SimulatedWorld): void {
  for (const run of pickRuns(world)) say(world, idOf(run));
}

/** A true run's id with a place that is not its own, or its place with an id that is not its own. */
function misnameTrueRuns(world: SimulatedWorld): void {
  for (const run of pickRuns(world)) {
    const made = inventId(world);
    const named = idOf(run);
    const wrong = world.chance.pick([
      { ...named, buildId: made.buildId },
      { ...named, jobName: `${madeUpJob}-${made.buildId.slice(-6)}` },
      { ...named, jobName: pickJob(world) },
      { ...named, prowJobId: made.prowJobId },
    ]);
    say(world, wrong);
  }
}

/** Half of the runs have ended when he tells of them. */
function nameOtherTeam(world: SimulatedWorld): void {
  const run = world.prow.startRun(otherTeamsJob);
  world.after(world.chance.pick([10, 300]) * minute, () => say(world, idOf(run)));
}

function pickRuns({ prow, chance }: SimulatedWorld): ProwRun[] {
  return chance.some(prow.runs.slice(-4));
}

function idOf({ jobName, buildId, prowJobId }: ProwRun): RunId {
  return { jobName, prowJobId, buildId: buildId === '' ? '1930000000000000000' : buildId };
}

function pickJob({ chance, scenario }: SimulatedWorld): string {
  return chance.pick(scenario.jobs).name;
}

function inventId(world: SimulatedWorld): Pick<RunId, 'prowJobId' | 'buildId'> {
  const n = (world.madeUp += 1);
  return { prowJobId: `made-up-${n}`, buildId: String(1_990_000_000_000_000_000n + BigInt(n)) };
}

function say(world: SimulatedWorld, run: RunId): void {
  const { chance, faults } = world;
  const token = `${forgedToken}-stranger-${chance.between(1, 99)}`;
  const sender = { token, channel: chance.happens(0.5) ? 'stranger' : null };
  void world.hearStranger(run, sender);
  if (!faults.strikes('a stranger repeats himself', 0.1)) return;
  for (const ms of [1, minute, 2 * hour]) world.after(ms, () => void world.hearStranger(run, sender));
}
