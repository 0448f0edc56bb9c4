import type { Chain } from '../../chain/chain.ts';
import type { ChainQuery, ChainStore } from '../../chain/chain-store.ts';

const pageSize = 500;

/** Every chain that the query asks for, newest first, page by page. */
export async function* listChains(
  store: Pick<ChainStore, 'page'>,
  query: Omit<ChainQuery, 'limit' | 'after'>,
): AsyncGenerator<Chain> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<ChainStore['page']>> = await store.page({
      ...query,
      limit: pageSize,
      ...(after === null ? {} : { after }),
    });
    yield* page.chains;
    after = page.next;
  } while (after !== null);
}
