/** Runs a step again and again until it finds nothing to do. Steps never overlap, and no call of `wake` is lost. */
export class CoalescingLoop {
  readonly #step: () => Promise<boolean>;
  #isWoken = false;
  #isRunning = false;
  #idle: Promise<void> = Promise.resolve();

  /** `step` resolves with whether there may be more to do. It never rejects. */
  constructor(step: () => Promise<boolean>) {
    this.#step = step;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  wake(): void {
    this.#isWoken = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#idle = this.#run();
  }

  /** Resolves when everything that `wake` was called for is done. */
  async settle(): Promise<void> {
    while (this.#isRunning) await this.#idle;
  }

  async #run(): Promise<void> {
    try {
      // `wake` may be called between the end of the last step and this line.
      while (this.#isWoken) {
        this.#isWoken = false;
        while (await this.#step());
      }
    } finally {
      this.#isRunning = false;
    }
  }
}
