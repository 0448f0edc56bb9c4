import type { ClientRateLimitInfo, Store } from 'express-rate-limit';
import type { HttpDeps } from './http-deps.ts';

interface Window {
  /** Milliseconds since the epoch. */
  startedAt: number;
  visits: number;
}

interface Limits {
  clock: HttpDeps['clock'];
  windowMs: number;
  /** Callers that are remembered at a time; where more come, those whose windows are the oldest are forgotten. */
  mostCallers: number;
}

/** How often each caller came within its window, which begins with its first visit. */
export class VisitCounter implements Store {
  /** In the order in which they began. */
  readonly #windows = new Map<string, Window>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  increment(caller: string): ClientRateLimitInfo {
    const window = this.#find(caller) ?? this.#open(caller);
    window.visits += 1;
    return { totalHits: window.visits, resetTime: new Date(window.startedAt + this.#limits.windowMs) };
  }

  decrement(caller: string): void {
    const window = this.#find(caller);
    if (window !== undefined) window.visits = Math.max(0, window.visits - 1);
  }

  resetKey(caller: string): void {
    this.#windows.delete(caller);
  }

  /** How many callers are remembered. */
  get size(): number {
    return this.#windows.size;
  }

  #find(caller: string): Window | undefined {
    const window = this.#windows.get(caller);
    return window !== undefined && this.#isRunning(window) ? window : undefined;
  }

  /** Makes room first, so that the memory has an end whatever comes. */
  #open(caller: string): Window {
    this.#windows.delete(caller);
    for (const [other, window] of this.#windows) {
      if (this.#isRunning(window) && this.#windows.size < this.#limits.mostCallers) break;
      this.#windows.delete(other);
    }
    const window = { startedAt: this.#limits.clock.now(), visits: 0 };
    this.#windows.set(caller, window);
    return window;
  }

  /** A clock that was set back ends a window, too: it would otherwise last as long as the clock was wrong. */
  #isRunning({ startedAt }: Window): boolean {
    const ageMs = this.#limits.clock.now() - startedAt;
    return ageMs >= 0 && ageMs < this.#limits.windowMs;
  }
}
