/** Runs the works of one key one after another. Works of different keys do not wait for each other. */
export class KeyedLock {
  /** The end of each key's last work. */
  readonly #ends = new Map<string, Promise<void>>();

  /** Starts the work when all earlier works of the key have ended, even if they failed. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#ends.get(key);
    const { promise: end, resolve } = Promise.withResolvers<void>();
    this.#ends.set(key, end);
    try {
      await before;
      return await work();
    } finally {
      if (this.#ends.get(key) === end) this.#ends.delete(key);
      resolve();
    }
  }
}
