/** What a stand-in received, in order, and a way to wait for an entry without polling. */
export class CallLog<T> {
  readonly entries: T[] = [];
  readonly #waiting: { fits: (entry: T) => boolean; resolve: (entry: T) => void }[] = [];

  add(entry: T): T {
    this.entries.push(entry);
    this.changed(entry);
    return entry;
  }

  /** Tells those who wait that an entry is new or has got its answer. */
  changed(entry: T): void {
    for (const waiter of this.#waiting.filter(({ fits }) => fits(entry))) {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.resolve(entry);
    }
  }

  /** The first entry that fits, of those here or still to come. */
  when(fits: (entry: T) => boolean): Promise<T> {
    const known = this.entries.find(fits);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => this.#waiting.push({ fits, resolve }));
  }
}
