/** Time as the flow and its adapters see it. Tests and the simulation bring their own. */
export interface Clock {
  /** Wall time, milliseconds since the epoch. It jumps when the machine's clock is set. */
  now(): number;
  /** Whole milliseconds since some fixed moment. It never jumps, so waits and ages are measured by it. */
  elapsed(): number;
  /** Calls `what` once at a wall time (ms since the epoch), at once if that has passed. Returns a function that cancels it. */
  at(when: number, what: () => void): () => void;
  /** Calls `what` once after `ms` of `elapsed` time. Returns a function that cancels it. */
  after(ms: number, what: () => void): () => void;
}

/** Resolves with the result of `work`, or with `null` after `ms`. The work is not cancelled. */
export async function withTimeout<T>(
  clock: Pick<Clock, 'after'>,
  ms: number,
  work: Promise<T>,
): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  const cancel = clock.after(ms, () => resolve(null));
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
