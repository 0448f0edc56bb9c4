import type { Fingerprint, Sealed } from '../secret.ts';
import { dayMs } from '../time/duration.ts';

export interface SealedSecret {
  fingerprint: Fingerprint;
  sealed: Sealed;
}

/** What one notification brings; without a token it uses the service's own, without addresses those of the settings. */
export interface NotificationSecrets {
  token: SealedSecret | null;
  slack: SealedSecret | null;
  slackErrors: SealedSecret | null;
}

/** `own`: the service's own token, for a caller that may use it. */
export type KeptToken = { kind: 'own' } | ({ kind: 'caller' } & SealedSecret);

/** `default`: the addresses of the settings. */
export type KeptAddress =
  | { kind: 'default' }
  /** `fingerprint`: of both addresses together. */
  | { kind: 'address'; fingerprint: Fingerprint; slack: Sealed | null; slackErrors: Sealed | null };

/** What the notifications of a chain's runs brought; anyone may have sent one of them. */
export interface Credentials {
  /** They are tried in this order. */
  tokens: KeptToken[];
  /** How often Gangway rejected a token. A rejected token is dropped, and a notification may bring it again. */
  refusals: number;
  /** Each gets every message; none: the addresses of the settings do. */
  addresses: KeptAddress[];
}

export const ownToken: KeptToken = { kind: 'own' };
export const noCredentials: Credentials = { tokens: [], refusals: 0, addresses: [] };

/** Says whether Gangway has accepted the token with this fingerprint before. */
export type KnowsToken = (fingerprint: Fingerprint) => boolean;

/** Each costs a call. After so many, the chain takes only known tokens; otherwise only a person continues it. */
const maxRefusals = 16;

/** Strangers may send as many as they like. */
export const maxCandidates = 8;

/** Bounds a list to which anyone may add: the newest stay, and beside them what `mustStay`. */
export function keepNewest<T>(list: readonly T[], mustStay: (each: T) => boolean = () => false): T[] {
  const surplus = list.length - maxCandidates;
  return list.filter((each, n) => n >= surplus || mustStay(each));
}

/**
 * Adds what is new; a token that was rejected and dropped is new again. Returns the same object if nothing is new.
 * `isAwaited`: a report still has to reach the address, so it stays. Known tokens stay, too.
 */
export function mergeSecrets(
  known: Credentials,
  brought: NotificationSecrets,
  knowsToken: KnowsToken,
  isAwaited: (address: KeptAddress) => boolean = () => false,
): Credentials {
  const address = addressOf(brought);
  const isTokenNew = hasNewToken(known, brought, knowsToken);
  const isAddressNew = !known.addresses.some((each) => isSameAddress(each, address));
  if (!isTokenNew && !isAddressNew) return known;
  return {
    ...known,
    tokens: isTokenNew
      ? keepNewest([...known.tokens, tokenOf(brought)], (token) => isCredible(token, knowsToken))
      : known.tokens,
    addresses: isAddressNew ? keepNewest([...known.addresses, address], isAwaited) : known.addresses,
  };
}

/** Whether it brings a token that the chain does not have and still takes. */
export function hasNewToken(
  { tokens, refusals }: Credentials,
  brought: NotificationSecrets,
  knowsToken: KnowsToken,
): boolean {
  const token = tokenOf(brought);
  const isThere = tokens.some((each) => isSameToken(each, token));
  return !isThere && (refusals < maxRefusals || isCredible(token, knowsToken));
}

/** Whether the token is certainly real: it is known, or it is the service's own. */
export function isCredible(token: KeptToken, knowsToken: KnowsToken): boolean {
  return token.kind === 'own' || knowsToken(token.fingerprint);
}

/** Drops tokens that Gangway rejected, and counts them. */
export function refuseTokens(credentials: Credentials, refused: readonly KeptToken[]): Credentials {
  const tokens = credentials.tokens.filter((token) => !refused.some((each) => isSameToken(each, token)));
  const dropped = credentials.tokens.length - tokens.length;
  if (dropped === 0) return credentials;
  return { ...credentials, tokens, refusals: credentials.refusals + dropped };
}

export function isSameToken(a: KeptToken, b: KeptToken): boolean {
  return a.kind === 'own' || b.kind === 'own' ? a.kind === b.kind : a.fingerprint === b.fingerprint;
}

export function addressOf({ slack, slackErrors }: NotificationSecrets): KeptAddress {
  if (slack === null && slackErrors === null) return { kind: 'default' };
  const fingerprint = `${slack?.fingerprint ?? ''}/${slackErrors?.fingerprint ?? ''}`;
  return {
    kind: 'address',
    fingerprint,
    slack: slack?.sealed ?? null,
    slackErrors: slackErrors?.sealed ?? null,
  };
}

function tokenOf({ token }: NotificationSecrets): KeptToken {
  return token === null ? ownToken : { kind: 'caller', ...token };
}

function isSameAddress(a: KeptAddress, b: KeptAddress): boolean {
  return a.kind === 'default' || b.kind === 'default' ? a.kind === b.kind : a.fingerprint === b.fingerprint;
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
