import { keepEnds } from './keep-ends.ts';
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

interface KeptToken {
  mark: Mark;
  /** `null`: the service's own token, for a caller that may use it. */
  sealed: Sealed | null;
}

interface KeptAddress {
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

/** Each cost a call; once so many were refused, no other is taken, and only a person goes on. */
const mostRefused = 16;

/**
 * Adds what is new; a refused token is not. The same object where nothing is. `awaited`: the addresses that a report is
 * still to reach, which stay.
 */
export function keepBrought(
  known: Credentials,
  brought: Brought,
  awaited: ReadonlySet<Mark> = new Set(),
): Credentials {
  const token = tokenOf(brought);
  const address = addressOf(brought);
  const isTokenNew = bringsNewToken(known, brought);
  const isAddressNew = !holds(known.addresses, address.mark);
  if (!isTokenNew && !isAddressNew) return known;
  return {
    ...known,
    tokens: isTokenNew ? keepEnds([...known.tokens, token]) : known.tokens,
    addresses: isAddressNew
      ? keepEnds([...known.addresses, address], ({ mark }) => awaited.has(mark))
      : known.addresses,
  };
}

/** Whether it brings a token that is neither known nor refused, and any is taken still. */
export function bringsNewToken({ tokens, refused }: Credentials, brought: Brought): boolean {
  const { mark } = tokenOf(brought);
  return refused.length < mostRefused && !holds(tokens, mark) && !refused.includes(mark);
}

/** Takes tokens out that are of no use, and remembers them, so that a repeat does not bring them back. */
export function refuseTokens(credentials: Credentials, marks: readonly Mark[]): Credentials {
  const { tokens, refused } = credentials;
  const others = refused.filter((mark) => !marks.includes(mark));
  return {
    ...credentials,
    tokens: tokens.filter(({ mark }) => !marks.includes(mark)),
    refused: [...others, ...marks],
  };
}

function tokenOf({ token }: Brought): KeptToken {
  return token ?? ownToken;
}

export function addressOf({ slack, slackErrors }: Brought): KeptAddress {
  if (slack === null && slackErrors === null) return defaultAddress;
  const mark = `${slack?.mark ?? ''}/${slackErrors?.mark ?? ''}`;
  return { mark, slack: slack?.sealed ?? null, slackErrors: slackErrors?.sealed ?? null };
}

function holds(kept: readonly { mark: Mark }[], mark: Mark): boolean {
  return kept.some((each) => each.mark === mark);
}
