import type { Fingerprint, Sealed } from '../secret.ts';
import { dayMs } from '../time/duration.ts';

/** What one notification brings; without a token it goes by the service's own, without addresses by the settings'. */
export interface NotificationSecrets {
  token: SealedSecret | null;
  slack: SealedSecret | null;
  slackErrors: SealedSecret | null;
}

export interface SealedSecret {
  mark: Fingerprint;
  sealed: Sealed;
}

interface KeptToken {
  mark: Fingerprint;
  /** `null`: the service's own token, for a caller that may use it. */
  sealed: Sealed | null;
}

interface KeptAddress {
  mark: Fingerprint;
  slack: Sealed | null;
  slackErrors: Sealed | null;
}

/** What the notifications of a chain's runs brought; anybody may have sent one of them. */
export interface Credentials {
  /** They are tried in this order. */
  tokens: KeptToken[];
  /** How often Gangway refused a token. A refused token is dropped, and a notification may bring it again. */
  refusals: number;
  /** Each hears of everything; none: the settings' addresses do. */
  addresses: KeptAddress[];
}

export const ownToken: KeptToken = { mark: 'own', sealed: null };
export const defaultAddress: KeptAddress = { mark: 'default', slack: null, slackErrors: null };
export const noCredentials: Credentials = { tokens: [], refusals: 0, addresses: [] };

/** Says whether Gangway has taken the token with this mark before. */
export type KnowsToken = (mark: Fingerprint) => boolean;

/** Each costs a call. After so many, the chain takes only known tokens; otherwise only a person continues it. */
const maxRefusals = 16;

/**
 * Adds what is new; a token that was refused and dropped is new again. Returns the same object if nothing is new.
 * `awaited`: addresses that a report has still to reach; they stay. Known tokens stay, too.
 */
export function mergeSecrets(
  known: Credentials,
  brought: NotificationSecrets,
  awaited: ReadonlySet<Fingerprint> = new Set(),
  knowsToken: KnowsToken = () => false,
): Credentials {
  const token = tokenOf(brought);
  const address = addressOf(brought);
  const isTokenNew = hasNewToken(known, brought, knowsToken);
  const isAddressNew = !holds(known.addresses, address.mark);
  if (!isTokenNew && !isAddressNew) return known;
  return {
    ...known,
    tokens: isTokenNew
      ? keepEnds([...known.tokens, token], ({ mark }) => isCredible(mark, knowsToken))
      : known.tokens,
    addresses: isAddressNew
      ? keepEnds([...known.addresses, address], ({ mark }) => awaited.has(mark))
      : known.addresses,
  };
}

/** Whether it brings a token that the chain does not have and still takes. */
export function hasNewToken(
  { tokens, refusals }: Credentials,
  brought: NotificationSecrets,
  knowsToken: KnowsToken = () => false,
): boolean {
  const { mark } = tokenOf(brought);
  return !holds(tokens, mark) && (refusals < maxRefusals || isCredible(mark, knowsToken));
}

/** Whether the token is certainly real: it is known, or it is the service's own. */
export function isCredible(mark: Fingerprint, knowsToken: KnowsToken): boolean {
  return mark === ownToken.mark || knowsToken(mark);
}

/** Drops tokens that Gangway refused, and counts them. */
export function refuseTokens(credentials: Credentials, marks: readonly Fingerprint[]): Credentials {
  const tokens = credentials.tokens.filter(({ mark }) => !marks.includes(mark));
  const refused = credentials.tokens.length - tokens.length;
  if (refused === 0) return credentials;
  return { ...credentials, tokens, refusals: credentials.refusals + refused };
}

function tokenOf({ token }: NotificationSecrets): KeptToken {
  return token ?? ownToken;
}

export function addressOf({ slack, slackErrors }: NotificationSecrets): KeptAddress {
  if (slack === null && slackErrors === null) return defaultAddress;
  const mark = `${slack?.mark ?? ''}/${slackErrors?.mark ?? ''}`;
  return { mark, slack: slack?.sealed ?? null, slackErrors: slackErrors?.sealed ?? null };
}

function holds(kept: readonly { mark: Fingerprint }[], mark: Fingerprint): boolean {
  return kept.some((each) => each.mark === mark);
}

/**
 * The tokens that Gangway has taken, as keyed hashes. With a new key the same token has another mark, so it is unknown
 * until Gangway takes it again.
 */
export interface KnownTokens {
  isKnown(mark: Fingerprint): boolean;
  /** Gangway has just taken the token. It is known at once, and on disk when this resolves. Throws `StoreUnavailable`. */
  add(mark: Fingerprint): Promise<void>;
}

export interface KnownToken {
  mark: Fingerprint;
  /** When Gangway last took it, to the day (ms since the epoch). */
  usedAt: number;
}

/** A token that was not used for so long is forgotten. */
const keepMs = 90 * dayMs;
/** Beyond that, the longest unused token is forgotten first. */
const maxKnownTokens = 1_000;

/** The tokens after Gangway took one; the same list if it was also taken within the last day, so that few uses are written. */
export function noteUse(tokens: KnownToken[], mark: Fingerprint, now: number): KnownToken[] {
  const known = tokens.find((each) => each.mark === mark);
  if (known !== undefined && now - known.usedAt < dayMs && known.usedAt <= now) return tokens;
  const others = tokens.filter((each) => each.mark !== mark && isFresh(each, now));
  const byAge = others.toSorted((one, other) => one.usedAt - other.usedAt);
  return [...byAge.slice(Math.max(0, byAge.length + 1 - maxKnownTokens)), { mark, usedAt: now }];
}

export function knows(tokens: readonly KnownToken[], mark: Fingerprint, now: number): boolean {
  return tokens.some((each) => each.mark === mark && isFresh(each, now));
}

function isFresh({ usedAt }: KnownToken, now: number): boolean {
  return now - usedAt < keepMs;
}

/** Of what strangers bring, each kind. */
const maxKept = 8;

/**
 * Bounds a list to which anybody may add. Beyond eight those in the middle go, so that a flood before or after the true
 * one leaves it in; what `mustStay` stays whatever comes.
 */
export function keepEnds<T>(list: readonly T[], mustStay: (each: T) => boolean = () => false): T[] {
  if (list.length <= maxKept) return [...list];
  return list.filter((each, n) => n < maxKept / 2 || n >= list.length - maxKept / 2 || mustStay(each));
}
