import { openEmbeddedStore } from '../../src/adapters/lowdb/open-store.ts';
import { isSettled } from '../../src/chain/outbox.ts';
import { type Chain, currentRun } from '../../src/chain/chain.ts';
import { closedStates } from '../../src/chain/transitions.ts';
import { viewChain } from '../../src/report/chain/view-chain.ts';
import { createLogger } from '../../src/logging.ts';
import {
  checkAttempts,
  checkBudget,
  checkCallers,
  checkManaged,
  checkOverrides,
  checkStandingDown,
} from './check-attempts.ts';
import { checkCards } from './check-cards.ts';
import { checkStrangers } from './check-strangers.ts';
import { checkForged, checkMessages, checkTruth } from './check-told.ts';
import { dataDir } from './scenario.ts';
import { secretsOf } from './secrets.ts';
import type { SimulatedWorld } from './world.ts';

const silent = createLogger('silent');

/** Holds what is left at the end of a world, and all that was seen of it, against the invariants. */
export async function checkWorld(world: SimulatedWorld): Promise<void> {
  const { disk, clock } = world;
  const store = await openEmbeddedStore({ directory: dataDir, clock, log: silent, disk: disk.crash(whole) });
  const { chains } = await store.page({ limit: 1000 });
  const notices = await store.notices.list();
  checkEnds(world, chains);
  checkAttempts(world);
  checkOverrides(world);
  checkManaged(world);
  checkCallers(world);
  checkBudget(world);
  checkStandingDown(world);
  checkMessages(world, chains);
  checkTruth(world, chains);
  checkTokens(world, chains);
  checkForged(world, chains);
  checkCards(world, chains, notices);
  checkStrangers(world, chains);
  checkLog(world);
}

const whole = { contents: false, names: false };

/** With these a run that is in the bucket is not seen there, for a while or for ever. */
const hiding = [
  'bucket: artifact late',
  'bucket: artifact missing',
  'bucket: a page in place of the object',
  'bucket: artifact truncated',
  'bucket: not public',
] as const;

function checkEnds({ tally, ledger, scenario }: SimulatedWorld, chains: readonly Chain[]): void {
  for (const chain of chains) {
    tally.hold('every accepted failure ends', isSettled(chain), () => `chain ${chain.id} is ${chain.state}`);
    // With the directory the judgement of the first run is lost, and an attempt that passes needs no other.
    const isAttempt = ledger.isVoid && chain.state === 'passed' && currentRun(chain).attempt > 0;
    const hasReason = chain.decision !== null || chain.state === 'needs-human' || isAttempt;
    tally.hold('every accepted failure ends', hasReason, () => `${chain.id} ended without a reason`);
    const isKnown = (closedStates as readonly string[]).includes(chain.state);
    tally.hold('every accepted failure ends', isKnown, () => `${chain.id} ended as ${chain.state}`);
  }
  if (ledger.isVoid) return;
  const hidesRuns = hiding.some((fault) => scenario.faults.has(fault));
  for (const prowJobId of ledger.accepted) {
    const isThere = chains.some(({ runs }) => runs.some((run) => run.prowJobId === prowJobId));
    // A chain that ended unproven is forgotten when others come, and so is one whose run the bucket does not show.
    const mayBeGone = ledger.judged.has(prowJobId) || hidesRuns;
    const says = () => `${prowJobId} was accepted and is lost`;
    tally.hold('every accepted failure ends', isThere || mayBeGone, says);
  }
}

function checkTokens(
  { tally, ledger, prow, disk, scenario }: SimulatedWorld,
  chains: readonly Chain[],
): void {
  const texts = {
    log: ledger.logs.join('\n'),
    messages: JSON.stringify(prow.slack.messages.map(({ payload }) => payload)),
    channels: JSON.stringify(prow.slack.api.workspace.messages),
    calls: JSON.stringify(prow.slack.api.calls),
    api: JSON.stringify(chains.map(viewChain)),
    disk: disk.readAll(),
  };
  const secrets = secretsOf(scenario);
  for (const [where, text] of Object.entries(texts)) {
    for (const secret of secrets) {
      tally.hold('no token outside its seal', !text.includes(secret), () => `${secret} is in the ${where}`);
    }
  }
  for (const { id, credentials } of chains) {
    const isForgotten = credentials.tokens.length === 0 && credentials.addresses.length === 0;
    tally.hold('no token outside its seal', isForgotten, () => `${id} has ended and keeps its secrets`);
  }
}

/** What may be logged as an error: the disk, and what people wrote. Anything else is a bug of ours. */
const forgiven = [/StoreUnavailable/, /GangwayClosed/, /rules refused/, /"code":"(?:ENOSPC|EIO)"/];

function checkLog({ tally, ledger }: SimulatedWorld): void {
  const errors = ledger.logs.filter((line) => line.includes('"level":"error"'));
  const bugs = errors.filter((line) => !forgiven.some((pattern) => pattern.test(line)));
  tally.hold('no work fails by a bug', bugs.length === 0, () => bugs[0]?.slice(0, 600) ?? '');
}
