import { parentPort } from 'node:worker_threads';
import { toFinding } from './findings.ts';
import { runSeed } from './run-seed.ts';

/** Lives through the worlds whose seeds come, one after the other. */
parentPort?.on('message', (seed: number) => void answer(seed));

async function answer(seed: number): Promise<void> {
  parentPort?.postMessage(toFinding(await runSeed(seed)));
}
