import { type Chain, isOpen } from '../../chain/chain.ts';
import { TooManyUnproven } from '../../chain/chain-store.ts';
import { isListed } from '../../chain/proof.ts';
import type { Clock } from '../../time/clock.ts';

/** How many chains may wait for their first look, and how many notifications for room among them. */
export interface FirstCheckLimits {
  inAll: number;
  ofOneJob: number;
  inLine: number;
}

interface Waiting {
  id: string;
  jobName: string;
  enter: () => void;
}

/** The step that calls us waits as long. */
const maxWaitMs = 10_000;

/**
 * The chains that were taken in and not looked at yet. Any of them may be a true failure, and the store forgets unproven
 * chains if too many come. So no more are taken in than can be looked at: the next notification waits for room, in the
 * order of arrival, and is refused if none comes.
 */
export class FirstChecks {
  readonly #clock: Clock;
  readonly #limits: FirstCheckLimits;
  /** The job's name, by the chain's id. */
  readonly #jobs = new Map<string, string>();
  readonly #ofJob = new Map<string, number>();
  #line: Waiting[] = [];

  constructor(clock: Clock, limits: FirstCheckLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Keeps room for a new chain. Rejects with `TooManyUnproven` if there is none for 10 s, or the line is too long. */
  async enter(id: string, jobName: string): Promise<void> {
    if (this.#hasRoom(jobName)) return this.#add(id, jobName);
    if (this.#line.length >= this.#limits.inLine) throw new TooManyUnproven();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { id, jobName, enter: resolve };
    this.#line.push(waiting);
    const cancel = this.#clock.at(this.#clock.now() + maxWaitMs, () => {
      this.#line = this.#line.filter((each) => each !== waiting);
      reject(new TooManyUnproven());
    });
    await promise.finally(cancel);
  }

  /** Learns of a change of a chain. */
  see(chain: Chain): void {
    if (waitsForLook(chain)) this.#add(chain.id, chain.jobName);
    else this.forget([chain.id]);
  }

  /** These chains wait no longer. */
  forget(ids: readonly string[]): void {
    const sizeBefore = this.#jobs.size;
    for (const id of ids) this.#remove(id);
    // Every change of a chain comes here, and most of them make no room.
    if (this.#line.length > 0 && this.#jobs.size < sizeBefore) this.#admit();
  }

  #admit(): void {
    const line = this.#line;
    this.#line = [];
    for (const waiting of line) {
      if (!this.#hasRoom(waiting.jobName)) {
        this.#line.push(waiting);
        continue;
      }
      this.#add(waiting.id, waiting.jobName);
      waiting.enter();
    }
  }

  #hasRoom(jobName: string): boolean {
    const { inAll, ofOneJob } = this.#limits;
    return this.#jobs.size < inAll && (this.#ofJob.get(jobName) ?? 0) < ofOneJob;
  }

  #add(id: string, jobName: string): void {
    if (this.#jobs.get(id) === jobName) return;
    this.#remove(id);
    this.#jobs.set(id, jobName);
    this.#ofJob.set(jobName, (this.#ofJob.get(jobName) ?? 0) + 1);
  }

  #remove(id: string): void {
    const jobName = this.#jobs.get(id);
    if (jobName === undefined) return;
    this.#jobs.delete(id);
    const left = (this.#ofJob.get(jobName) ?? 0) - 1;
    if (left > 0) this.#ofJob.set(jobName, left);
    else this.#ofJob.delete(jobName);
  }
}

/** A chain that was opened again was looked at before. */
function waitsForLook(chain: Chain): boolean {
  return isOpen(chain) && !isListed(chain) && chain.tries === 0 && chain.reopened === 0;
}
