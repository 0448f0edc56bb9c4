import { Worker } from 'node:worker_threads';
import { type Finding, Findings } from './findings.ts';

interface Order {
  first: number;
  count: number;
  /** Worlds at a time, each in a thread of its own. */
  threads: number;
  /** Called after each world. */
  tell?: (finding: Finding, findings: Findings) => void;
  /** No further world is begun once it is aborted. */
  signal?: AbortSignal;
}

/** Lives through `count` worlds from seed `first` on. */
export async function runSeeds({ first, count, threads, tell, signal }: Order): Promise<Findings> {
  const findings = new Findings();
  let next = first;
  const isOver = (): boolean => next >= first + count || signal?.aborted === true;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./seed-worker.ts', import.meta.url));
    try {
      while (!isOver()) {
        const finding = await ask(worker, next++);
        findings.add(finding);
        tell?.(finding, findings);
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, count) }, work));
  return findings;
}

function ask(worker: Worker, seed: number): Promise<Finding> {
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown): void =>
      reject(new Error(`seed ${seed} ended its thread`, { cause: reason }));
    worker.once('error', fail).once('exit', fail);
    worker.once('message', (finding: Finding) => {
      worker.off('error', fail).off('exit', fail);
      resolve(finding);
    });
    worker.postMessage(seed);
  });
}
