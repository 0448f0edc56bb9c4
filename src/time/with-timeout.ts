import type { Clock } from './clock.ts';

/** What the work comes to, or `null` where that takes longer than `ms`: it goes on then, and nobody hears of it. */
export async function callWithin<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const callOff = clock.at(clock.now() + ms, () => resolve(null));
  try {
    return await Promise.race([work, late]);
  } finally {
    callOff();
  }
}
