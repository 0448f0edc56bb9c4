import { type Chain, closedStates, isOpen } from '../../src/chain/chain.ts';
import { openEmbeddedStore } from '../../src/adapters/lowdb/open-embedded-store.ts';
import { viewChain } from '../../src/chain/view-chain.ts';
import { createLogger } from '../../src/logging.ts';
import { escapeText } from '../../src/adapters/slack/render-message.ts';
import type { ProwRun } from '../prow/cluster/prow-run.ts';
import { senderOf } from './people.ts';
import { dataDir, minute } from './scenario.ts';
import { ownToken, type SimulatedWorld } from './world.ts';

const silent = createLogger('silent');

/** Holds what is left at the end of a world, and all that was seen of it, against the invariants. */
export async function checkWorld(world: SimulatedWorld): Promise<void> {
  const { disk, clock } = world;
  const store = await openEmbeddedStore({ directory: dataDir, clock, log: silent, disk: disk.crash(whole) });
  const { chains } = await store.page({ limit: 1000 });
  checkEnds(world, chains);
  checkAttempts(world);
  checkCallers(world);
  checkBudget(world);
  checkMessages(world, chains);
  checkTruth(world, chains);
  checkTokens(world, chains);
  checkForged(world, chains);
  checkLog(world);
}

const whole = { contents: false, names: false };

function checkEnds({ tally, ledger }: SimulatedWorld, chains: readonly Chain[]): void {
  for (const chain of chains) {
    const isSettled = !isOpen(chain) && chain.outbox.length === 0;
    tally.hold('every accepted failure ends', isSettled, () => `chain ${chain.id} is ${chain.state}`);
    const hasReason = chain.decision !== null || chain.state === 'needs-human';
    tally.hold('every accepted failure ends', hasReason, () => `${chain.id} ended without a reason`);
    const isKnown = (closedStates as readonly string[]).includes(chain.state);
    tally.hold('every accepted failure ends', isKnown, () => `${chain.id} ended as ${chain.state}`);
  }
  if (ledger.isVoid) return;
  for (const prowJobId of ledger.accepted) {
    const isThere = chains.some(({ runs }) => runs.some((run) => run.prowJobId === prowJobId));
    tally.hold('every accepted failure ends', isThere, () => `${prowJobId} was accepted and is lost`);
  }
}

/** What Prow has of us, by the chain's first run. */
function attemptsOf({ prow }: SimulatedWorld): Map<string, ProwRun[]> {
  const ours = prow.runs.filter(({ createdBy }) => createdBy === 'gangway');
  return Map.groupBy(ours, ({ labels }) => labels['retrigger/root'] ?? '');
}

function checkAttempts(world: SimulatedWorld): void {
  const { tally, ledger, scenario, prow } = world;
  const ours = new Set(
    prow.runs.filter(({ createdBy }) => createdBy === 'gangway').map((run) => run.prowJobId),
  );
  for (const [root, runs] of attemptsOf(world)) {
    const most = scenario.mostAttempts + (ledger.demands.get(root) ?? 0);
    const numbers = runs.map(({ labels }) => Number(labels['retrigger/attempt']));
    const says = (): string => `${root} has attempts ${numbers.join(', ')} of ${most}`;
    const isLoop = ours.has(root);
    tally.hold('never more attempts than the rule', !isLoop, () => `an attempt has attempts: ${says()}`);
    const highest = Math.max(...numbers);
    tally.hold('never more attempts than the rule', highest <= most, says);
    for (const [attempt, twins] of Map.groupBy(runs, ({ labels }) => labels['retrigger/attempt'])) {
      const isOnce = twins.length === 1 || mayBeForgotten(world, root, Number(attempt));
      tally.hold(
        'no attempt is created twice',
        isOnce,
        () => `${says()}: ${twins.map((run) => run.prowJobId).join(' ')}`,
      );
    }
  }
}

/** With the data directory the note of a request is lost that Prow has not carried out yet, or shows nowhere. */
function mayBeForgotten({ ledger, prow, scenario }: SimulatedWorld, root: string, attempt: number): boolean {
  if (!ledger.isVoid) return false;
  const isHidden = [...scenario.faults].some((fault) => fault.startsWith('bucket: '));
  const [first] = prow.runs.filter(
    ({ labels }) => labels['retrigger/root'] === root && labels['retrigger/attempt'] === String(attempt),
  );
  const last = ledger.posted.findLast((each) => each.root === root && each.attempt === attempt);
  const shownAt = first?.pendingAt ?? Infinity;
  return isHidden || last === undefined || last.at < shownAt + minute;
}

