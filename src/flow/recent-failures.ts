import type { Chain, ChainRun } from '../chain/chain.ts';
import { judgeCanary } from '../chain/hold-chain.ts';
import type { ChainStore } from '../chain/chain-store.ts';
import { isProven } from '../chain/proof.ts';
import { type FailureSign, keysOf } from '../rules/outage.ts';
import { listChains } from './list-chains.ts';

/** No outage looks further back (rule-file.ts). */
const longestWindowMs = 7 * 24 * 60 * 60_000;

/** The failures of late, over all jobs: what many of them have in common is an outage. */
export class RecentFailures {
  #signs: FailureSign[] = [];

  /** Takes in what the store knows of failures judged before this process began. */
  async load(store: Pick<ChainStore, 'page'>): Promise<void> {
    const mended: { key: string; at: number }[] = [];
    for await (const chain of listChains(store, { isProven: true })) {
      this.#signs.push(...chain.runs.filter(isFailure).map((run) => signOf(chain, run)));
      if (cameThrough(chain) && chain.hold !== null)
        mended.push({ key: chain.hold.key, at: chain.updatedAt });
    }
    for (const { key, at } of mended) this.forget(key, at);
  }

  /** Enters a run that was judged at `now` (ms since the epoch), if its failure is proven. */
  add(chain: Chain, run: ChainRun, now: number): void {
    if (!isFailure(run) || !isProven(chain)) return;
    const { at, ...sign } = signOf(chain, run);
    const recent = this.#signs.filter((each) => each.at > now - longestWindowMs);
    // The time comes from the bucket: one that lies ahead would make the rest look old.
    this.#signs = [...recent, { ...sign, at: Math.min(at, now) }];
  }

  /** What failed in this way up to `until` (ms since the epoch) is mended: those failures no longer make an outage. */
  forget(key: string, until = Infinity): void {
    this.#signs = this.#signs.filter((sign) => sign.at > until || !keysOf(sign).includes(key));
  }

  list(): readonly FailureSign[] {
    return this.#signs;
  }
}

/** A run's failure, dated by its end. */
function signOf({ jobName }: Chain, run: ChainRun): FailureSign {
  const { steps, signature, finishedAt, openedAt } = run;
  return { jobName, steps, signature, at: finishedAt ?? openedAt };
}

function isFailure({ status }: ChainRun): boolean {
  return status === 'FAILURE' || status === 'ERROR';
}

/** Whether the chain was the canary of an outage, and got past it. */
function cameThrough(chain: Chain): boolean {
  const { hold, id } = chain;
  if (hold === null || hold.canary.id !== id) return false;
  return judgeCanary(chain, hold.canary.attempt, (run) => keysOf(run).includes(hold.key)) === 'came-through';
}
