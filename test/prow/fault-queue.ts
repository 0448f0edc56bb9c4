/** Faults that wait for the next calls they fit; each is used `times` times, in the order they were added. */
export class FaultQueue<F, C> {
  readonly #queue: { fault: F; left: number; fits: (call: C) => boolean }[] = [];

  add(fault: F, times: number, fits: (call: C) => boolean = () => true): void {
    this.#queue.push({ fault, left: times, fits });
  }

  take(call: C): F | null {
    const entry = this.#queue.find(({ left, fits }) => left > 0 && fits(call));
    if (entry === undefined) return null;
    entry.left -= 1;
    if (entry.left === 0) this.#queue.splice(this.#queue.indexOf(entry), 1);
    return entry.fault;
  }

  clear(): void {
    this.#queue.length = 0;
  }
}
