import { dropToken } from '../../chain/attempt.ts';
import type { Chain } from '../../chain/chain.ts';
import { trustMore } from '../../chain/proof.ts';
import type { Caller, Creation, Listing, Lookup } from '../../trigger/execution-api.ts';
import type { Flow } from '../flow.ts';
import { blamesToken, pickToken, showsTaken } from './pick-token.ts';

export interface Asked<T> {
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
): Promise<Asked<T> | null> {
  const refused: string[] = [];
  let isTrusted = false;
  const note = (known: Chain): Chain =>
    refused.reduce(dropToken, isTrusted ? trustMore(known, 'token') : known);
  let rest = chain;
  for (;;) {
    const token = pickToken(flow, rest);
    if (token === null) return null;
    const answer = await ask(token.caller);
    isTrusted ||= token.caller.isKnown || showsTaken(answer);
    const others = dropToken(rest, token.mark);
    if (!blamesToken(answer) || others === rest) return { answer, note };
    refused.push(token.mark);
    rest = others;
    if (pickToken(flow, rest) === null) return { answer, note };
  }
}
