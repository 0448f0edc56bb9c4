import type { ProwRun } from '../prow/cluster/prow-run.ts';
import type { ProwParts } from '../prow/start-prow.ts';
import { hidesArtifacts, managerLabels, minute } from './scenario.ts';
import { ownToken } from './secrets.ts';
import { latestPolls } from './fault-injector.ts';
import type { SimulatedWorld } from './world.ts';

/** What Prow has of us, by the chain's first run. */
function attemptsOf({ prow }: SimulatedWorld): Map<string, ProwRun[]> {
  const ours = prow.runs.filter(({ createdBy }) => createdBy === 'gangway');
  return Map.groupBy(ours, ({ labels }) => labels['retrigger/root'] ?? '');
}

export function checkAttempts(world: SimulatedWorld): void {
  const { tally, ledger, scenario, prow } = world;
  const ours = new Set(
    prow.runs.filter(({ createdBy }) => createdBy === 'gangway').map((run) => run.prowJobId),
  );
  for (const [root, runs] of attemptsOf(world)) {
    const most = scenario.maxAttempts + (ledger.demands.get(root) ?? 0);
    const numbers = runs.map(({ labels }) => Number(labels['retrigger/attempt']));
    const says = (): string => `${root} has attempts ${numbers.join(', ')} of ${most}`;
    const isLoop = ours.has(root);
    tally.hold('never more attempts than the rule', !isLoop, () => `an attempt has attempts: ${says()}`);
    // The number of a request that was lost is used for no other run, so that it counts though nothing exists.
    const lost = new Set(
      ledger.posted
        .filter((post) => post.root === root && !numbers.includes(post.attempt))
        .map((post) => post.attempt),
    ).size;
    tally.hold('never more attempts than the rule', Math.max(...numbers) <= most + lost, says);
    tally.hold('never more attempts than the rule', new Set(numbers).size <= most, says);
    for (const [attempt, twins] of Map.groupBy(runs, ({ labels }) => labels['retrigger/attempt'])) {
      const isOnce =
        twins.length === 1 || mayBeForgotten(world, root, Number(attempt)) || isWaitCutShort(world, twins);
      tally.hold(
        'no attempt is created twice',
        isOnce,
        () => `${says()}: ${twins.map((run) => run.prowJobId).join(' ')}`,
      );
    }
  }
}

/** Who sets the clock forward makes the service look for a request that was lost sooner than it could be carried out. */
function isWaitCutShort({ ledger, scenario }: SimulatedWorld, twins: readonly ProwRun[]): boolean {
  const [first = 0, last = 0] = [Math.min, Math.max].map((pick) =>
    pick(...twins.map((run) => run.createdAt)),
  );
  return ledger.clockSetMs > 0 && last - first < latestPolls * scenario.pollMs;
}

/** The first run that Prow has by these labels. */
function findAttempt({ runs }: ProwParts, root: string, attempt: number): ProwRun | undefined {
  return runs.find(
    ({ labels }) => labels['retrigger/root'] === root && labels['retrigger/attempt'] === String(attempt),
  );
}

/** With the data directory the note of a request is lost that Prow has not carried out yet, or shows nowhere. */
function mayBeForgotten({ ledger, prow, scenario }: SimulatedWorld, root: string, attempt: number): boolean {
  if (!ledger.isVoid) return false;
  const first = findAttempt(prow, root, attempt);
  const last = ledger.posted.findLast((each) => each.root === root && each.attempt === attempt);
  const shownAt = first?.pendingAt ?? Infinity;
  return hidesArtifacts(scenario) || last === undefined || last.at < shownAt + minute;
}

/** A retry tests what the failed run tested: every variable that the first run was started with. */
export function checkOverrides({ tally, prow }: SimulatedWorld): void {
  const first = new Map(prow.runs.map((run) => [run.prowJobId, run]));
  for (const { labels, envs } of prow.runs.filter(({ createdBy }) => createdBy === 'gangway')) {
    const { envs: expected = {} } = first.get(labels['retrigger/root'] ?? '') ?? {};
    const lacks = Object.keys(expected).filter((name) => envs[name] !== expected[name]);
    const says = () =>
      `attempt ${labels['retrigger/attempt']} of ${labels['retrigger/root']} lacks ${lacks.join(', ')}`;
    tally.hold('an attempt carries the overrides of its first run', lacks.length === 0, says);
  }
}

