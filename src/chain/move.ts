import { isDeepStrictEqual } from 'node:util';
import {
  type ActiveState,
  type Chain,
  type ChainEvent,
  type EndedState,
  intentOf,
  isManual,
  isOpen,
  type Missing,
} from './chain.ts';
import { type KeptToken, refuseTokens } from './credentials.ts';
import type { Decision, DecisionReason, Reason } from './decision.ts';
import { enqueueReport, forgetAddresses } from './outbox.ts';
import { isTransition, type TransitionName } from './transitions.ts';

/** Where a transition leads, with what the new state needs. */
type Destination = ActiveState | EndedState;

/** What the event of a transition says beside its name. */
type EventNote = Partial<Pick<ChainEvent, 'by' | 'detail'>>;

/** A way that the table of transitions does not know: a bug of the caller. */
export class IllegalTransition extends Error {
  override name = 'IllegalTransition';
}

/** Enough for a chain that notifications reopen as often as they may. */
const maxEvents = 100;

/**
 * The chain after a transition, with its event. Failed tries of the task before no longer count. An ended chain forgets
 * the callers' tokens. Throws `IllegalTransition` if the table does not know the way.
 */
export function move(
  chain: Chain,
  name: TransitionName,
  to: Destination,
  now: number,
  note: EventNote = {},
): Chain {
  requireTransition(chain, name, to.state);
  const events = eventsWith(chain, name, now, note);
  const moved: Chain = { ...withoutState(chain), events, tries: 0, updatedAt: now, ...to };
  if (isOpen(moved)) return moved;
  return forgetAddresses({ ...moved, credentials: { ...moved.credentials, tokens: [] } });
}

/** The chain with one more event, in the same state. Throws `IllegalTransition` if the table does not know the way. */
export function addEvent(
  chain: Chain,
  what: TransitionName | 'silenced',
  now: number,
  note: EventNote = {},
): Chain {
  if (what !== 'silenced') requireTransition(chain, what, chain.state);
  return { ...chain, events: eventsWith(chain, what, now, note) };
}

function requireTransition({ id, state }: Chain, name: TransitionName, to: Chain['state']): void {
  if (!isTransition(name, state, to))
    throw new IllegalTransition(`${id}: ${name} does not lead from ${state} to ${to}`);
}

function eventsWith({ events }: Chain, what: ChainEvent['what'], now: number, note: EventNote): ChainEvent[] {
  const { by = null, detail = null } = note;
  const all = [...events, { at: now, what, by, detail }];
  // How it began stays.
  return all.length > maxEvents ? all.toSpliced(1, 1) : all;
}

type ChainBase = Omit<
  Chain,
  keyof ActiveState | 'manual' | 'intent' | 'hold' | 'closedAt' | 'missing' | 'wakeAt'
>;

/** What a chain has in every state. */
function withoutState(chain: Chain): ChainBase {
  const rest: Partial<Record<string, unknown>> = { ...chain };
  for (const field of ['state', 'wakeAt', 'manual', 'intent', 'hold', 'closedAt', 'missing'])
    delete rest[field];
  return rest as unknown as ChainBase;
}

/** The same task again at `wakeAt` (ms since the epoch), because it could not be done yet. An ended chain has none. */
export function postpone(chain: Chain, wakeAt: number): Chain {
  return isOpen(chain) ? { ...chain, wakeAt, tries: chain.tries + 1 } : chain;
}

/**
 * Ends the chain in a person's hands, and reports why. An attempt that may exist keeps its note: it counts as made until
 * someone knows better.
 */
export function escalate(chain: Chain, reason: Reason, now: number, missing: Missing | null = null): Chain {
  const intent = chain.state === 'triggering' ? intentOf(chain) : null;
  const reported = enqueueReport(addReason(chain, reason), { topic: 'needs-human', reason }, now);
  const state = { state: 'needs-human', closedAt: now, missing, manual: isManual(chain), intent } as const;
  return move(reported, 'escalated', state, now, { detail: reason });
}

/** Ends the chain in a person's hands because it has no token that Gangway takes. */
export function escalateForToken(
  chain: Chain,
  reason: Reason,
  refused: readonly KeptToken[],
  now: number,
): Chain {
  const credentials = refuseTokens(chain.credentials, refused);
  return escalate({ ...chain, credentials }, reason, now, 'token');
}

/** The chain with one more fact at the end of the account of its decision, which has nothing twice. */
export function addReason(chain: Chain, reason: Reason): Chain {
  if (chain.decision === null) return chain;
  const others = chain.decision.because.filter((each) => !isDeepStrictEqual(each, reason));
  return { ...chain, decision: { ...chain.decision, because: [...others, reason] } };
}

/** Whether the account of the chain's decision says this already. */
export function hasReason({ decision }: Chain, reason: Reason): boolean {
  return decision?.because.some((each) => isDeepStrictEqual(each, reason)) === true;
}

/** The chain with a decision that replaces the one before; the account goes on where that one's ended. */
export function overrideDecision(
  chain: Chain,
  outcome: Decision['outcome'],
  reason: DecisionReason,
  because: readonly Reason[],
): Chain {
  const { decision } = chain;
  const account = [...(decision?.because ?? []), ...because];
  return { ...chain, decision: { outcome, reason, rule: decision?.rule ?? null, because: account } };
}
