/** Runs a step again and again until it finds nothing to do; never twice at once, and no kick is lost. */
export class CoalescingLoop {
  readonly #step: () => Promise<boolean>;
  #kicked = false;
  #running = false;
  #idle: Promise<void> = Promise.resolve();

  /** `step` answers whether there may be more to do, and never throws. */
  constructor(step: () => Promise<boolean>) {
    this.#step = step;
  }

  get isRunning(): boolean {
    return this.#running;
  }

  wake(): void {
    this.#kicked = true;
    if (this.#running) return;
    this.#running = true;
    this.#idle = this.#run();
  }

  /** Resolves when all that was kicked for is done. */
  async settle(): Promise<void> {
    while (this.#running) await this.#idle;
  }

  async #run(): Promise<void> {
    try {
      // A kick may come between the last step's answer and its arrival here.
      while (this.#kicked) {
        this.#kicked = false;
        while (await this.#step());
      }
    } finally {
      this.#running = false;
    }
  }
}
