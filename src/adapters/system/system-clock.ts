import type { Clock } from '../../flow/clock.ts';

/** Node's timers take 2^31 - 1 ms at the most; a longer wait is made of several. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's own clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  at(when: number, what: () => void): () => void {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const rest = Math.max(0, when - Date.now());
      timer = setTimeout(rest > longestTimerMs ? arm : what, Math.min(rest, longestTimerMs));
    };
    arm();
    return () => clearTimeout(timer);
  }
}
