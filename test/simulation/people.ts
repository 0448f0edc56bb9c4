import { type Chain, isOpen } from '../../src/chain/chain.ts';
import type { RunId } from '../../src/job/run.ts';
import type { Manager } from '../../src/job/managed-by.ts';
import type { NewRun } from '../prow/cluster/cluster.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { ask, cancelling, type Action, retrying, unlessUnavailable } from './actions.ts';
import { deleteSome, pressSome } from './people-in-slack.ts';
import { hour, managerLabels, minute, otherBucket } from './scenario.ts';
import { besetRun, planStranger } from './stranger.ts';
import type { Fault } from './tally.ts';
import { forgedToken, overrideSecret, ownToken, tokenOf } from './secrets.ts';
import type { Sender, SimulatedWorld } from './world.ts';

/** The caller of a job's step: its token triggers that job alone. */
export function senderOf(jobName: string): Sender {
  return { isForged: false, token: tokenOf(jobName), channel: `team-of-${jobName.slice(-20)}` };
}

/** Everything that happens to the service from outside, planned from the world's seed. */
export function planEvents(world: SimulatedWorld): void {
  const { prow, scenario } = world;
  for (const { name } of scenario.jobs)
    prow.gangway.allow(senderOf(name).token, (jobName) => jobName === name);
  if (scenario.hasOwnToken) prow.gangway.allow(ownToken);
  world.onSend = () => meddle(world);
  world.onArrival = (side, { method }) => {
    if (side === 'gangway' && method === 'POST') forgeOfAttempt(world);
  };
  prow.onReTriggerStep = (run) => callFromStep(world, run);
  planStranger(world);
  for (const { jobName, atMs, manager } of scenario.starts)
    world.after(atMs, () => startRun(world, jobName, startOf(atMs, manager)));
  for (const [fault, most, happen] of happenings) {
    if (!scenario.faults.has(fault)) continue;
    const count = world.chance.between(1, most);
    for (let n = 0; n < count; n += 1) {
      const atMs = world.chance.between(minute, scenario.calmAtMs - minute);
      world.after(atMs, () => happen(world, fault));
    }
  }
}

/** Half of the runs were started through Gangway by others, with overrides, one of them a secret by its name. */
function startOf(atMs: number, manager: Manager | null): NewRun {
  const label = Object.entries(managerLabels).find(([name]) => name === manager)?.[1];
  const labels = label === undefined ? {} : { [label]: 'true' };
  if (atMs % 2 === 0) return { labels };
  const envs = { RELEASE_IMAGE_LATEST: `payload-${atMs}`, DEPLOY_TOKEN: overrideSecret };
  return { labels, annotations: { executor: 'gangway' }, envs };
}

function startRun({ prow, tally }: SimulatedWorld, jobName: string, options: NewRun): void {
  const { bucketName } = prow.startRun(jobName, options);
  if (bucketName === otherBucket) tally.fire('run in another bucket');
  if (Object.keys(options.labels ?? {}).length > 0) tally.fire('run that something else manages');
}

type Happen = (world: SimulatedWorld, fault: Fault) => void;

/** What comes now and then, how often at most, and how. */
const happenings: readonly (readonly [Fault, number, Happen])[] = [
  ['killed at rest', 4, killAtRest],
  ['restarted in order', 3, restartInOrder],
  ['disk full', 2, (world, fault) => world.faults.begin(fault, world.chance.between(1, 30) * minute)],
  ['Gangway: down', 2, (world, fault) => world.faults.begin(fault, world.chance.between(5, 180) * minute)],
  ['Slack: down', 2, (world, fault) => world.faults.begin(fault, world.chance.between(5, 360) * minute)],
  ['bucket: not public', 1, closeBucket],
  ['clock set forward', 4, (world, fault) => setClock(world, fault, 1)],
  ['clock set back', 4, (world, fault) => setClock(world, fault, -1)],
  ['rules reloaded', 3, reloadRules],
  ['bad rules refused', 2, breakRules],
  ['data directory lost', 1, loseDisk],
  ['a person cancels', 3, cancelSome],
  ['a person retries', 5, retrySome],
  ['a person silences', 1, silenceSome],
  ['a person deletes a card', 3, deleteSome],
  ['a person presses a button', 6, pressSome],
];

/** The step waits for the answer, as curl does; a service that is not there fails it, and nothing is sent again. */
async function callFromStep(world: SimulatedWorld, run: ProwRun): Promise<string> {
  const { faults, chance } = world;
  const { jobName, buildId, prowJobId } = run;
  const id = { jobName, buildId, prowJobId };
  const sender = senderOf(jobName);
  besetRun(world, id);
  if (faults.strikes('notification forged', 0.4)) forge(world, id);
  if (faults.strikes('notification forged with a wrong place', 0.4)) forge(world, misplace(world, id));
  if (faults.strikes('notification repeated', 0.4)) {
    const count = chance.between(1, 3);
    for (let n = 0; n < count; n += 1) {
      world.after(chance.pick([1, 500, 20 * minute, 5 * hour]), () => void world.notify(id, sender));
    }
  }
  if (faults.strikes('notification late', 0.2)) {
    world.after(chance.between(1, 240) * minute, () => void world.notify(id, sender));
    return '';
  }
  await world.notify(id, sender);
  return '';
}

/** Somebody else tells of the run, before or after its own step does, with a token that opens nothing here. */
function forge(world: SimulatedWorld, run: RunId): void {
  const { chance, scenario } = world;
  const foreign = scenario.jobs.find(({ name }) => name !== run.jobName);
  const count = chance.pick([1, 1, 2, 6]);
  for (let n = 0; n < count; n += 1) {
    const made = `${forgedToken}-${chance.between(1, 99)}`;
    const tokens = [made, made, ...(foreign === undefined ? [] : [senderOf(foreign.name).token])];
    const sender = { isForged: true, token: chance.pick(tokens), channel: `forger-${n}` };
    world.after(chance.pick([0, 10, minute, hour]), () => void world.notify(run, sender));
  }
}

