import type { Clock } from '../../time/clock.ts';

/**
 * A longer wait is made of several, each of which reads the clock anew: Node's timers know nothing of a clock that is
 * set, and take 2^31 - 1 ms at the most.
 */
const maxTimerMs = 60_000;

/** The machine's own clock. Where it is set, what is due by then is called within a minute, and the rest at its time. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  at(when: number, what: () => void): () => void {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const rest = Math.max(0, when - Date.now());
      timer = setTimeout(rest > maxTimerMs ? arm : what, Math.min(rest, maxTimerMs));
    };
    arm();
    return () => clearTimeout(timer);
  }
}

/** The machine's own chance: from 0 up to but not 1. */
export function systemRandom(): number {
  return Math.random();
}
