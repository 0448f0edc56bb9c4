import { escapeText } from '../../src/adapters/slack/render/escape-text.ts';
import { type Chain, closedAtOf, missingOf } from '../../src/chain/chain.ts';
import { isForOurChannels } from '../../src/chain/proof.ts';
import { senderOf } from './people.ts';
import type { ProwParts } from '../prow/start-prow.ts';
import type { Posted, Told } from './ledger.ts';
import { hidesArtifacts, minute } from './scenario.ts';
import type { SimulatedWorld } from './world.ts';

/** What a chain's end must have been told as, by its state. */
const endings: Partial<Record<Chain['state'], readonly string[]>> = {
  passed: ['passed'],
  exhausted: ['failed-again', 'not-retried'],
  rejected: ['rejected'],
  'needs-human': ['needs-human'],
};

export function checkMessages({ tally, ledger, prow }: SimulatedWorld, chains: readonly Chain[]): void {
  // A stranger named another job at first: what is still to be delivered then bears the right name. A chain that was
  // forgotten unproven took its reports with it.
  const kept = chains.filter((chain) => !ledger.isForgotten(chain));
  const names = new Map(kept.map(({ id, jobName }) => [id, jobName]));
  const told = [...ledger.told.values()].filter(({ chainId, jobName }) => names.get(chainId) === jobName);
  const wanted = Map.groupBy(told, ({ title, address }) => `${address ?? 'service'} ${title}`);
  for (const [what, reports] of ledger.isVoid ? [] : wanted) {
    const [{ title, address } = { title: '', address: null }] = reports;
    const count = countArrived(prow, title, address ?? prow.slack.hook('service'));
    const says = (): string => `${count} of ${reports.length} arrived: ${what}`;
    tally.hold('messages arrive at least once', count >= reports.length, says);
  }
  for (const chain of chains) {
    const { id, state, runs, events } = chain;
    const topics = endings[state];
    // A stranger who brings no address, or brings one after the end, is told nothing, and neither are our channels.
    const endedAt = ledger.ended.get(id) ?? Infinity;
    const isAddressed = runs.some(({ prowJobId }) => (ledger.addressed.get(prowJobId) ?? Infinity) < endedAt);
    // What is opened again, or anew after it was forgotten, has lost the addresses of before.
    const isFirstTime = events.every(({ what }) => what !== 'reopened') && !ledger.isForgotten(chain);
    const hasListener = isForOurChannels(chain) || (isAddressed && isFirstTime);
    if (topics === undefined || !hasListener) continue;
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

function countArrived({ slack }: ProwParts, title: string, address: string): number {
  const begin = `*${escapeText(title)}*`;
  return slack.delivered.filter(
    ({ path, payload }) =>
      address.endsWith(path) && String((payload as { text: unknown }).text).startsWith(begin),
  ).length;
}

export function checkTruth(world: SimulatedWorld, chains: readonly Chain[]): void {
  const { tally, prow, ledger } = world;
  const hold = (isTrue: boolean, what: () => string): void =>
    tally.hold('what people are told is true', isTrue, what);
  const known = new Map(prow.runs.map((run) => [run.prowJobId, run]));
  for (const chain of chains) {
    const { id, state, runs, decision } = chain;
    const missing = missingOf(chain);
    const truth = known.get(runs.at(-1)?.prowJobId ?? '')?.state;
    if (state === 'passed') hold(truth === 'success', () => `${id} passed, its run is ${truth}`);
    if (state === 'exhausted') hold(truth !== 'success', () => `${id} is exhausted, its run passed`);
    for (const { attempt, prowJobId, buildId, status } of runs) {
      const run = known.get(prowJobId);
      const isIts = attempt === 0 || run?.labels['retrigger/attempt'] === String(attempt);
      hold(isIts, () => `${prowJobId} is not attempt ${attempt} of ${id}`);
      // Where only a stranger told of the run, nothing but its artifacts says what is true.
      const isKnown = attempt > 0 || ledger.ownAccepted.has(prowJobId);
      // The chain may say itself that it was judged at a place that was never proven.
      const isDoubted = decision?.reason === 'evidence-missing' || missing === 'location';
      if (status === null || buildId === null || !isKnown || isDoubted) continue;
      hold(run?.buildIds.includes(buildId) === true, () => `build ${buildId} is none of ${prowJobId}`);
    }
  }
  for (const [root, at] of ledger.cancelled) {
    const later = ledger.posted.find((each) => each.root === root && each.at > at);
    // Where the directory was lost, two chains may be of one root, and one of them was called off.
    const isOne = chains.filter((each) => each.root === root).length < 2;
    hold(
      later === undefined || !isOne,
      () => `${root} was called off, and attempt ${later?.attempt} made after that`,
    );
  }
  checkDueTimes(world, chains);
}

/** Nothing is triggered before the time that people were told, and nothing later because of Slack. */
function checkDueTimes(world: SimulatedWorld, chains: readonly Chain[]): void {
  const { tally, ledger } = world;
  for (const { id, root, reopened } of chains) {
    const announced = [...ledger.told.values()].filter(
      (each) => each.chainId === id && each.topic === 'scheduled',
    );
    // What a person or a later notification sets going again is due at once; a lost directory makes two chains of one.
    if (reopened > 0 || ledger.demands.has(root) || ledger.isVoid) continue;
    for (const post of ledger.posted.filter((each) => each.root === root)) {
      const { intendedAt, attempt } = post;
      // A report speaks of the run that failed, the attempt is the next one.
      const due =
        announced.filter((each) => each.attempt < attempt && each.seenAt <= post.at).at(-1)?.dueAt ?? null;
      if (intendedAt === null || due === null) continue;
      const says = () => `attempt ${attempt} of ${root} came ${due - intendedAt} ms too early`;
      // Once it was due, it may be sent again, and the clock may have been set back meanwhile.
      const isAgain = ledger.posted.find((each) => each.root === root && each.attempt === attempt) !== post;
      tally.hold('what people are told is true', isAgain || intendedAt >= due, says);
      if (!isFree(world, id, post, intendedAt - due)) continue;
      const tells = () => `attempt ${attempt} of ${root} came ${intendedAt - due} ms too late`;
      tally.hold('Slack holds up no trigger', intendedAt < due + latestMs, tells);
    }
  }
}

/** A look at silences and newer runs takes so long where nothing stands in its way; an answer of Slack may take longer. */
const latestMs = 5_000;

/** So long Gangway is left alone after it was out of reach, with the time of one call. */
const pauseMs = 16 * minute;

/** Nothing but Slack stood in the way of the request, from the time that people were told on. */
function isFree(
  { ledger, scenario }: SimulatedWorld,
  chainId: string,
  { at }: Posted,
  lateMs: number,
): boolean {
  const mayWait =
    scenario.gangwayRate !== 'off' || scenario.rules.some((rules) => rules.includes('cooldown'));
  if (mayWait || ledger.clockSetMs > 0 || ledger.held.has(chainId)) return false;
  return !ledger.troubles.some((troubleAt) => troubleAt >= at - lateMs - pauseMs && troubleAt <= at);
}

/** One chain bears it for several; each address hears it once. */
function isShared({ topic }: Told): boolean {
  return topic === 'held' || topic === 'outage-lasted';
}

/** Where the run's own step was heard in time, its chain goes as if nobody else had said anything. */
export function checkForged(world: SimulatedWorld, chains: readonly Chain[]): void {
  const { tally, ledger, prow, scenario } = world;
  const hold = (isRight: boolean, what: () => string): void =>
    tally.hold('a forged notification blocks nothing', isRight, what);
  const refuses = scenario.faults.has('Gangway: 401') || scenario.faults.has('Gangway: 403');
  const hides = hidesArtifacts(scenario);
  for (const chain of chains) {
    const { id, runs, state, decision, jobName, events } = chain;
    const closedAt = closedAtOf(chain);
    const [first] = runs;
    const heardAt = ledger.ownAccepted.get(first?.prowJobId ?? '');
    const run = prow.runs.find(({ prowJobId }) => prowJobId === first?.prowJobId);
    // Who called it off before its place was proven believed the stranger himself.
    const isCalledOff = decision?.reason === 'cancelled';
    if (heardAt === undefined || run === undefined || ledger.isVoid || isCalledOff) continue;
    if (ledger.isForgotten(chain)) continue;
    // An attempt's own notification goes to the chain that made it, whatever a stranger has opened beside that.
    if (run.createdBy === 'gangway') continue;
    if (!hides) hold(jobName === run.jobName, () => `${id} goes by ${jobName}, its run is of ${run.jobName}`);
    // What ended and was told before a stranger opened it again has lost its token and addresses.
    if (events.some(({ what }) => what === 'reopened')) continue;
    if (!refuses) hold(state !== 'rejected', () => `${id} was rejected for a token that was not its own`);
    if (!hides && run.plan.outcome !== 'error') {
      const isJudged = decision?.reason !== 'evidence-missing' || run.plan.evictAfter !== undefined;
      hold(isJudged, () => `${id} was not judged by its own evidence`);
    }
    const last = [...ledger.told.values()].findLast(
      (told) => told.chainId === id && told.seenAt > heardAt && !isShared(told),
    );
    const isInTime = closedAt !== null && heardAt + ledger.clockSetMs + minute < closedAt;
    if (last === undefined || !isInTime || ledger.demands.has(run.prowJobId)) continue;
    const channel = prow.slack.hook(senderOf(run.jobName).channel ?? undefined);
    const isHeard = countArrived(prow, last.title, channel) > 0;
    hold(isHeard, () => `the team of ${id} never heard: ${last.title}`);
  }
}
