import { dropToken } from '../../chain/attempt.ts';
import { type Chain, isManual } from '../../chain/chain.ts';
import { raiseTrust } from '../../chain/proof.ts';
import type { Caller, Creation, Listing, Lookup } from '../../trigger/execution-api.ts';
import type { Flow } from '../flow.ts';
import { isCredible, isSameToken, type KeptToken } from '../../chain/credentials.ts';

interface GangwayReply<T> {
  answer: T;
  /** The chain without the tokens that were refused meanwhile; it is trusted if one of its tokens is known or was taken. */
  note: (known: Chain) => Chain;
}

/**
 * Asks Gangway with one of the chain's tokens after the other until one is taken, or the last is refused, too. `null`:
 * there is none to ask with. A token that is refused is not used again, so the question counts as one call: else who
 * brings bad tokens could use up what may be asked after a run.
 */
export async function askGangway<T extends Lookup | Listing | Creation>(
  flow: Flow,
  chain: Chain,
  ask: (caller: Caller) => Promise<T>,
): Promise<GangwayReply<T> | null> {
  const refused: KeptToken[] = [];
  let isTrusted = false;
  const note = (known: Chain): Chain =>
    refused.reduce(dropToken, isTrusted ? raiseTrust(known, 'token') : known);
  let rest = chain;
  for (;;) {
    const token = pickToken(flow, rest);
    if (token === null) return null;
    const answer = await ask(token.caller);
    isTrusted ||= token.caller.isKnown || showsTaken(answer);
    const others = dropToken(rest, token.kept);
    if (!blamesToken(answer) || others === rest) return { answer, note };
    refused.push(token.kept);
    rest = others;
    if (pickToken(flow, rest) === null) return { answer, note };
  }
}

export interface PickedToken {
  kept: KeptToken;
  caller: Caller;
}

/**
 * The token for a chain's next call to Gangway: the first known one, otherwise the first that a notification brought. The
 * service's own never replaces them, because a caller's token triggers only what that token may. `null`: there is no token
 * whose seal opens.
 */
export function pickToken(
  { seal, settings, knownTokens }: Pick<Flow, 'seal' | 'settings' | 'knownTokens'>,
  chain: Chain,
): PickedToken | null {
  const tokens = chain.credentials.tokens.map((kept) => {
    return { kept, isKnown: isCredible(kept, (fingerprint) => knownTokens.isKnown(fingerprint)) };
  });
  for (const { kept, isKnown } of tokens.toSorted((a, b) => Number(b.isKnown) - Number(a.isKnown))) {
    const token = kept.kind === 'own' ? settings.gangwayToken : seal.open(kept.sealed);
    if (token !== null) return { kept, caller: { token, isKnown, isDemanded: isManual(chain) } };
  }
  return null;
}

/** Whether the chain has tokens, and no key opens any of them. */
export function isLocked({ seal }: Pick<Flow, 'seal'>, { credentials: { tokens } }: Chain): boolean {
  return (
    tokens.length > 0 && tokens.every((token) => token.kind === 'caller' && seal.open(token.sealed) === null)
  );
}

/** Whether a notification has brought a token since the task began. */
export function gainedToken(begun: Chain, known: Chain): boolean {
  const before = begun.credentials.tokens;
  return known.credentials.tokens.some((token) => !before.some((each) => isSameToken(each, token)));
}

/** Whether another token may fare better. A client that is not on a tenant's list gets a 400 (PROW.md, 1). */
export function blamesToken(answer: Lookup | Listing | Creation): boolean {
  return 'cause' in answer && answer.cause !== 'unknown-job';
}

/** Whether Gangway took the token. A refusal of the request or of the job says nothing about it. */
export function showsTaken({ kind }: Lookup | Listing | Creation): boolean {
  return kind === 'created' || kind === 'found' || kind === 'gone';
}
