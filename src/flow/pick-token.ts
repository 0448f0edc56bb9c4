import type { Chain } from '../chain/chain.ts';
import { ownToken } from '../chain/credentials.ts';
import type { Mark } from '../chain/seal.ts';
import type { Caller, Creation, Listing, Lookup } from '../trigger/execution-api.ts';
import type { Flow } from './flow.ts';

interface PickedToken {
  mark: Mark;
  caller: Caller;
}

/**
 * The token that a chain's next call to Gangway goes by: the first that a notification brought, and never the service's
 * in its place, since a caller's token triggers only what that token may. `null`: there is none whose seal opens.
 */
export function pickToken({ seal, settings }: Flow, { credentials, demanded }: Chain): PickedToken | null {
  for (const { mark, sealed } of credentials.tokens) {
    const secret = sealed === null ? settings.gangwayToken : seal.open(sealed);
    if (secret === null) continue;
    const isKnown = mark === ownToken.mark;
    return { mark, caller: { token: secret, isKnown, isDemanded: demanded } };
  }
  return null;
}

/** Whether the chain has tokens, and no key opens any of them. */
export function isLocked({ seal }: Pick<Flow, 'seal'>, { credentials: { tokens } }: Chain): boolean {
  const sealed = tokens.flatMap((token) => token.sealed ?? []);
  return (
    sealed.length > 0 && sealed.length === tokens.length && sealed.every((each) => seal.open(each) === null)
  );
}

/** Whether a notification has brought a token since the task began. */
export function gotToken(begun: Chain, known: Chain): boolean {
  const before = new Set(begun.credentials.tokens.map(({ mark }) => mark));
  return known.credentials.tokens.some(({ mark }) => !before.has(mark));
}

/** Whether another token may fare better. A client that is not on a tenant's list gets a 400 (PROW.md, 1). */
export function blamesToken(answer: Lookup | Listing | Creation): boolean {
  return 'cause' in answer && answer.cause !== 'unknown-job';
}
