import { dropToken } from '../chain/attempt-chain.ts';
import type { Chain } from '../chain/chain.ts';
import type { Secret } from '../secret.ts';
import type { Creation, Listing, Lookup } from '../trigger/execution-api.ts';
import type { Flow } from './flow.ts';
import { blamesToken, pickToken } from './pick-token.ts';

export interface Asked<T> {
  answer: T;
  /** How many calls it took: each token that was refused cost one. */
  calls: number;
  /** The chain without the tokens that were refused on the way. */
  forget: (known: Chain) => Chain;
}

/**
 * Asks Gangway with one of the chain's tokens after the other until one is taken, the last is refused, too, or so many
 * calls were made as it may cost at `most`. `null`: there is none to ask with.
 */
export async function askGangway<T extends Lookup | Listing | Creation>(
  flow: Flow,
  chain: Chain,
  ask: (token: Secret) => Promise<T>,
  most = Infinity,
): Promise<Asked<T> | null> {
  const refused: string[] = [];
  const forget = (known: Chain): Chain => refused.reduce(dropToken, known);
  let rest = chain;
  let calls = 0;
  for (;;) {
    const token = pickToken(flow, rest);
    if (token === null) return null;
    const answer = await ask(token.secret);
    if (answer.kind !== 'held-back') calls += 1;
    const others = dropToken(rest, token.mark);
    if (!blamesToken(answer) || others === rest) return { answer, calls, forget };
    refused.push(token.mark);
    rest = others;
    if (calls >= most || pickToken(flow, rest) === null) return { answer, calls, forget };
  }
}
