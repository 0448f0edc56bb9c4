import type { ChainRun } from '../chain/run.ts';
import { recordUrl } from '../job/run.ts';
import type { Link } from './message.ts';

/** `at 10:31 UTC`, with the date where it is another day than that of `now` (both ms since the epoch). */
export function formatAt(when: number, now: number): string {
  const { isToday, day, time } = split(when, now);
  return isToday ? `at ${time}` : `on ${day} at ${time}`;
}

/** The same for a title or a table: `10:31 UTC`, `2026-06-02 10:31 UTC`. */
export function formatTime(when: number, now: number): string {
  const { isToday, day, time } = split(when, now);
  return isToday ? time : `${day} ${time}`;
}

function split(when: number, now: number): { isToday: boolean; day: string; time: string } {
  const [day = '', time = ''] = new Date(when).toISOString().split('T');
  return { isToday: new Date(now).toISOString().startsWith(day), day, time: `${time.slice(0, 5)} UTC` };
}

/** `pre, step ipi-install-install`: where a run began to fail; empty where nothing tells. */
export function formatWhere({ phase, steps }: Pick<ChainRun, 'phase' | 'steps'>): string {
  if (phase === null) return '';
  if (steps.length === 0) return phase;
  return `${phase}, ${steps.length === 1 ? 'step' : 'steps'} ${steps.join(', ')}`;
}

/** A run's page; one that has none yet is shown by Prow's record of it, which is there from the start. */
export function linkToRun({ url, attempt, prowJobId }: ChainRun, prowUrl: string): Link {
  return {
    text: attempt === 0 ? 'the failed run' : `attempt ${attempt}`,
    url: url ?? recordUrl(prowUrl, prowJobId),
  };
}
