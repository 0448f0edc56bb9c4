import { Low } from 'lowdb';
import type { Chain } from '../../../chain/chain.ts';
import type { Logger } from '../../../logging.ts';
import { type DocumentHooks, JobDocument } from './job-document.ts';
import { jobFileAdapter, type JobFolder, type StoredJob } from './job-file.ts';

/** Documents that are written at a time in the background. */
const width = 4;

export interface DocumentsOptions {
  folder: JobFolder;
  /** Documents kept in memory. */
  keepLoaded: number;
  log: Logger;
}

/** The documents of all jobs. Those in use are in memory, and chains that arrive are written in the background. */
export class JobDocuments {
  readonly #options: DocumentsOptions;
  readonly #hooks: DocumentHooks;
  /** Documents in memory by job, in the order of use. */
  readonly #loaded = new Map<string, JobDocument>();
  /** Jobs whose documents wait to be written. */
  readonly #due = new Set<string>();
  /** Jobs whose documents wait until the disk is writable again. */
  readonly #failed = new Set<string>();
  readonly #writes = new Set<Promise<void>>();

  constructor(options: DocumentsOptions, hooks: DocumentHooks) {
    this.#options = options;
    this.#hooks = hooks;
  }

  /**
   * The document of a job. Use it at once and keep it across no `await`: an idle one may be dropped, and two objects for one
   * file would overwrite each other.
   */
  of(job: string): JobDocument {
    const document = this.#loaded.get(job) ?? this.#open(job);
    this.#loaded.delete(job);
    this.#dropIdle();
    this.#loaded.set(job, document);
    return document;
  }

  /** Adds a chain that the journal holds to the document of its job. */
  arrive(chain: Chain): void {
    this.of(chain.jobName).arrive(chain);
    this.write(chain.jobName);
  }

  /** Brings the job's document up to date in the background. After a failure it is written with the next `retry`. */
  write(job: string): void {
    this.#due.add(job);
    this.#writeDue();
  }

  /** Writes the documents again that could not be written. */
  retry(): void {
    for (const job of this.#failed) this.#due.add(job);
    this.#failed.clear();
    this.#writeDue();
  }

  /** Resolves when every change is done and every document was written, or failed once more. */
  async settle(): Promise<void> {
    await Promise.all([...this.#loaded.values()].map((document) => document.settle()));
    this.retry();
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  #open(job: string): JobDocument {
    const adapter = jobFileAdapter(this.#options.folder, job);
    return new JobDocument(new Low<StoredJob>(adapter, { version: 2, job, chains: [] }), this.#hooks);
  }

  #dropIdle(): void {
    for (const [job, document] of this.#loaded) {
      if (this.#loaded.size < this.#options.keepLoaded) return;
      if (document.isIdle) this.#loaded.delete(job);
    }
  }

  #writeDue(): void {
    for (const job of this.#due) {
      if (this.#writes.size >= width) return;
      this.#due.delete(job);
      const write = this.#write(job).finally(() => {
        this.#writes.delete(write);
        this.#writeDue();
      });
      this.#writes.add(write);
    }
  }

  async #write(job: string): Promise<void> {
    try {
      await this.of(job).flush();
    } catch (err) {
      this.#failed.add(job);
      this.#options.log.warn({ err, job }, 'arrivals could not be written into their document');
      return;
    }
    // The disk is writable again.
    if (this.#failed.size > 0) this.retry();
  }
}
