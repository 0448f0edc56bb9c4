import type { Mark } from './seal.ts';

/**
 * The tokens that Gangway has taken, as keyed hashes. With a new key the same token has another mark, so it is unknown
 * until Gangway takes it again.
 */
export interface KnownTokens {
  isKnown(mark: Mark): boolean;
  /** Gangway has just taken the token. It is known at once, and on disk when this resolves. Throws `StoreUnavailable`. */
  add(mark: Mark): Promise<void>;
}

export interface KnownToken {
  mark: Mark;
  /** When Gangway last took it, to the day (ms since the epoch). */
  usedAt: number;
}

const dayMs = 24 * 60 * 60_000;
/** A token that was not used for so long is forgotten. */
const keepMs = 90 * dayMs;
/** Beyond that, the longest unused token is forgotten first. */
const most = 1_000;

/** The tokens after Gangway took one; the same list if it was also taken within the last day, so that few uses are written. */
export function noteUse(tokens: KnownToken[], mark: Mark, now: number): KnownToken[] {
  const known = tokens.find((each) => each.mark === mark);
  if (known !== undefined && now - known.usedAt < dayMs && known.usedAt <= now) return tokens;
  const others = tokens.filter((each) => each.mark !== mark && isFresh(each, now));
  const byAge = others.toSorted((one, other) => one.usedAt - other.usedAt);
  return [...byAge.slice(Math.max(0, byAge.length + 1 - most)), { mark, usedAt: now }];
}

export function knows(tokens: readonly KnownToken[], mark: Mark, now: number): boolean {
  return tokens.some((each) => each.mark === mark && isFresh(each, now));
}

function isFresh({ usedAt }: KnownToken, now: number): boolean {
  return now - usedAt < keepMs;
}