/** A caller's token is the only one that may create an attempt, unless a person has opened the ended chain again. */
function checkCallers(world: SimulatedWorld): void {
  const { tally, ledger } = world;
  for (const { root, attempt, token, jobName } of ledger.posted) {
    const own = senderOf(jobName).token;
    const isDemand = token === ownToken && ledger.demands.has(root);
    const isRefused = token !== own && token !== ownToken;
    // Gangway refuses a foreign token, so that what it asks for never happens.
    const isRight = token === own || isDemand || isRefused;
    tally.hold(
      'only the own token triggers',
      isRight,
      () => `attempt ${attempt} of ${root} went by ${token}`,
    );
  }
  for (const { jobName, prowJobId, labels } of world.prow.runs) {
    const root = labels['retrigger/root'];
    if (root === undefined) continue;
    const tokens = ledger.posted.filter((each) => each.root === root).map(({ token }) => token);
    const mayBe = tokens.includes(senderOf(jobName).token) || tokens.includes(ownToken);
    tally.hold('only the own token triggers', mayBe, () => `${prowJobId} was created by a foreign token`);
  }
}

/**
 * A window that slides over the attempts that exist and that no person asked for. A clock that is set makes it shorter
 * or longer by as much, and a new data directory knows of no attempt before it.
 */
function checkBudget({ tally, ledger, scenario, prow }: SimulatedWorld): void {
  if (scenario.budget === null) return;
  const { retries } = scenario.budget;
  const perMs = scenario.budget.perMs - ledger.clockSetMs;
  const exists = (root: string, attempt: number): boolean =>
    prow.runs.some(
      ({ labels }) => labels['retrigger/root'] === root && labels['retrigger/attempt'] === String(attempt),
    );
  const counted = ledger.posted.filter((each) => !each.isDemanded && exists(each.root, each.attempt));
  const last = new Map(counted.map((each) => [`${each.root} ${each.attempt}`, each]));
  for (const posts of Map.groupBy(last.values(), ({ era }) => era).values()) {
    const spent = posts.map(({ at }) => at).toSorted((a, b) => a - b);
    for (const [n, at] of spent.entries()) {
      const within = spent.slice(n).filter((other) => other < at + perMs).length;
      const says = () => `${within} attempts within ${perMs} ms, the budget is ${retries}`;
      tally.hold('budgets are kept', within <= retries, says);
    }
  }
}

/** What a chain's end must have been told as, by its state. */
const endings: Partial<Record<Chain['state'], readonly string[]>> = {
  passed: ['passed'],
  exhausted: ['failed-again', 'not-retried'],
  rejected: ['rejected'],
  'needs-human': ['needs-human'],
};

function checkMessages({ tally, ledger, prow }: SimulatedWorld, chains: readonly Chain[]): void {
  const arrived = prow.slack.delivered.map(({ payload }) => String((payload as { text: unknown }).text));
  const wanted = Map.groupBy(ledger.told.values(), ({ title }) => title);
  for (const [title, told] of ledger.isVoid ? [] : wanted) {
    const count = arrived.filter((text) => text.startsWith(`*${escapeText(title)}*`)).length;
    const says = (): string => `${count} of ${told.length} arrived: ${title}`;
    tally.hold('messages arrive at least once', count >= told.length, says);
  }
  for (const { id, state } of chains) {
    const topics = endings[state];
    if (topics === undefined) continue;
    const isTold = [...ledger.told.values()].some(
      (each) => each.chainId === id && topics.includes(each.topic),
    );
    tally.hold(
      'messages arrive at least once',
      isTold,
      () => `the end of ${id} (${state}) was told to nobody`,
    );
  }
}

function checkTruth(world: SimulatedWorld, chains: readonly Chain[]): void {
  const { tally, prow, ledger } = world;
  const hold = (isTrue: boolean, what: () => string): void =>
    tally.hold('what people are told is true', isTrue, what);
  const known = new Map(prow.runs.map((run) => [run.prowJobId, run]));
  for (const { id, state, runs } of chains) {
    const truth = known.get(runs.at(-1)?.prowJobId ?? '')?.state;
    if (state === 'passed') hold(truth === 'success', () => `${id} passed, its run is ${truth}`);
    if (state === 'exhausted') hold(truth !== 'success', () => `${id} is exhausted, its run passed`);
    for (const { attempt, prowJobId, buildId, status } of runs) {
      const run = known.get(prowJobId);
      const isIts = attempt === 0 || run?.labels['retrigger/attempt'] === String(attempt);
      hold(isIts, () => `${prowJobId} is not attempt ${attempt} of ${id}`);
      // Where only a stranger told of the run, nothing but its artifacts says what is true.
      const isKnown = attempt > 0 || ledger.ownAccepted.has(prowJobId);
      if (status === null || buildId === null || !isKnown) continue;
      hold(run?.buildIds.includes(buildId) === true, () => `build ${buildId} is none of ${prowJobId}`);
    }
  }
  for (const [root, at] of ledger.cancelled) {
    const later = ledger.posted.find((each) => each.root === root && each.at > at);
    hold(later === undefined, () => `${root} was called off, and attempt ${later?.attempt} made after that`);
  }
  checkDueTimes(world, chains);
}