/** What something else retries or counts is left alone, unless a rule or a person asks for it. */
export function checkManaged({ tally, ledger, prow, scenario }: SimulatedWorld): void {
  const managers = new Map(Object.entries(managerLabels).map(([manager, label]) => [label, manager]));
  const asked: readonly string[] = scenario.optsIn;
  for (const { root, attempt } of ledger.posted.filter(({ isDemanded }) => !isDemanded)) {
    const { labels = {} } = prow.runs.find(({ prowJobId }) => prowJobId === root) ?? {};
    const manager = Object.keys(labels).flatMap((label) => managers.get(label) ?? [])[0];
    const isLeft = manager === undefined || asked.includes(manager);
    tally.hold(
      'no managed run is retried unasked',
      isLeft,
      () => `attempt ${attempt} of ${root}, which is managed by ${manager}`,
    );
  }
}

/** The service's own token triggers only what a person has opened again: Gangway lets no other foreign one in. */
export function checkCallers({ tally, ledger }: SimulatedWorld): void {
  for (const { root, attempt, token } of ledger.posted) {
    const isRight = token !== ownToken || ledger.demands.has(root);
    tally.hold(
      'only the own token triggers',
      isRight,
      () => `attempt ${attempt} of ${root} went by ${token}`,
    );
  }
}

/**
 * A window that slides over the attempts that exist and that no person asked for. A clock that is set makes it shorter
 * or longer by as much, and a new data directory knows of no attempt before it.
 */
export function checkBudget({ tally, ledger, scenario, prow }: SimulatedWorld): void {
  if (scenario.budget === null) return;
  const { retries } = scenario.budget;
  const perMs = scenario.budget.perMs - ledger.clockSetMs;
  // The last request for an attempt is the one that made it.
  const last = new Map(ledger.posted.map((each) => [`${each.root} ${each.attempt}`, each]));
  const counted = [...last.values()].filter(
    (each) => !each.isDemanded && findAttempt(prow, each.root, each.attempt) !== undefined,
  );
  for (const posts of Map.groupBy(counted, ({ era }) => era).values()) {
    const spent = posts.map(({ at }) => at).toSorted((a, b) => a - b);
    for (const [n, at] of spent.entries()) {
      const within = spent.slice(n).filter((other) => other < at + perMs).length;
      const says = () => `${within} attempts within ${perMs} ms, the budget is ${retries}`;
      tally.hold('budgets are kept', within <= retries, says);
    }
  }
}

/** Nobody's silence and nobody's own newer run is passed over, unless a person demands the attempt. */
export function checkStandingDown(world: SimulatedWorld): void {
  const { tally, ledger, scenario, prow } = world;
  const hides = hidesArtifacts(scenario);
  for (const post of ledger.posted.filter(({ isDemanded }) => !isDemanded)) {
    const { jobName, root, attempt, at, intendedAt } = post;
    const silence = ledger.silences.find(
      ({ job, from, until }) => job === jobName && from + graceMs < at && (intendedAt ?? Infinity) < until,
    );
    const isLoud = silence === undefined || ledger.isVoid;
    tally.hold('it stands down for people', isLoud, () => `attempt ${attempt} of ${root} broke a silence`);
    if (hides) continue;
    const family = prow.runs.filter((run) => run.prowJobId === root || run.labels['retrigger/root'] === root);
    // An evicted run goes on under a newer build id.
    const builds = family.filter((run) => run.createdAt < at).flatMap(({ buildIds }) => buildIds);
    const last = builds.toSorted().at(-1) ?? '';
    const newer = prow.runs.find(
      ({ jobName: name, createdBy, pendingAt, buildIds: [first = ''] }) =>
        name === jobName && createdBy === 'prow' && first > last && (pendingAt ?? Infinity) + graceMs < at,
    );
    const says = (): string => `attempt ${attempt} of ${root} came after ${newer?.prowJobId} had begun`;
    tally.hold('it stands down for people', newer === undefined, says);
  }
}

/** A look before a request holds for a moment, and the request may wait for its turn after it. */
const graceMs = 2 * minute;
