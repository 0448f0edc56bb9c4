import type { Phase } from '../evidence/phase.ts';
import { type Chain, type ChainRun, type Hold, isOpen, type Topic } from './chain.ts';
import { overrideDecision, close, moveOn } from './transitions.ts';
import { nextAttempt } from './attempt.ts';
import { enqueueReport, enqueueThreadReply } from './outbox.ts';
import type { Fingerprint } from '../secret.ts';

/** The phases in the order of a run; `infra` first, because such a run never began. */
const asTheyCome: readonly Phase[] = ['infra', 'build', 'import', 'lease', 'claim', 'pre', 'test', 'post'];

/**
 * `underway`: wait for it. `came-through`: whatever broke is mended. `failed`: it is not. `gone`: it never ran, or not
 * far enough to tell.
 */
export type CanaryVerdict = 'underway' | 'came-through' | 'failed' | 'gone';

/** What became of the canary, by its chain; `sharesKey` says whether a run failed in the way of the outage. */
export function classifyCanary(
  canary: Chain | null,
  attempt: number,
  sharesKey: (run: ChainRun) => boolean,
): CanaryVerdict {
  if (canary === null) return 'gone';
  const run = canary.runs.find((each) => each.attempt === attempt);
  if (run?.status == null) return isOpen(canary) ? 'underway' : 'gone';
  if (run.status === 'SUCCESS') return 'came-through';
  if (sharesKey(run)) return 'failed';
  return cameAsFar(canary, run) ? 'came-through' : 'gone';
}

/** Whether it failed in the phase in which the run before it did, or in a later one: it came past what broke. */
function cameAsFar({ runs }: Chain, { attempt, phase }: ChainRun): boolean {
  const before = runs.findLast((each) => each.attempt < attempt)?.phase ?? null;
  if (phase === null) return false;
  return before === null || asTheyCome.indexOf(phase) >= asTheyCome.indexOf(before);
}

/** A scheduled attempt waits from now on: its failure turned out to be part of an outage. */
export function holdChain(chain: Chain, hold: Hold, because: string, now: number): Chain {
  const decided = { ...overrideDecision(chain, 'hold', 'outage', [because]), hold };
  return moveOn(
    enqueueThreadReply(decided, { topic: 'held', detail: because }, now),
    'held',
    hold.until,
    now,
  );
}

/** The chain goes first, when its attempt is due. People hear so, unless they know already that it is due. */
export function makeCanary(chain: Chain, hold: Omit<Hold, 'canary'>, now: number): Chain {
  const canary = { id: chain.id, attempt: nextAttempt(chain) };
  const because = `Its attempt goes first, as the canary of an outage (${hold.key}).`;
  const decided = overrideDecision(chain, 'retry', 'matched', [because]);
  const wakeAt = Math.max(now, hold.dueAt);
  const goer = { ...decided, hold: { ...hold, canary } };
  const told =
    chain.state === 'scheduled' ? goer : enqueueReport(goer, { topic: 'scheduled', dueAt: wakeAt }, now);
  return moveOn(told, 'scheduled', wakeAt, now);
}

/** Another chain goes first now. */
export function followCanary(chain: Chain, canary: Hold['canary'], now: number): Chain {
  return chain.hold === null ? chain : { ...chain, hold: { ...chain.hold, canary }, updatedAt: now };
}

/** The canary came through: the attempt is made at `dueAt`. */
export function releaseChain(chain: Chain, dueAt: number, now: number): Chain {
  const decided = overrideDecision(chain, 'retry', 'matched', [
    'The canary came through, so it is tried again.',
  ]);
  return moveOn(
    enqueueThreadReply({ ...decided, hold: null }, { topic: 'scheduled', dueAt }, now),
    'scheduled',
    dueAt,
    now,
  );
}

/** A message about several chains that one of them bears, and the addresses it goes to. */
export interface SharedMessage {
  detail: string;
  to: readonly Fingerprint[];
}

/** People hear of the hold; `news` is what this chain bears of it. */
export function announceHold(chain: Chain, news: readonly SharedMessage[], now: number): Chain {
  if (chain.hold === null) return chain;
  return assignSharedMessage({ ...chain, hold: { ...chain.hold, told: true } }, 'held', news, now);
}

/** The outage outlasted the hold; `news` names the jobs, where no other chain's message does. */
export function giveUpHold(chain: Chain, news: readonly SharedMessage[], now: number): Chain {
  const decided = overrideDecision(chain, 'skip', 'outage', [
    'The canary failed alike, and the hold is over.',
  ]);
  const told = enqueueThreadReply(decided, { topic: 'outage-lasted', detail: chain.jobName }, now);
  return close(assignSharedMessage(told, 'outage-lasted', news, now), 'skipped', now);
}

function assignSharedMessage(chain: Chain, topic: Topic, news: readonly SharedMessage[], now: number): Chain {
  return news.reduce((told, { detail, to }) => enqueueReport(told, { topic, detail }, now, to), chain);
}
