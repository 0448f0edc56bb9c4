import type { Clock } from '../flow/clock.ts';

/**
 * Looks again only when the last look ended `ms` milliseconds ago; who asks sooner, or during a look, gets its result.
 * A look that failed is forgotten.
 */
export function lookSeldom<T>(
  clock: Pick<Clock, 'now'>,
  ms: number,
  look: () => Promise<T>,
): () => Promise<T> {
  let current: Promise<T> | null = null;
  let last: { at: number; seen: T } | null = null;
  const lookNow = async (): Promise<T> => {
    try {
      const seen = await look();
      last = { at: clock.now(), seen };
      return seen;
    } finally {
      current = null;
    }
  };
  return async () => {
    const ageMs = last === null ? ms : clock.now() - last.at;
    // A clock that was set back must not keep the result for as long as it was wrong.
    if (last !== null && ageMs >= 0 && ageMs < ms) return last.seen;
    current ??= lookNow();
    return current;
  };
}
