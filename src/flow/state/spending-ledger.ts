import { type Chain, intentOf } from '../../chain/chain.ts';
import { isProven } from '../../chain/proof.ts';
import type { Reason } from '../../chain/decision.ts';
import { findSpentBudget, type Spending } from '../../rules/decide/budget.ts';
import type { Budget } from '../../rules/language/rule.ts';

/** No budget's window is longer (rule-file.ts). */
const maxWindowMs = 30 * 24 * 60 * 60_000;

interface Entry extends Spending {
  /** Of the chain, and the attempt's number: an attempt that is sent once more is the same one. */
  chainId: string;
  attempt: number;
}

/**
 * The attempts that count against budgets, over all jobs. Asking and entering are one step without an await between,
 * so that however many attempts come at once, none slips in beside the last one that a budget allows.
 */
export class SpendingLedger {
  #entries: Entry[] = [];

  /** Adds the attempts of a loaded chain that may still count at `now`. */
  takeUp(chain: Chain, now: number): void {
    if (!isProven(chain)) return;
    for (const entry of entriesOf(chain)) if (entry.at > now - maxWindowMs) this.#entries.push(entry);
  }

  /** When the newest attempt of the job was made, other chains' than this one's; `null`: none is known. */
  lastOf(jobName: string, butChainId: string): number | null {
    const others = this.#entries.filter((each) => each.jobName === jobName && each.chainId !== butChainId);
    return others.length === 0 ? null : Math.max(...others.map(({ at }) => at));
  }

  /** Enters an attempt unless a budget is spent: then says which. `undo` takes an attempt back that was not made. */
  spend(
    budgets: readonly Budget[],
    { chain: { id: chainId, jobName }, attempt, at }: { chain: Chain; attempt: number; at: number },
  ): { kind: 'spent'; reason: Reason } | { kind: 'entered'; undo: () => void } {
    const isSame = (each: Entry): boolean => each.chainId === chainId && each.attempt === attempt;
    const others = this.#entries.filter((each) => each.at > at - maxWindowMs && !isSame(each));
    const reason = findSpentBudget(budgets, jobName, others, at);
    if (reason !== null) return { kind: 'spent', reason };
    this.#entries = [...others, { chainId, attempt, jobName, at }];
    return {
      kind: 'entered',
      undo: () => void (this.#entries = this.#entries.filter((each) => !isSame(each))),
    };
  }
}

function entriesOf(chain: Chain): Entry[] {
  const { id: chainId, jobName, runs } = chain;
  const intent = intentOf(chain);
  const made = runs.filter(({ attempt }) => attempt > 0);
  const entries = made.map(({ attempt, openedAt }) => ({ chainId, attempt, jobName, at: openedAt }));
  if (intent === null || intent.postsSent === 0) return entries;
  return [...entries, { chainId, attempt: intent.attempt, jobName, at: intent.writtenAt }];
}
