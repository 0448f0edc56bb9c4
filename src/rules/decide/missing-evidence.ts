import { decide } from './decide.ts';
import type { Facts } from './context.ts';
import type { FailedRun } from '../matchers/failed-run.ts';
import type { Rule } from '../language/rule.ts';

/** What may still come and would change the decision. */
export type Lacking = 'labels' | 'history';

/**
 * What the decision depends on and was not read yet: `labels` if a condition on known failures keeps a rule from being
 * judged, `history` if only the job's earlier runs could still refuse the attempt. `null`: the decision can be made.
 * `now` is in ms since the epoch.
 */
export function findLacking(
  run: FailedRun,
  facts: Facts,
  rules: readonly Rule[],
  now: number,
): Lacking | null {
  const { decision, trace } = decide(run, facts, rules, { now, chance: () => 0.5 });
  const last = trace.at(-1);
  if (last?.verdict === 'unknown') {
    const conditions = [...last.findings, ...last.exceptions];
    return conditions.some(({ key, verdict }) => key === 'label' && verdict === 'unknown') ? 'labels' : null;
  }
  if (decision.outcome === 'skip' || facts.pastRuns !== null) return null;
  const rule = rules.find(({ name }) => name === decision.rule);
  return rule?.history?.max_consecutive_failures === undefined ? null : 'history';
}
