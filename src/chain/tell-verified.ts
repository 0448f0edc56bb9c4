import type { Chain } from './chain.ts';
import { tell } from './outbox.ts';

/**
 * The chain, now verified, with a report of what the verification found to all its listeners. A chain that has ended since
 * the verification began has forgotten its addresses: it gets those of `begun` back until the report is delivered.
 */
export function tellVerified(known: Chain, begun: Chain, detail: string, now: number): Chain {
  if (known.isVerified) return known;
  const { addresses } = known.credentials.addresses.length === 0 ? begun.credentials : known.credentials;
  const credentials = { ...known.credentials, addresses };
  return tell({ ...known, credentials, isVerified: true }, { topic: 'verified', attempt: 0, detail }, now);
}
