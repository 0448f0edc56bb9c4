import { dropToken } from '../chain/attempt-chain.ts';
import type { Chain } from '../chain/chain.ts';
import type { Secret } from '../secret.ts';
import type { Refusal } from '../trigger/execution-api.ts';
import type { Flow } from './flow.ts';
import { blamesToken, pickToken } from './pick-token.ts';

export interface Asked<T> {
  answer: T;
  /** The chain without the tokens that were refused on the way. */
  forget: (known: Chain) => Chain;
}

/**
 * Asks Gangway with one of the chain's tokens after the other until one is taken, or the last is refused, too. `null`:
 * there is none to ask with.
 */
export async function askGangway<T extends { kind: string } | Refusal>(
  flow: Flow,
  chain: Chain,
  ask: (token: Secret) => Promise<T>,
): Promise<Asked<T> | null> {
  const refused: string[] = [];
  const forget = (known: Chain): Chain => refused.reduce(dropToken, known);
  let asked: Asked<T> | null = null;
  let rest = chain;
  for (;;) {
    const token = pickToken(flow, rest);
    if (token === null) return asked;
    const answer = await ask(token.secret);
    asked = { answer, forget };
    const others = dropToken(rest, token.mark);
    if (!blamesToken(answer) || others === rest) return asked;
    refused.push(token.mark);
    rest = others;
  }
}
