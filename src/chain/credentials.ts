import type { Mark, Sealed } from './seal.ts';

/** What one notification brings; without a token it goes by the service's own, without addresses by the settings'. */
export interface Brought {
  token: Marked | null;
  slack: Marked | null;
  slackErrors: Marked | null;
}

export interface Marked {
  mark: Mark;
  sealed: Sealed;
}

export interface KeptToken {
  mark: Mark;
  /** `null`: the service's own token, for a caller that may use it. */
  sealed: Sealed | null;
}

export interface KeptAddress {
  mark: Mark;
  slack: Sealed | null;
  slackErrors: Sealed | null;
}

/** What the notifications of a chain's runs brought; anybody may have sent one of them. */
export interface Credentials {
  /** They are tried in this order. */
  tokens: KeptToken[];
  /** Tokens that Gangway refused. */
  refused: Mark[];
  /** Each hears of everything; none: the settings' addresses do. */
  addresses: KeptAddress[];
}

export const ownToken: KeptToken = { mark: 'own', sealed: null };
export const defaultAddress: KeptAddress = { mark: 'default', slack: null, slackErrors: null };
export const noCredentials: Credentials = { tokens: [], refused: [], addresses: [] };

/** Of each kind; beyond, those in the middle go, so that neither who comes before a flood nor after it is lost. */
const mostKept = 8;
const mostRefused = 16;

/** Adds what is new; a refused token is not. The same object where nothing is. */
export function keepBrought(known: Credentials, brought: Brought): Credentials {
  const token = tokenOf(brought);
  const address = addressOf(brought);
  const isTokenNew = bringsNewToken(known, brought);
  const isAddressNew = !holds(known.addresses, address.mark);
  if (!isTokenNew && !isAddressNew) return known;
  return {
    ...known,
    tokens: isTokenNew ? keepEnds([...known.tokens, token]) : known.tokens,
    addresses: isAddressNew ? keepEnds([...known.addresses, address]) : known.addresses,
  };
}

/** Whether it brings a token that is neither known nor refused. */
export function bringsNewToken({ tokens, refused }: Credentials, brought: Brought): boolean {
  const { mark } = tokenOf(brought);
  return !holds(tokens, mark) && !refused.includes(mark);
}

/** Takes tokens out that are of no use, and remembers them, so that a repeat does not bring them back. */
export function refuseTokens(credentials: Credentials, marks: readonly Mark[]): Credentials {
  const { tokens, refused } = credentials;
  const others = refused.filter((mark) => !marks.includes(mark));
  return {
    ...credentials,
    tokens: tokens.filter(({ mark }) => !marks.includes(mark)),
    refused: [...others, ...marks].slice(-mostRefused),
  };
}

function tokenOf({ token }: Brought): KeptToken {
  return token ?? ownToken;
}

function addressOf({ slack, slackErrors }: Brought): KeptAddress {
  if (slack === null && slackErrors === null) return defaultAddress;
  const mark = `${slack?.mark ?? ''}/${slackErrors?.mark ?? ''}`;
  return { mark, slack: slack?.sealed ?? null, slackErrors: slackErrors?.sealed ?? null };
}

function holds(kept: readonly { mark: Mark }[], mark: Mark): boolean {
  return kept.some((each) => each.mark === mark);
}

function keepEnds<T>(list: T[]): T[] {
  if (list.length <= mostKept) return list;
  return [...list.slice(0, mostKept / 2), ...list.slice(-mostKept / 2)];
}