/** The id of an attempt is public from its creation on, long before its own step can tell of it. */
function forgeOfAttempt(world: SimulatedWorld): void {
  const { prow, faults } = world;
  const newest = prow.runs.at(-1);
  if (newest?.createdBy !== 'gangway' || newest.buildId !== '') return;
  if (!faults.strikes('notification forged', 0.3)) return;
  forge(world, { jobName: newest.jobName, buildId: '1930000000000000000', prowJobId: newest.prowJobId });
}

/** Another run's place, or none at all. */
function misplace({ chance, scenario, prow }: SimulatedWorld, run: RunId): RunId {
  const others = prow.runs.filter(({ buildId }) => buildId !== '' && buildId !== run.buildId);
  const other = others.length === 0 || chance.happens(0.3) ? null : chance.pick(others);
  const place = other ?? { jobName: chance.pick(scenario.jobs).name, buildId: '1930000000000000000' };
  return { ...run, jobName: place.jobName, buildId: place.buildId };
}

/** Somebody closes a bucket to the public, for a while. */
function closeBucket(world: SimulatedWorld, fault: Fault): void {
  if (!world.faults.strikes(fault, 1)) return;
  const bucket = world.chance.pick(world.prow.buckets);
  bucket.isPrivate = true;
  world.after(world.chance.between(5, 180) * minute, () => (bucket.isPrivate = false));
}

function killAtRest(world: SimulatedWorld, fault: Fault): void {
  if (world.life !== null && world.faults.kills(fault, 1)) world.crash(world.life);
}

function restartInOrder(world: SimulatedWorld, fault: Fault): void {
  if (world.life !== null && world.isUp && world.faults.kills(fault, 1)) void world.stop(world.life);
}

/** Some of those whose failures are gone then send them once more. */
function loseDisk(world: SimulatedWorld, fault: Fault): void {
  const { life, chance, prow, ledger } = world;
  if (life === null || !world.faults.kills(fault, 0.3)) return;
  world.loseDisk(life);
  for (const { jobName, buildId, prowJobId } of prow.runs) {
    if (!ledger.ownAccepted.has(prowJobId) || chance.happens(0.5)) continue;
    const sender = senderOf(jobName);
    world.after(chance.between(10, 240) * minute, () => {
      void world.notify({ jobName, buildId, prowJobId }, sender);
    });
  }
}

/** People act while calls are under way, too: a little of it at every call. */
function meddle(world: SimulatedWorld): void {
  if (world.chance.happens(0.003)) cancelSome(world, 'a person cancels');
  if (world.chance.happens(0.003)) retrySome(world, 'a person retries');
  if (world.scenario.hasBot && world.chance.happens(0.003)) pressSome(world, 'a person presses a button');
}

function setClock(world: SimulatedWorld, fault: Fault, sign: 1 | -1): void {
  if (world.faults.strikes(fault, 1)) {
    world.setClock(sign * world.chance.pick([1_000, 20_000, minute, minute, 20 * minute, 2 * hour]));
  }
}

function reloadRules(world: SimulatedWorld, fault: Fault): void {
  if (!world.faults.strikes(fault, 1)) return;
  world.rulesText = world.chance.pick(world.scenario.rules);
  void world.life?.rules.reload();
}

function breakRules(world: SimulatedWorld, fault: Fault): void {
  if (!world.faults.strikes(fault, 1)) return;
  world.rulesText = world.chance.pick(['', 'rules: [{name: 5}]', 'rules: [', '\u0000']);
  void world.life?.rules.reload();
}

function cancelSome(world: SimulatedWorld, fault: Fault): void {
  // One that waits for its turn at Gangway is due, and not made yet.
  const isDue = (chain: Chain): boolean =>
    chain.state === 'scheduled' && chain.wakeAt <= (world.life?.clock.now() ?? 0);
  const fits = (chain: Chain): boolean => isOpen(chain) && (isDue(chain) || world.chance.happens(0.4));
  void askOfSome(world, fault, cancelling(world), fits);
}

function retrySome(world: SimulatedWorld, fault: Fault): void {
  // What was handed to a person is what one looks at first.
  const fits = ({ state }: Chain): boolean => state === 'needs-human' || world.chance.happens(0.3);
  void askOfSome(world, fault, retrying(world), fits);
}

function silenceSome(world: SimulatedWorld, fault: Fault): void {
  const { life } = world;
  if (life?.open == null || !world.faults.strikes(fault, 1)) return;
  const job = world.chance.pick(world.scenario.jobs).name;
  const until = life.clock.now() + world.chance.between(1, 4) * hour;
  const silence = { id: `silence-${world.clock.now()}`, job, until, author: 'ada', comment: 'known' };
  const { silences } = life.open.flow;
  void unlessUnavailable(async () => {
    await silences.add(silence);
    world.ledger.silences.push({ job, from: world.clock.now(), until });
  });
}

async function askOfSome(
  world: SimulatedWorld,
  fault: Fault,
  action: Action,
  fits: (chain: Chain) => boolean,
): Promise<void> {
  const { life } = world;
  if (life?.open == null) return;
  const { chains } = await life.open.flow.store.page({ limit: 50 });
  const candidates = chains.filter(fits);
  if (candidates.length === 0 || !world.faults.strikes(fault, 1)) return;
  const { id } = world.chance.pick(candidates);
  world.note(`  … chain ${id}`);
  if (world.life === life) await ask(world, id, action);
}
