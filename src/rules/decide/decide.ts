import type { Decision, DecisionReason, Reason, RuleTrace } from '../../chain/decision.ts';
import { listFailureReasons } from './failure-reasons.ts';
import { examineRule } from './examine-rule.ts';
import type { DecisionContext, DecisionInputs } from './context.ts';
import type { FailedRun } from '../matchers/matcher.ts';
import { findUnmetPrecondition, refuseManaged, findRefusal } from './refusals.ts';
import type { Retry, Rule } from '../language/rule.ts';

/** How an attempt is to be made. */
interface Plan {
  /** Milliseconds until then. */
  delayMs: number;
  /** For ci-operator. */
  envs: Record<string, string>;
}

export interface JudgedRun {
  decision: Decision;
  /** For a retry, and for a hold once it ends; `null` for a skip. */
  plan: Plan | null;
  /** Every rule that was looked at, in order; the last one decided, unless none did. */
  trace: RuleTrace[];
}

/**
 * Whether a finished run is worth another attempt, by the first rule that matches; none: skip. A rule that some
 * missing artifact keeps from matching or failing stops the search, because a later rule was not meant for what
 * that one may have been: `evidence-missing`. A run that something else manages is for rules with `managed_by` alone.
 */
export function decide(
  run: FailedRun,
  facts: DecisionContext,
  rules: readonly Rule[],
  moment: DecisionInputs,
): JudgedRun {
  const barrier = findUnmetPrecondition(run);
  if (barrier !== null) return skip(barrier.reason, null, [barrier.because], []);
  const failure = listFailureReasons(run.evidence);
  const trace: RuleTrace[] = [];
  for (const rule of rules) {
    const examined = examineRule(rule, run, moment.now);
    trace.push(examined);
    if (examined.verdict === 'fails' || examined.verdict === 'expired') continue;
    const because = [...failure, toReason(examined), ...listOwner(rule)];
    if (examined.verdict === 'unknown') {
      return skip('evidence-missing', rule.name, [...because, ...listGaps(run)], trace);
    }
    if (rule.retry === 'never')
      return skip('never', rule.name, [...because, { kind: 'rule-says-never' }], trace);
    if (run.evidence.type === null) {
      const missing: Reason[] = [{ kind: 'type-unknown' }, ...listGaps(run)];
      return skip('evidence-missing', rule.name, [...because, ...missing], trace);
    }
    return applyRule(rule, rule.retry, because);
  }
  const managed = refuseManaged(run);
  if (managed === null) return skip('no-rule-matched', null, [...failure, ...trace.map(toReason)], trace);
  const asked = trace.filter((_, index) => rules[index]?.match.managed_by !== undefined);
  return skip(managed.reason, null, [...failure, managed.because, ...asked.map(toReason)], trace);

  function applyRule(rule: Rule, retry: Retry, because: Reason[]): JudgedRun {
    const { refusal, doubts } = findRefusal({ rule, retry, run, facts, moment });
    const weighed = [...because, ...doubts];
    if (refusal !== null) return skip(refusal.reason, rule.name, [...weighed, refusal.because], trace);
    const plan = {
      delayMs: computeDelay(retry, run.attempt, facts.lastAttemptAt, moment),
      envs: retry.envs,
    };
    const { attempts } = retry;
    const next: Reason = { kind: 'plan', attempt: run.attempt + 1, attempts, delayMs: plan.delayMs };
    if (facts.outage === null)
      return { decision: settle('retry', 'matched', rule.name, [...weighed, next]), plan, trace };
    const { key, jobs } = facts.outage;
    const held: Reason = { kind: 'outage', key, jobs };
    return { decision: settle('hold', 'outage', rule.name, [...weighed, held]), plan, trace };
  }
}

function skip(reason: DecisionReason, rule: string | null, because: Reason[], trace: RuleTrace[]): JudgedRun {
  return { decision: settle('skip', reason, rule, because), plan: null, trace };
}

function settle(
  outcome: Decision['outcome'],
  reason: DecisionReason,
  rule: string | null,
  because: Reason[],
): Decision {
  return { outcome, reason, rule, because };
}

/** What is stored of a trace: the conditions that led to its verdict. */
function toReason(trace: RuleTrace): Reason {
  if (trace.verdict === 'expired') return { kind: 'rule', trace };
  const { verdict, findings, exceptions } = trace;
  const wanted = { matches: 'holds', unknown: 'unknown', fails: 'fails' } as const;
  const against = { matches: null, unknown: 'unknown', fails: 'holds' } as const;
  return {
    kind: 'rule',
    trace: {
      ...trace,
      findings: findings.filter((each) => each.verdict === wanted[verdict]),
      exceptions: exceptions.filter((each) => each.verdict === against[verdict]),
    },
  };
}

function listOwner({ owner, issue }: Rule): Reason[] {
  return [
    ...(owner === undefined ? [] : [{ kind: 'owner', owner } as const]),
    ...(issue === undefined ? [] : [{ kind: 'issue', issue } as const]),
  ];
}

function listGaps({ evidence }: FailedRun): Reason[] {
  return evidence.gaps.map((gap) => ({ kind: 'gap', gap }));
}

/**
 * Milliseconds until the attempt that follows `attempt`: the delay, grown by `backoff` for every attempt so far, cut
 * at `max_delay`, moved by chance within `jitter`; and not before `cooldown` after the job's last attempt is over.
 */
export function computeDelay(
  { delay, backoff, max_delay: longest, jitter, cooldown = 0 }: Retry,
  attempt: number,
  lastAttemptAt: number | null,
  { now, random }: DecisionInputs,
): number {
  const grown = Math.min(delay * backoff ** attempt, longest);
  const moved = Math.round(grown * (1 + jitter * (2 * random() - 1)));
  // Without a cooldown another chain's attempt is no reason to wait, though it may be yet to come.
  const rest = lastAttemptAt === null || cooldown === 0 ? 0 : lastAttemptAt + cooldown - now;
  return Math.max(0, moved, rest);
}

/** What may still come and would change the decision. */
export type Lacking = 'labels' | 'history';

/**
 * What the decision depends on and was not read yet: `labels` if a condition on known failures keeps a rule from being
 * judged, `history` if only the job's earlier runs could still refuse the attempt. `null`: the decision can be made.
 * `now` is in ms since the epoch.
 */
export function findLacking(
  run: FailedRun,
  facts: DecisionContext,
  rules: readonly Rule[],
  now: number,
): Lacking | null {
  const { decision, trace } = decide(run, facts, rules, { now, random: () => 0.5 });
  const last = trace.at(-1);
  if (last?.verdict === 'unknown') {
    const conditions = [...last.findings, ...last.exceptions];
    return conditions.some(({ key, verdict }) => key === 'label' && verdict === 'unknown') ? 'labels' : null;
  }
  if (decision.outcome === 'skip' || facts.pastRuns !== null) return null;
  const rule = rules.find(({ name }) => name === decision.rule);
  return rule?.history?.max_consecutive_failures === undefined ? null : 'history';
}
