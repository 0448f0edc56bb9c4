import type { Clock } from '../../../time/clock.ts';

/** Longer than a signature is good for. */
const keptMs = 15 * 60_000;

/** Tells what comes for the first time from what comes again. */
export class SeenOnce {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #seenAt = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** `false`: it came within the last quarter of an hour. What has no name is always new. */
  isNew(name: string): boolean {
    const now = this.#clock.now();
    for (const [other, at] of this.#seenAt) if (now - at > keptMs) this.#seenAt.delete(other);
    if (this.#seenAt.has(name)) return false;
    if (name !== '') this.#seenAt.set(name, now);
    return true;
  }
}
