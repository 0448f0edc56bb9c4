import type { Chain, ChainRun } from '../chain/chain.ts';
import type { ChainStore } from '../chain/chain-store.ts';
import { type FailureSign, keysOf } from '../rules/outage.ts';
import { listChains } from './list-chains.ts';

/** No outage looks further back (rule-file.ts). */
const longestWindowMs = 7 * 24 * 60 * 60_000;

/** The failures of late, over all jobs: what many of them have in common is an outage. */
export class RecentFailures {
  #signs: FailureSign[] = [];

  /** Takes in what the store knows of failures judged before this process began. */
  async load(store: Pick<ChainStore, 'page'>): Promise<void> {
    for await (const chain of listChains(store, {})) {
      this.#signs.push(...chain.runs.filter(isFailure).map((run) => signOf(chain, run)));
    }
  }

  add(sign: FailureSign): void {
    this.#signs = [...this.#signs.filter(({ at }) => at > sign.at - longestWindowMs), sign];
  }

  /** What failed in this way is mended: those failures no longer make an outage. */
  forget(key: string): void {
    this.#signs = this.#signs.filter((sign) => !keysOf(sign).includes(key));
  }

  list(): readonly FailureSign[] {
    return this.#signs;
  }
}

/** A run's failure, dated by its end. */
export function signOf({ jobName }: Chain, run: ChainRun): FailureSign {
  const { steps, signature, finishedAt, openedAt } = run;
  return { jobName, steps, signature, at: finishedAt ?? openedAt };
}

function isFailure({ status }: ChainRun): boolean {
  return status === 'FAILURE' || status === 'ERROR';
}
