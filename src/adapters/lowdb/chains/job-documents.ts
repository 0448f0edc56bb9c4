import type { JobDocument } from './job-document.ts';

/** The documents at hand, by job; the ones used longest ago are forgotten where that loses nothing. */
export class JobDocuments {
  readonly #make: (jobName: string) => JobDocument;
  readonly #limit: number;
  /** In the order of use. */
  readonly #atHand = new Map<string, JobDocument>();

  constructor(limit: number, make: (jobName: string) => JobDocument) {
    this.#limit = limit;
    this.#make = make;
  }

  /**
   * The document of a job. To be used at once and not kept across an `await`: an idle one may be forgotten,
   * and two for one file would overwrite each other.
   */
  of(jobName: string): JobDocument {
    const document = this.#atHand.get(jobName) ?? this.#make(jobName);
    this.#atHand.delete(jobName);
    this.#forgetIdle();
    this.#atHand.set(jobName, document);
    return document;
  }

  /** Resolves when no document is being changed. */
  async settle(): Promise<void> {
    await Promise.all([...this.#atHand.values()].map((document) => document.settle()));
  }

  #forgetIdle(): void {
    for (const [jobName, document] of this.#atHand) {
      if (this.#atHand.size < this.#limit) return;
      if (document.isIdle) this.#atHand.delete(jobName);
    }
  }
}
