import type { Clock } from '../time/clock.ts';

/**
 * Looks again only if the last look ended at least `ms` milliseconds ago. A call before that, or during a look, gets the
 * result of that look. A failed look is not kept.
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
    // If the clock is set back, the result must not be kept for that much longer.
    if (last !== null && ageMs >= 0 && ageMs < ms) return last.seen;
    current ??= lookNow();
    return current;
  };
}
