import type { Act } from '../chain/act-on-chain.ts';
import type { Chain } from '../chain/chain.ts';
import type { ChainStore } from '../chain/chain-store.ts';

/** Does what a person asks of a chain, unless its state speaks against it; throws `StoreUnavailable`. */
export async function actOnChain(
  store: ChainStore,
  id: string,
  act: (chain: Chain) => Act,
): Promise<Act | { kind: 'absent' }> {
  let result: Act | null = null;
  const changed = await store.update(id, (chain) => {
    result = act(chain);
    return result.kind === 'done' ? result.chain : chain;
  });
  if (changed === null || result === null) return { kind: 'absent' };
  const { kind } = result as Act;
  return kind === 'done' ? { kind, chain: changed } : result;
}
