import type { Phase } from '../evidence/phase.ts';
import { nextAttempt } from './attempt.ts';
import {
  type CanaryHold,
  type Chain,
  currentRun,
  type Hold,
  holdOf,
  intentOf,
  isManual,
  isOpen,
  type News,
  type RecipientId,
} from './chain.ts';
import { type ChainRun } from './run.ts';
import { move, overrideDecision } from './move.ts';
import { enqueueReport, enqueueThreadReply } from './outbox.ts';
import type { Reason } from './decision.ts';

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

/** What a failure may have in common with others: `step ipi-install-install`, or `signature d073610dd21a0683`. */
export function keysOf({
  steps,
  signature,
}: {
  steps: readonly string[];
  signature: string | null;
}): string[] {
  return [...steps.map((step) => `step ${step}`), ...(signature === null ? [] : [`signature ${signature}`])];
}

/** The keys of outages that concern the chain: it waits in one, goes ahead for one, or its next attempt might be held. */
export function outageKeysOf(chain: Chain): string[] {
  if (!isOpen(chain)) return [];
  const hold = holdOf(chain);
  if (hold !== null) return [hold.key];
  return chain.state === 'scheduled' ? keysOf(currentRun(chain)) : [];
}

/** Whether the next attempt can be held, or be made the canary. A person's demand cannot. */
export function isWaiting(chain: Chain): boolean {
  return (chain.state === 'scheduled' || chain.state === 'held') && !isManual(chain);
}

/** When the next attempt is due, or would be due without the hold (ms since the epoch). */
export function dueAtOf(chain: Chain): number {
  return holdOf(chain)?.dueAt ?? (isOpen(chain) ? chain.wakeAt : Infinity);
}

/** Holds the attempt of a chain that waits: its failure turned out to be part of an outage. A held one gets the new canary. */
export function holdChain(chain: Chain, hold: CanaryHold, now: number): Chain {
  const { key, canary } = hold;
  const own = holdOf(chain);
  if (!isWaiting(chain) || (own?.key === key && own.canary?.id === canary.id)) return chain;
  const joined = { ...hold, dueAt: dueAtOf(chain), announced: own?.announced ?? false };
  if (chain.state === 'held') return { ...chain, hold: joined, updatedAt: now };
  const reason: Reason = { kind: 'held', key };
  const decided = { ...overrideDecision(chain, 'hold', 'outage', [reason]), canaryOf: null };
  const told = enqueueThreadReply(decided, { topic: 'held', reason }, now);
  const state = { state: 'held', wakeAt: hold.until, hold: joined, intent: intentOf(chain) } as const;
  return move(told, 'held', state, now, { detail: reason });
}

/**
 * The attempt of a chain that waits goes ahead of the others when it is due. People get a report, unless they know already
 * when it is due.
 */
export function makeCanary(chain: Chain, hold: Omit<Hold, 'canary'>, now: number): Chain {
  if (!isWaiting(chain)) return chain;
  const canary = { id: chain.id, attempt: nextAttempt(chain) };
  const reason: Reason = { kind: 'canary', key: hold.key };
  const decided = overrideDecision(chain, 'retry', 'matched', [reason]);
  const wakeAt = Math.max(now, hold.dueAt);
  const intent = intentOf(chain);
  const scheduled = { state: 'scheduled', wakeAt, manual: false, intent } as const;
  const canaryOf = { ...hold, canary };
  const moved = move({ ...decided, canaryOf }, 'made-canary', scheduled, now, { detail: reason });
  return chain.state === 'scheduled'
    ? moved
    : enqueueReport(moved, { topic: 'scheduled', dueAt: wakeAt }, now);
}

/** The canary passed the step in which the others failed: the attempt is made at `dueAt`. */
export function releaseChain(chain: Chain, dueAt: number, now: number): Chain {
  if (chain.state !== 'held') return chain;
  const decided = overrideDecision(chain, 'retry', 'matched', [{ kind: 'canary-passed' }]);
  const scheduled = { state: 'scheduled', wakeAt: dueAt, manual: false, intent: chain.intent } as const;
  const released = move(decided, 'released', scheduled, now);
  return enqueueThreadReply(released, { topic: 'scheduled', dueAt }, now);
}

/** A message about several chains that is sent for one of them, and the addresses to which it goes. */
export interface SharedMessage {
  news: News;
  to: readonly RecipientId[];
}

/** People get the message about the hold; `messages` are those that this chain sends. */
export function announceHold(chain: Chain, messages: readonly SharedMessage[], now: number): Chain {
  const hold = holdOf(chain);
  if (hold === null || hold.announced) return chain;
  return enqueueShared(withAnnounced(chain), messages, now);
}

function withAnnounced(chain: Chain): Chain {
  if (chain.state === 'held') return { ...chain, hold: { ...chain.hold, announced: true } };
  return { ...chain, canaryOf: chain.canaryOf && { ...chain.canaryOf, announced: true } };
}

/** The outage outlasted the hold; `messages` name the jobs, unless another chain's messages do. */
export function giveUpHold(chain: Chain, messages: readonly SharedMessage[], now: number): Chain {
  if (chain.state !== 'held') return chain;
  const decided = overrideDecision(chain, 'skip', 'outage', [{ kind: 'hold-over' }]);
  const reply = enqueueThreadReply(decided, { topic: 'outage-lasted', jobs: [chain.jobName] }, now);
  const reported = enqueueShared(reply, messages, now);
  return move(reported, 'outage-lasted', { state: 'skipped', closedAt: now, missing: null }, now);
}

function enqueueShared(chain: Chain, messages: readonly SharedMessage[], now: number): Chain {
  return messages.reduce((told, { news, to }) => enqueueReport(told, news, now, to), chain);
}
