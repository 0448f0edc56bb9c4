import type { Moment } from './context.ts';
import type { Retry } from '../language/rule.ts';

/**
 * Milliseconds until the attempt that follows `attempt`: the delay, grown by `backoff` for every attempt so far, cut
 * at `max_delay`, moved by chance within `jitter`; and not before `cooldown` after the job's last attempt is over.
 */
export function computeDelay(
  { delay, backoff, max_delay: longest, jitter, cooldown = 0 }: Retry,
  attempt: number,
  lastAttemptAt: number | null,
  { now, chance }: Moment,
): number {
  const grown = Math.min(delay * backoff ** attempt, longest);
  const moved = Math.round(grown * (1 + jitter * (2 * chance() - 1)));
  // Without a cooldown another chain's attempt is no reason to wait, though it may be yet to come.
  const rest = lastAttemptAt === null || cooldown === 0 ? 0 : lastAttemptAt + cooldown - now;
  return Math.max(0, moved, rest);
}
