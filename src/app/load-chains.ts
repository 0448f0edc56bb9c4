import type { EmbeddedStore } from '../adapters/lowdb/store.ts';
import { describeStoreFailure } from '../adapters/lowdb/open-store.ts';
import type { Flow } from '../flow/flow.ts';
import type { ChainWorker } from '../flow/chain-worker.ts';

interface Loaded {
  embedded: EmbeddedStore;
  flow: Flow;
  worker: ChainWorker;
}

/** The start was aborted by a request to stop. */
export class StartStopped extends Error {
  override name = 'StartStopped';
}

/**
 * Reads every document once, for the index, the budgets, the outages and the work to do. Rejects if a file cannot be
 * read, or if the store is closed meanwhile.
 */
export async function loadChains({ embedded, flow, worker }: Loaded, dataDir: string): Promise<void> {
  const now = flow.clock.now();
  const changed = await embedded
    .load((chain) => {
      flow.spendings.takeUp(chain, now);
      flow.failures.takeUp(chain, now);
      flow.olderCopy.takeUp(chain);
      worker.takeUp(chain);
    })
    .catch((cause: unknown) => {
      throw describeStoreFailure(dataDir, cause);
    });
  for (const chain of changed) worker.plan(chain);
  flow.failures.settle();
  void embedded.sweep();
}
