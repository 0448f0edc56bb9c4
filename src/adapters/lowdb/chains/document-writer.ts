import type { Logger } from '../../../logging.ts';

export interface DocumentWriterOptions {
  /** Brings the document of a job up to date. */
  flush: (jobName: string) => Promise<void>;
  log: Logger;
  /** Documents that are written at a time. */
  width: number;
}

/**
 * Writes what arrived into documents, in the background. A job that could not be written waits until the disk
 * takes a write again, or somebody asks.
 */
export class DocumentWriter {
  readonly #options: DocumentWriterOptions;
  readonly #due = new Set<string>();
  readonly #failed = new Set<string>();
  readonly #running = new Set<Promise<void>>();

  constructor(options: DocumentWriterOptions) {
    this.#options = options;
  }

  add(jobName: string): void {
    this.#due.add(jobName);
    this.#begin();
  }

  retry(): void {
    for (const jobName of this.#failed) this.#due.add(jobName);
    this.#failed.clear();
    this.#begin();
  }

  /** Resolves when every job was written, or failed. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #begin(): void {
    for (const jobName of this.#due) {
      if (this.#running.size >= this.#options.width) return;
      this.#due.delete(jobName);
      const running = this.#flush(jobName).finally(() => {
        this.#running.delete(running);
        this.#begin();
      });
      this.#running.add(running);
    }
  }

  async #flush(jobName: string): Promise<void> {
    try {
      await this.#options.flush(jobName);
    } catch (err) {
      this.#failed.add(jobName);
      this.#options.log.warn({ err, job: jobName }, 'arrivals could not be written into their document');
      return;
    }
    if (this.#failed.size > 0) this.retry();
  }
}
