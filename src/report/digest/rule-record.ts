import type { Chain, ChainRun } from '../../chain/chain.ts';
import { isFinished } from '../../job/status.ts';
import { idleTries } from './digest.ts';

/** An attempt that has ended. */
interface Try {
  at: number;
  /** Tells attempts of the same moment apart. */
  key: string;
  passed: boolean;
}

/** The last attempts of each rule, `idleTries` of them: what was forgotten is older than what is kept. */
export class RuleRecord {
  readonly #tries = new Map<string, Try[]>();

  add(rule: string, chain: Chain, attempts: readonly ChainRun[]): void {
    const ended = attempts.flatMap(({ status, attempt, openedAt }) =>
      status === null || !isFinished(status)
        ? []
        : [{ at: openedAt, key: `${chain.id} ${attempt}`, passed: status === 'SUCCESS' }],
    );
    if (ended.length === 0) return;
    const known = this.#tries.get(rule) ?? [];
    this.#tries.set(rule, [...known, ...ended].toSorted(compareNewestFirst).slice(0, idleTries));
  }

  /** Whether none of its last attempts passed, and there were enough to tell. */
  isIdle(rule: string): boolean {
    const tries = this.#tries.get(rule) ?? [];
    return tries.length === idleTries && !tries.some(({ passed }) => passed);
  }
}

function compareNewestFirst(one: Try, other: Try): number {
  if (one.at !== other.at) return other.at - one.at;
  return one.key < other.key ? -1 : 1;
}
