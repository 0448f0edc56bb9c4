import { isDeepStrictEqual } from 'node:util';
import type { Chain } from '../../chain/chain.ts';
import { stirCard } from '../../chain/chain-card.ts';
import { composeCard } from '../../report/chain/compose-card.ts';

/** Where links lead, and by which token a chain goes on, changes with the settings alone. */
const settings = { prowUrl: '', hasOwnToken: true };

/**
 * The chain after a change of whatever kind: where its card would show something else than before, it is brought up to
 * date. A chain that has none gets none by this: only news make one.
 */
export function keepCardTrue(before: Chain, after: Chain, now: number): Chain {
  if (after === before || after.card?.place == null || after.card.stale !== null) return after;
  const view = { ...settings, now };
  return isDeepStrictEqual(composeCard(before, view), composeCard(after, view))
    ? after
    : stirCard(after, now);
}
