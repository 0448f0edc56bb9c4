/** Where a card stands: the channel's id, and the message's in it (Slack's `ts`). */
export interface CardPlace {
  channel: string;
  ts: string;
}

/** A message that is posted once and rewritten in place from then on, as far as it is on disk. */
export interface CardState {
  /** `null`: it was not posted yet, or somebody deleted it. */
  place: CardPlace | null;
  /** A fingerprint of what stands there; `null`: nothing. */
  shown: string | null;
  /** It does not show how things are; `null`: it does. */
  stale: Stale | null;
  /** Times in a row that it was gone; what finds it standing ends the row. */
  lost: number;
}

/** Times are milliseconds since the epoch. */
interface Stale {
  since: number;
  /** When it is to be written next. */
  dueAt: number;
  /** Times in a row that this failed. */
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

/** What is `shown` stands at `place` now, posted or rewritten. */
export function recordShown(card: CardState, place: CardPlace, shown: string): CardState {
  return { place, shown, stale: null, lost: card.place === null ? card.lost : 0 };
}

/** It was deleted: it is posted anew. */
export function recordDeleted(card: CardState, now: number): CardState {
  return markStale({ ...newCard, lost: card.lost + 1 }, now);
}

/** It could not be written: again at `dueAt`. */
export function delayCard(card: CardState, dueAt: number): CardState {
  if (card.stale === null) return card;
  // Where only the answer was lost, something else may stand there now.
  return { ...card, shown: null, stale: { ...card.stale, dueAt, tries: card.stale.tries + 1 } };
}

/** It will not be written, unless something changes again. */
export function giveUpCard(card: CardState): CardState {
  return { ...card, stale: null };
}
