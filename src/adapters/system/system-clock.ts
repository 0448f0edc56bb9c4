import type { Clock } from '../../time/clock.ts';

/** A wait until a wall time reads the clock this often, because Node's timers do not notice when the clock is set. */
const maxWallTimerMs = 60_000;
/** Node's timers take no more milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/** The machine's own clock. If it is set, `at` notices within a minute, and `after` is not affected. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  elapsed(): number {
    return Math.floor(performance.now());
  }

  at(when: number, what: () => void): () => void {
    return wait(() => when - this.now(), maxWallTimerMs, what);
  }

  after(ms: number, what: () => void): () => void {
    const end = this.elapsed() + ms;
    return wait(() => end - this.elapsed(), maxTimerMs, what);
  }
}

/** Waits until no milliseconds are left. A wait longer than `maxMs` is made of several. */
function wait(msLeft: () => number, maxMs: number, what: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const ms = Math.max(0, msLeft());
    timer = setTimeout(ms > maxMs ? arm : what, Math.min(ms, maxMs));
  };
  arm();
  return () => clearTimeout(timer);
}

/** The machine's own chance: from 0 up to but not 1. */
export function systemRandom(): number {
  return Math.random();
}
