import { isProven } from '../../src/chain/proof.ts';
import type { Chain } from '../../src/chain/chain.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { unlessUnavailable } from './actions.ts';
import { dataDir, hidesArtifacts, hour, limits, minute, otherTeamsJob } from './scenario.ts';
import { forgedToken } from './secrets.ts';
import type { SimulatedWorld } from './world.ts';

/** Unproven chains of which a change is being written stay until that is done; so many are looked at at a time. */
const lookedAt = 8;

/** Counts what the service has in memory and on the disk at this moment. */
export async function checkBounds(world: SimulatedWorld): Promise<void> {
  const { life, tally } = world;
  if (life?.open == null) return;
  checkDocuments(world);
  await checkJournal(world);
  const { embedded } = life.open;
  await unlessUnavailable(async () => {
    const { chains } = await embedded.page({ limit: 1000 });
    const unproven = chains.filter((chain) => !isProven(chain));
    const { maxUnproven, maxUnprovenOfJob } = limits.unproven;
    const hold = (count: number, most: number, what: string): void =>
      tally.hold(
        'what nothing proves stays in bounds',
        count <= most + lookedAt,
        () => `${count} unproven chains ${what}, at most ${most}`,
      );
    hold(unproven.length, maxUnproven, 'in all');
    for (const [job, ofJob] of Map.groupBy(unproven, ({ jobName }) => jobName))
      hold(ofJob.length, maxUnprovenOfJob, `of ${job}`);
  });
}

/** A job has a document once a failure of it is proven. */
export function checkDocuments({ tally, disk, scenario }: SimulatedWorld): void {
  const documents = disk
    .paths()
    .filter((path) => path.startsWith(`${dataDir}/jobs/`) && path.endsWith('.json'));
  // The other team's job is one more.
  const most = scenario.jobs.length + 1;
  tally.hold(
    'what nothing proves stays in bounds',
    documents.length <= most,
    () => `${documents.length} documents of ${most} jobs: ${documents.join(' ')}`,
  );
}

/** The journal may be twice as long as the lines that are of use, and has one batch of lines on top of that. */
async function checkJournal({ tally, disk, scenario }: SimulatedWorld): Promise<void> {
  if (scenario.faults.has('disk full') || scenario.faults.has('fsync failed')) return;
  const text = (await disk.read(`${dataDir}/journal.jsonl`))?.toString('latin1') ?? '';
  const longest = Math.max(...text.split('\n').map((line) => line.length));
  const { maxUnproven, compactAt } = limits.unproven;
  const most = Math.max(compactAt, 2 * (maxUnproven + lookedAt) * longest) + maxUnproven * longest;
  const says = () => `the journal has ${text.length} bytes, at most ${most} are right`;
  tally.hold('what nothing proves stays in bounds', text.length <= most, says);
}

/** What a stranger can't change: how true failures are judged, and that they stay. */
export function checkStrangers(world: SimulatedWorld, chains: readonly Chain[]): void {
  checkDocuments(world);
  checkInTime(world);
  checkProven(world, chains);
  checkMadeUpAttempts(world);
  checkOwnChannels(world);
}

/** Every failure whose own step was heard, unless the bucket hides what happened. */
function checkInTime(world: SimulatedWorld): void {
  const { ledger, prow, tally, scenario } = world;
  if (ledger.isVoid || hidesArtifacts(scenario)) return;
  for (const run of prow.runs) {
    const heardAt = ledger.ownAccepted.get(run.prowJobId);
    if (heardAt === undefined || run.completedAt === null || isObscure(run)) continue;
    const from = Math.max(heardAt, run.completedAt);
    const to = ledger.judged.get(run.prowJobId) ?? Infinity;
    const quietMs = findLongestQuiet(world, from, to);
    const most = patienceMs(world, from, to);
    const says = () =>
      `${run.prowJobId} of ${run.jobName} was judged ${to - from} ms after its end, ${quietMs} ms of which nothing was in the way`;
    tally.hold('a true failure is judged in time', quietMs <= most, says);
  }
}

/** What such a run leaves behind says for some time nothing of how it ended. */
function isObscure({ plan }: ProwRun): boolean {
  return plan.evictAfter !== undefined || (plan.finished ?? 'present') !== 'present';
}

