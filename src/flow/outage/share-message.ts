import type { Chain } from '../../chain/chain.ts';
import type { SharedNews } from '../../chain/hold.ts';
import type { Flow } from '../flow.ts';
import { listAddresses } from '../deliver/pick-address.ts';

/**
 * Which chain bears a message about several, so that each address to which one of them reports gets it once, and none
 * that the chains in `told` reached. `say` words it for the chains of an address.
 */
export function shareNews(
  flow: Flow,
  chains: readonly Chain[],
  say: (chains: readonly Chain[]) => string,
  told: readonly Chain[] = [],
): Map<string, SharedNews[]> {
  const news = new Map<string, SharedNews[]>();
  const reached = new Set(told.flatMap((chain) => listAddresses(flow, chain).map(({ address }) => address)));
  const all = chains.flatMap((chain) => listAddresses(flow, chain).map((each) => ({ chain, ...each })));
  for (const [address, group] of Map.groupBy(all, (each) => each.address)) {
    const [bearer] = group;
    if (bearer === undefined || reached.has(address)) continue;
    const one = { detail: say(group.map(({ chain }) => chain)), to: [bearer.mark] };
    news.set(bearer.chain.id, [...(news.get(bearer.chain.id) ?? []), one]);
  }
  return news;
}
