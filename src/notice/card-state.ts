import { backOff } from '../time/duration.ts';

/** Where a card stands: the channel's id, and the message's in it (Slack's `ts`). */
export interface CardPlace {
  channel: string;
  ts: string;
}

/** A message that is posted once and then rewritten in place, as it is on disk. */
export interface CardState {
  /** `null`: it was not posted yet, or it was deleted. */
  place: CardPlace | null;
  /** A fingerprint of what stands there; `null`: nothing. */
  shown: string | null;
  /** It does not show how things are; `null`: it does. */
  stale: Stale | null;
  /** How often in a row it was gone; a successful rewrite sets this to 0. */
  lost: number;
}

/** Times are milliseconds since the epoch. */
interface Stale {
  since: number;
  /** When it is to be written next. */
  dueAt: number;
  /** Failed tries in a row. */
  tries: number;
}

/** Changes within this time are one rewriting. */
export const coalesceMs = 2_000;

export const newCard: CardState = { place: null, shown: null, stale: null, lost: 0 };

/** Things have changed: it is posted at once, or rewritten together with all that changes in the next two seconds. */
export function markStale(card: CardState, now: number): CardState {
  if (card.stale !== null) return card;
  const dueAt = card.place === null ? now : now + coalesceMs;
  return { ...card, stale: { since: now, dueAt, tries: 0 } };
}

/** Why Slack did not take a message. */
export type DeliveryFault =
  /** Another try can help, not sooner than after `retryAfterMs` if that is given. */
  | { kind: 'later'; why: string; retryAfterMs: number | null }
  /** The address or the message is at fault. */
  | { kind: 'never'; why: string };

/** Why a card could not be written. `isClosed`: the channel does not exist, is archived, or the app is not in it. */
export type CardFault = DeliveryFault & { isClosed?: true };

/** The result of writing a card. */
export type CardResult =
  /** It stands at `place`; `shown` is the fingerprint of what stands there. */
  | { kind: 'shown'; place: CardPlace; shown: string }
  /** It showed this already, or nothing was to be written any more. */
  | { kind: 'unchanged' }
  /** The message to rewrite was deleted. */
  | { kind: 'gone' }
  /** The service is stopping: nothing was written, and the next start tries again. */
  | { kind: 'stopped' }
  | CardFault;

/**
 * The card after a write. `isCurrent`: what was written is still how things are; if it is not, the card is written again.
 * `now` is milliseconds since the epoch.
 */
export function applyResult(card: CardState, result: CardResult, isCurrent: boolean, now: number): CardState {
  if (result.kind === 'stopped') return card;
  const settled = settle(card, result, now);
  return isCurrent || card.stale === null ? settled : markStale(settled, now);
}

function settle(card: CardState, result: Exclude<CardResult, { kind: 'stopped' }>, now: number): CardState {
  switch (result.kind) {
    case 'shown':
      return recordShown(card, result.place, result.shown);
    case 'unchanged':
      return giveUpCard(card);
    case 'gone':
      return card.place === null ? recordFault(card, nothingThere, now) : recordDeleted(card, now);
    case 'later':
    case 'never': {
      const failed = recordFault(card, result, now);
      // The next try goes to the channel that the rule or the settings name by then.
      return result.isClosed === true && failed.stale !== null ? { ...failed, place: null } : failed;
    }
  }
}

/** Slack says so of a new message, which cannot be gone. */
export const nothingThere = {
  kind: 'later',
  why: 'Slack says that the message is gone',
  retryAfterMs: null,
} as const satisfies DeliveryFault;

/** What is `shown` stands at `place` now, posted or rewritten. */
export function recordShown(card: CardState, place: CardPlace, shown: string): CardState {
  return { place, shown, stale: null, lost: card.place === null ? card.lost : 0 };
}

/** It was deleted: it is posted anew. */
export function recordDeleted(card: CardState, now: number): CardState {
  return markStale({ ...newCard, lost: card.lost + 1 }, now);
}

/** It could not be written: it is tried again after a while, or given up. */
export function recordFault(card: CardState, fault: DeliveryFault, now: number): CardState {
  const { stale } = card;
  if (stale === null) return card;
  const waitMs = retryDelay(fault, stale.since, stale.tries, now);
  if (waitMs === null) return giveUpCard(card);
  // If only the answer was lost, something else may stand there now.
  return { ...card, shown: null, stale: { ...stale, dueAt: now + waitMs, tries: stale.tries + 1 } };
}

/** It is not written again, unless something changes. */
export function giveUpCard(card: CardState): CardState {
  return { ...card, stale: null };
}

const firstWaitMs = 5_000;
/** After a day, a message is no news any more. */
const maxDelayMs = 24 * 60 * 60_000;
/** The service itself may have been down for that day. */
const minTries = 10;

/** Milliseconds until the next try of a message that was first due at `since`; `null`: it is given up. */
export function retryDelay(fault: DeliveryFault, since: number, tries: number, now: number): number | null {
  if (fault.kind === 'never' || (now - since > maxDelayMs && tries >= minTries)) return null;
  return Math.max(backOff(firstWaitMs, tries), fault.retryAfterMs ?? 0);
}
