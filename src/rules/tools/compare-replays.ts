import type { ReplayDecision } from './replay.ts';
import type { ReplayCase } from './replay-case.ts';

/** A failed run and the decisions of two rule sets; `after` is `null` if there is only one set. */
export interface Replayed {
  case: ReplayCase;
  before: ReplayDecision;
  after: ReplayDecision | null;
  /** The decisions, the deciding rules or the times of the attempt differ. */
  differs: boolean;
}

/** The totals of one rule set. */
export interface Tally {
  /** Without attempts that these rules would never have made. */
  judged: number;
  attempts: number;
  /** How often each reason was given. What waits for a canary has the reason `outage`, as has the canary itself. */
  reasons: Record<string, number>;
  /** Attempts that wait for the canary of an outage; the past does not show whether they are made. */
  held: number;
}

/** The attempts that only one of two rule sets would make. */
export interface Delta {
  attempts: number;
  /** How many of these failures the job's next run followed with a pass: a hint, since that run was another one. */
  followedByPass: number;
  /** The job had no next run yet. */
  nextUnknown: number;
}

export interface Balance {
  /** Of the second rule set, less those of the first. */
  attempts: number;
  onlyBefore: Delta;
  onlyAfter: Delta;
}

/** Pairs the decisions of two rule sets on the same cases. */
export function compareReplays(
  cases: readonly ReplayCase[],
  before: readonly ReplayDecision[],
  after: readonly ReplayDecision[] | null,
): Replayed[] {
  return cases.flatMap((each, index) => {
    const [first, second = null] = [before[index], after?.[index]];
    if (first === undefined) return [];
    return [{ case: each, before: first, after: second, differs: second !== null && differ(first, second) }];
  });
}

export function tally(decisions: readonly ReplayDecision[]): Tally {
  const judged = decisions.filter(({ reason }) => reason !== 'not-made');
  const reasons = [...Map.groupBy(judged, ({ reason }) => reason)]
    .map(([reason, { length }]) => [reason, length] as const)
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return {
    judged: judged.length,
    attempts: judged.filter(isAttempt).length,
    reasons: Object.fromEntries(reasons),
    held: judged.filter(({ outcome }) => outcome === 'hold').length,
  };
}

export function compareTotals(replayed: readonly Replayed[]): Balance {
  const onlyBefore = replayed.filter(({ before, after }) => isAttempt(before) && !isAttempt(after));
  const onlyAfter = replayed.filter(({ before, after }) => !isAttempt(before) && isAttempt(after));
  return {
    attempts: onlyAfter.length - onlyBefore.length,
    onlyBefore: countOutcomes(onlyBefore),
    onlyAfter: countOutcomes(onlyAfter),
  };
}

function countOutcomes(replayed: readonly Replayed[]): Delta {
  const next = replayed.map((each) => each.case.nextStatus);
  return {
    attempts: replayed.length,
    followedByPass: next.filter((status) => status === 'SUCCESS').length,
    nextUnknown: next.filter((status) => status === null).length,
  };
}

/** Whether two rule sets do something else with a run, whatever their rules are called. */
export function differsBeyondName({ before, after }: Replayed): boolean {
  return after !== null && differ({ ...before, rule: null }, { ...after, rule: null });
}

function differ(first: ReplayDecision, second: ReplayDecision): boolean {
  return (['outcome', 'reason', 'rule', 'delayMs'] as const).some((key) => first[key] !== second[key]);
}

function isAttempt(decision: ReplayDecision | null): boolean {
  return decision?.outcome === 'retry';
}
