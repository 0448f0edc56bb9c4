/** Time as the flow and its adapters see it; a test or the simulation brings its own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `what` once at `when` (ms since the epoch), at once if that has passed. Returns the way to call it off. */
  at(when: number, what: () => void): () => void;
}

/** What the work comes to, or `null` where that takes longer than `ms`: it goes on then, and nobody hears of it. */
export async function withTimeout<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const cancel = clock.at(clock.now() + ms, () => resolve(null));
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
