import type { Chain } from '../chain/chain.ts';
import type { Secret } from '../secret.ts';
import type { Flow } from './flow.ts';

/**
 * The token that a chain's calls to Gangway go by: the caller's where it brought one, and never the service's in its
 * place, since a caller's token triggers only what that token may. `null`: there is none, or its seal does not open.
 */
export function pickToken({ seal, settings }: Flow, chain: Chain): Secret | null {
  const { token } = chain.credentials;
  return token === null ? settings.gangwayToken : seal.open(token);
}
