import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';

// Optimized code leaves out most of the counters, so this process keeps to code that counts.
setFlagsFromString('--no-maglev');
setFlagsFromString('--no-turbofan');
// One session for all: a function keeps its counters only while the profiler that it was compiled under is on.
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

/**
 * Counts the steps of `work`: how often the blocks of JavaScript run, in our code and in packages. A loop of n rounds
 * counts n at least, and the same work counts the same on every machine, however busy. Steps inside V8 (a regular
 * expression, `indexOf`) are not counted.
 */
export async function countSteps(work: () => unknown): Promise<number> {
  await takeCount();
  await work();
  return takeCount();
}

/** Counts since the last call. */
async function takeCount(): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  return result
    .filter(({ url }) => url.startsWith('file:'))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0);
}
