import type { Decision, DecisionReason, Reason } from '../../chain/decision.ts';
import { findSpentBudget, type Spending } from '../decide/budget.ts';
import { decide } from '../decide/decide.ts';
import { type FailureRecord, findOutage, type OutageMatch } from '../decide/outage.ts';
import { keysOf } from '../../chain/hold.ts';
import type { ReplayCase } from './replay-case.ts';
import type { RuleSet } from '../language/rule.ts';

/** The decision about a failed run of the past, had these rules been in force. */
export interface ReplayDecision extends Omit<Decision, 'reason'> {
  /** `not-made`: the run is an attempt that these rules would never have made, so it would not have failed. */
  reason: DecisionReason | 'not-made';
  /** Milliseconds; `null`: no attempt was planned. */
  delayMs: number | null;
}

interface Waiting {
  index: number;
  dueAt: number;
  keys: readonly string[];
}

const notMade: ReplayDecision = {
  outcome: 'skip',
  reason: 'not-made',
  rule: null,
  because: [{ kind: 'would-not-be-made' }],
  delayMs: null,
};

/**
 * What the rules would have made of the failures, which come in the order in which they ended; an answer for each.
 * Attempts fall due between them, and each is weighed against the budgets at that moment. Of an outage the attempt
 * that is due first is made, as the canary; what would have come of those that wait for it, the past cannot tell,
 * so they stay `hold`. Chance lies in the middle: no jitter.
 */
export function replayRules(cases: readonly ReplayCase[], rules: RuleSet): ReplayDecision[] {
  const replay = new Replay(cases, rules);
  cases.forEach((_, index) => replay.judge(index));
  replay.attemptUntil(Infinity);
  return replay.decisions;
}

class Replay {
  readonly decisions: ReplayDecision[] = [];
  readonly #cases: readonly ReplayCase[];
  readonly #rules: RuleSet;
  /** The judged runs by chain and attempt. */
  readonly #indexes = new Map<string, number>();
  readonly #failures: FailureRecord[] = [];
  readonly #spendings: Spending[] = [];
  #waiting: Waiting[] = [];
  #holds: (OutageMatch & { until: number })[] = [];

  constructor(cases: readonly ReplayCase[], rules: RuleSet) {
    this.#cases = cases;
    this.#rules = rules;
  }

  judge(index: number): void {
    const each = this.#at(index);
    const { at, run, facts, root } = each;
    this.attemptUntil(at);
    if (root !== null) this.#indexes.set(attemptKey(root, run.attempt), index);
    if (this.#isNotMade(each)) return void this.decisions.push(notMade);
    const { steps, signature } = run.evidence;
    const failure = { jobName: run.jobName, steps, signature, at };
    const keys = keysOf(failure);
    this.#holds = this.#holds.filter(({ until }) => until > at);
    const running = this.#holds.find(({ key }) => keys.includes(key)) ?? null;
    const outage = running ?? findOutage(this.#rules.outage, failure, this.#failures);
    const moment = { now: at, random: () => 0.5 };
    const { decision, plan } = decide(run, { ...facts, outage }, this.#rules.rules, moment);
    this.decisions.push({ ...decision, delayMs: plan?.delayMs ?? null });
    this.#failures.push(failure);
    if (running !== null) return;
    if (plan !== null) this.#waiting.push({ index, dueAt: at + plan.delayMs, keys });
    if (outage !== null) this.#beginHold(outage, at);
  }

  /** Makes the attempts that fall due by then (ms since the epoch), oldest first, unless a newer run or a budget prevents it. */
  attemptUntil(until: number): void {
    const due = this.#waiting.filter(({ dueAt }) => dueAt <= until).toSorted((a, b) => a.dueAt - b.dueAt);
    this.#waiting = this.#waiting.filter(({ dueAt }) => dueAt > until);
    for (const { index, dueAt } of due) this.#attempt(index, dueAt);
  }

  #attempt(index: number, dueAt: number): void {
    const { run, newerRunAt } = this.#at(index);
    if (newerRunAt !== null && newerRunAt <= dueAt) {
      return this.#change(index, 'skip', 'superseded', { kind: 'newer-run-by-then' });
    }
    const spent = findSpentBudget(this.#rules.budgets, run.jobName, this.#spendings, dueAt);
    if (spent !== null) return this.#change(index, 'skip', 'budget-spent', spent);
    this.#spendings.push({ jobName: run.jobName, at: dueAt });
  }

  /** The attempt that is due first goes ahead as the canary; the others of the outage wait for it. */
  #beginHold(outage: OutageMatch, at: number): void {
    const isMember = ({ keys }: Waiting): boolean => keys.includes(outage.key);
    const [canary, ...others] = this.#waiting.filter(isMember).toSorted((a, b) => a.dueAt - b.dueAt);
    if (canary === undefined) return;
    this.#holds.push({ ...outage, until: at + outage.holdMs });
    const { key, jobs } = outage;
    this.#change(canary.index, 'retry', 'outage', { kind: 'would-go-first', key, jobs });
    for (const { index } of others) this.#change(index, 'hold', 'outage', { kind: 'would-wait', key, jobs });
    this.#waiting = this.#waiting.filter((each) => each === canary || !isMember(each));
  }

  /** The run is an attempt after a failure that these rules left alone. */
  #isNotMade({ root, run }: ReplayCase): boolean {
    if (run.attempt === 0 || root === null) return false;
    const before = this.#indexes.get(attemptKey(root, run.attempt - 1));
    return before !== undefined && this.decisions[before]?.outcome === 'skip';
  }

  #change(index: number, outcome: ReplayDecision['outcome'], reason: DecisionReason, because: Reason): void {
    const decided = this.decisions[index];
    if (decided === undefined) return;
    this.decisions[index] = { ...decided, outcome, reason, because: [...decided.because, because] };
  }

  #at(index: number): ReplayCase {
    const found = this.#cases[index];
    if (found === undefined) throw new RangeError(`there is no case ${index}`);
    return found;
  }
}

function attemptKey(root: string, attempt: number): string {
  return `${root} ${attempt}`;
}
