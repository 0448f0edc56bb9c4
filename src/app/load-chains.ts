import type { EmbeddedStore } from '../adapters/lowdb/store.ts';
import { describeStoreFailure } from '../adapters/lowdb/open-store.ts';
import type { JoinedFlow } from './join-flow.ts';

/** The start was aborted by a request to stop. */
export class StartStopped extends Error {
  override name = 'StartStopped';
}

/**
 * Reads every document once, for the index, the budgets, the outages and the work to do. Rejects if a file cannot be
 * read, or if the store is closed meanwhile.
 */
export async function loadChains(
  embedded: EmbeddedStore,
  { flow, worker, takeUp }: JoinedFlow,
  dataDir: string,
): Promise<void> {
  const changed = await embedded.load(takeUp).catch((cause: unknown) => {
    throw describeStoreFailure(dataDir, cause);
  });
  for (const chain of changed) worker.plan(chain);
  flow.failures.settle();
  void embedded.sweep();
}