/**
 * Two poll intervals, and two minutes for what is uploaded late and for reading it. Work that failed is done again after
 * a quarter of an hour at the latest, and a clock that was set moves what was planned by as much.
 */
function patienceMs({ ledger, scenario }: SimulatedWorld, from: number, to: number): number {
  const isTroubled = ledger.troubles.some((at) => at >= from - 30 * minute && at <= to);
  return 2 * scenario.pollMs + 2 * minute + (isTroubled ? 15 * minute : 0) + ledger.clockSetMs;
}

/** The longest time between the two in which the service was up and nothing went wrong, ms. */
function findLongestQuiet({ ledger, clock }: SimulatedWorld, from: number, to: number): number {
  let longest = 0;
  for (const { upAt, diedAt } of ledger.lives) {
    if (upAt === null) continue;
    const begin = Math.max(from, upAt);
    const end = Math.min(to, diedAt ?? clock.now());
    const cuts = ledger.troubles.filter((at) => at > begin && at < end).toSorted((a, b) => a - b);
    const edges = [begin, ...cuts, end];
    for (const [n, edge] of edges.slice(1).entries()) longest = Math.max(longest, edge - (edges[n] ?? edge));
  }
  return longest;
}

function checkProven({ tally, ledger }: SimulatedWorld, chains: readonly Chain[]): void {
  if (ledger.isVoid) return;
  const left = new Set(chains.map(({ id }) => id));
  for (const [id, runs] of ledger.proven) {
    const says = () => `chain ${id} of ${runs.join(', ')} was proven, and is gone`;
    tally.hold('a proven chain never gives way', left.has(id), says);
  }
}

/** An attempt needs the token that the own step of a run of the chain brought, or a person who asks for it. */
function checkMadeUpAttempts({ tally, ledger, prow }: SimulatedWorld): void {
  const isOwn = (id: string): boolean =>
    ledger.tokens
      .get(id)
      ?.values()
      .some((token) => !token.startsWith(forgedToken)) === true;
  const ours = prow.runs.filter(({ createdBy }) => createdBy === 'gangway');
  for (const [root, runs] of Map.groupBy(ours, ({ labels }) => labels['retrigger/root'] ?? '')) {
    const isKnown = [root, ...runs.map(({ prowJobId }) => prowJobId)].some(isOwn);
    const says = () => `${root} has ${runs.length} attempts, and only strangers told of it`;
    tally.hold("nothing of a stranger's makes an attempt", isKnown || ledger.demands.has(root), says);
  }
}

/** The run has failed, and Gangway took a token that a notification of the chain brought, or a person asked for it. */
function checkOwnChannels({ tally, ledger, prow, scenario }: SimulatedWorld): void {
  const hold = (isRight: boolean, what: () => string): void =>
    tally.hold('our channels hear of no made-up run', isRight, what);
  const failed = new Set(
    prow.runs
      .filter((run) => run.completedAt !== null && run.state !== 'success')
      .map((run) => run.prowJobId),
  );
  for (const { chainId, title, runs, seenAt } of ledger.shown.values()) {
    hold(failed.has(runs[0] ?? ''), () => `chain ${chainId}, whose run did not fail, was told of: ${title}`);
    const brought = runs.flatMap((id) => [...(ledger.tokens.get(id) ?? [])]);
    const isTaken = brought.some((token) => (ledger.takenTokens.get(token) ?? Infinity) <= seenAt);
    const isTrusted = isTaken || runs.some((id) => ledger.demands.has(id));
    hold(isTrusted, () => `chain ${chainId}, whose tokens Gangway never took, was told of: ${title}`);
  }
  if (ledger.isVoid) return;
  const real = new Set([...scenario.jobs.map(({ name }) => name), otherTeamsJob]);
  let last = -Infinity;
  for (const { at, jobs } of ledger.sums.values()) {
    // Each was seen when it was on disk, and a disk takes longer now and then.
    hold(
      at - last >= hour - minute - ledger.clockSetMs,
      () => `two sums of rejected tokens ${at - last} ms apart`,
    );
    hold(
      jobs.every((name) => real.has(name)),
      () => `a sum of rejected tokens names ${jobs.join(', ')}`,
    );
    last = at;
  }
}
