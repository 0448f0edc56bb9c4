import { watch } from 'chokidar';
import type { Clock } from '../../flow/clock.ts';

/** An editor writes a file in several steps, and a deployment several files. */
const settleMs = 200;

/** Calls `changed` once the directory's files have come to rest after a change. Gives the way to stop. */
export function watchRulesDir(directory: string, clock: Clock, changed: () => void): () => Promise<void> {
  let cancel = (): void => {};
  const watcher = watch(directory, { ignoreInitial: true, depth: 1 }).on('all', () => {
    cancel();
    cancel = clock.at(clock.now() + settleMs, changed);
  });
  watcher.on('error', () => {});
  return async () => {
    cancel();
    await watcher.close();
  };
}