/** Nothing is triggered before the time that people were told. */
function checkDueTimes({ tally, ledger }: SimulatedWorld, chains: readonly Chain[]): void {
  for (const { id, root } of chains) {
    const announced = [...ledger.told.values()].filter(
      (each) => each.chainId === id && each.topic === 'scheduled',
    );
    for (const post of ledger.posted.filter((each) => each.root === root && !each.isDemanded)) {
      const { intendedAt, attempt } = post;
      // A report speaks of the run that failed, the attempt is the next one.
      const due =
        announced.filter((each) => each.attempt < attempt && each.seenAt <= post.at).at(-1)?.dueAt ?? null;
      if (intendedAt === null || due === null) continue;
      const says = () => `attempt ${attempt} of ${root} came ${due - intendedAt} ms too early`;
      tally.hold('what people are told is true', intendedAt >= due, says);
    }
  }
}

function checkTokens(
  { tally, ledger, prow, disk, scenario }: SimulatedWorld,
  chains: readonly Chain[],
): void {
  const texts = {
    log: ledger.logs.join('\n'),
    messages: JSON.stringify(prow.slack.messages.map(({ payload }) => payload)),
    api: JSON.stringify(chains.map(viewChain)),
    disk: disk.readAll(),
  };
  const secrets = [...scenario.jobs.map(({ name }) => senderOf(name).token), 'sha256~forged', ownToken];
  for (const [where, text] of Object.entries(texts)) {
    for (const secret of secrets) {
      tally.hold('no token outside its seal', !text.includes(secret), () => `${secret} is in the ${where}`);
    }
  }
  for (const { id, credentials } of chains) {
    const isForgotten =
      !JSON.stringify(credentials).includes('"sealed"') &&
      !Object.values(credentials).some((each) => typeof each === 'string');
    tally.hold('no token outside its seal', isForgotten, () => `${id} has ended and keeps its secrets`);
  }
}

/** Where the run's own step was heard in time, its chain goes as if nobody else had said anything. */
function checkForged(world: SimulatedWorld, chains: readonly Chain[]): void {
  const { tally, ledger, prow, scenario } = world;
  const hold = (isRight: boolean, what: () => string): void =>
    tally.hold('a forged notification blocks nothing', isRight, what);
  const refuses = scenario.faults.has('Gangway: 401') || scenario.faults.has('Gangway: 403');
  const hides = [...scenario.faults].some((fault) => fault.startsWith('bucket: '));
  for (const { id, runs, state, decision, jobName, closedAt } of chains) {
    const [first] = runs;
    const heardAt = ledger.ownAccepted.get(first?.prowJobId ?? '');
    const run = prow.runs.find(({ prowJobId }) => prowJobId === first?.prowJobId);
    if (heardAt === undefined || run === undefined || ledger.isVoid) continue;
    hold(jobName === run.jobName, () => `${id} goes by ${jobName}, its run is of ${run.jobName}`);
    if (!refuses) hold(state !== 'rejected', () => `${id} was rejected for a token that was not its own`);
    if (!hides && run.plan.outcome !== 'error') {
      const isJudged = decision?.reason !== 'evidence-missing' || run.plan.evictAfter !== undefined;
      hold(isJudged, () => `${id} was not judged by its own evidence`);
    }
    const last = [...ledger.told.values()].findLast((told) => told.chainId === id && told.seenAt > heardAt);
    const isInTime = closedAt !== null && heardAt + ledger.clockSetMs + minute < closedAt;
    if (last === undefined || !isInTime || ledger.demands.has(run.prowJobId)) continue;
    const channel = prow.slack.hook(senderOf(run.jobName).channel);
    const isHeard = prow.slack.delivered.some(
      ({ path, payload }) =>
        channel.endsWith(path) &&
        String((payload as { text: unknown }).text).startsWith(`*${escapeText(last.title)}*`),
    );
    hold(isHeard, () => `the team of ${id} never heard: ${last.title}`);
  }
}

/** What may be logged as an error: the disk, and what people wrote. Anything else is a bug of ours. */
const forgiven = [/StoreUnavailable/, /LaneClosed/, /rules refused/, /"code":"(?:ENOSPC|EIO)"/];

function checkLog({ tally, ledger }: SimulatedWorld): void {
  for (const line of ledger.logs) {
    if (!line.includes('"level":"error"')) continue;
    const isForgiven = forgiven.some((pattern) => pattern.test(line));
    tally.hold('no work fails by a bug', isForgiven, () => line.slice(0, 600));
  }
  tally.hold('no work fails by a bug', true, () => '');
}
