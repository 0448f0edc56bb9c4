import { type ActionResult, cancelChain, retryChain } from '../../src/chain/actions.ts';
import type { Chain } from '../../src/chain/chain.ts';
import { StoreUnavailable } from '../../src/chain/chain-store.ts';
import { applyAction } from '../../src/flow/requests/chain-actions.ts';
import type { SimulatedWorld } from './world.ts';

/** What a person asks of a chain. */
export interface Action {
  how: (chain: Chain) => ActionResult;
  /** The person is told that it is done. */
  done: (chain: Chain) => void;
}

export function cancelling({ life, ledger, clock }: SimulatedWorld, by?: string): Action {
  return {
    how: (chain) => cancelChain(chain, life?.clock.now() ?? 0, by),
    done: ({ root }) => ledger.cancelled.set(root, clock.now()),
  };
}

export function retrying({ life, ledger, scenario }: SimulatedWorld, by?: string): Action {
  return {
    how: (chain) => {
      const act = retryChain(chain, scenario.hasOwnToken, life?.clock.now() ?? 0, by);
      // Counted before it is known to be on disk: a person may be told that it failed, and have it done.
      if (act.kind === 'done') ledger.demand(chain.root);
      ledger.cancelled.delete(chain.root);
      return act;
    },
    done: () => {},
  };
}

/** A person asks it of the chain; the disk may not take it, or the process may die over it. */
export async function ask({ life }: SimulatedWorld, id: string, { how, done }: Action): Promise<void> {
  if (life?.open == null) return;
  const { flow } = life.open;
  await unlessUnavailable(async () => {
    const acted = await applyAction(flow, id, how);
    if (acted.kind === 'done' && !life.isDead) done(acted.chain);
  });
}

export async function unlessUnavailable(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
  }
}
