import type { CanaryHold, Chain } from '../../chain/chain.ts';
import type { ChainRun } from '../../chain/run.ts';
import { classifyCanary, keysOf } from '../../chain/hold.ts';
import { isProven } from '../../chain/proof.ts';
import { type FailureRecord } from '../../rules/decide/outage.ts';

/** No outage looks further back (rule-file.ts). */
const maxWindowMs = 7 * 24 * 60 * 60_000;

type Alike = Pick<FailureRecord, 'steps' | 'signature'>;

/** The failures of late, over all jobs: what many of them have in common is an outage. */
export class RecentFailures {
  #signs: FailureRecord[] = [];
  /** By key: failures up to this time (ms since the epoch) are known to be fixed, as loaded chains show. */
  readonly #fixed = new Map<string, number>();
  /** What failures that were taken up have in common with others. */
  readonly #alike = new Map<string, Alike>();

  /** Adds the failures of a loaded chain that may still be part of an outage at `now`. */
  takeUp(chain: Chain, now: number): void {
    if (!isProven(chain)) return;
    for (const run of chain.runs.filter(isFailure)) {
      const { jobName, at, ...alike } = signOf(chain, run);
      if (at <= now - maxWindowMs) continue;
      const { steps, signature } = this.#share(alike);
      this.#signs.push({ jobName, steps, signature, at });
    }
    const { canaryOf } = chain;
    if (canaryOf === null || !hasPassed(chain, canaryOf)) return;
    const { key } = canaryOf;
    this.#fixed.set(key, Math.max(this.#fixed.get(key) ?? -Infinity, chain.updatedAt));
  }

  /** All chains are loaded: failures that their canaries showed to be fixed are forgotten. */
  settle(): void {
    const isFixed = (sign: FailureRecord): boolean =>
      keysOf(sign).some((key) => sign.at <= (this.#fixed.get(key) ?? -Infinity));
    this.#signs = this.#signs.filter((sign) => !isFixed(sign));
    this.#fixed.clear();
    this.#alike.clear();
  }

  /** Adds a run that was judged at `now` (ms since the epoch), if its failure is proven. */
  add(chain: Chain, run: ChainRun, now: number): void {
    if (!isFailure(run) || !isProven(chain)) return;
    const { at, ...sign } = signOf(chain, run);
    const recent = this.#signs.filter((each) => each.at > now - maxWindowMs);
    // The time comes from the bucket: one that lies ahead would make the rest look old.
    this.#signs = [...recent, { ...sign, at: Math.min(at, now) }];
  }

  /** What failed in this way up to `until` (ms since the epoch) is mended: those failures no longer make an outage. */
  forget(key: string, until = Infinity): void {
    this.#signs = this.#signs.filter((sign) => sign.at > until || !keysOf(sign).includes(key));
  }

  list(): readonly FailureRecord[] {
    return this.#signs;
  }

  /** Thousands of failures are alike: they need memory once. */
  #share(alike: Alike): Alike {
    const key = JSON.stringify([alike.steps, alike.signature]);
    const known = this.#alike.get(key) ?? alike;
    this.#alike.set(key, known);
    return known;
  }
}

/** A run's failure, dated by its end. */
function signOf({ jobName }: Chain, run: ChainRun): FailureRecord {
  const { steps, signature, finishedAt, openedAt } = run;
  return { jobName, steps, signature, at: finishedAt ?? openedAt };
}

function isFailure({ status }: ChainRun): boolean {
  return status === 'FAILURE' || status === 'ERROR';
}

/** Whether the canary got past the step in which the others failed. */
function hasPassed(chain: Chain, { key, canary }: CanaryHold): boolean {
  return classifyCanary(chain, canary.attempt, (run) => keysOf(run).includes(key)) === 'came-through';
}
