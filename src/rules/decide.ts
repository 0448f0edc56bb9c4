import type { Decision, DecisionReason } from '../chain/decision.ts';
import { formatDuration } from '../job/duration.ts';
import { describeFailure, describeTrace } from './describe-trace.ts';
import { examineRule, type RuleTrace } from './examine-rule.ts';
import type { FailedRun } from './failed-run.ts';
import { findBarrier } from './gates.ts';
import type { Rule } from './rule.ts';

export interface Judgement {
  decision: Decision;
  /** Milliseconds until the attempt, for a retry; `null` otherwise. */
  delayMs: number | null;
  /** Every rule that was looked at, in order; the last one decided, unless none did. */
  trace: RuleTrace[];
}

/**
 * Whether a finished run is worth another attempt, by the first rule that matches; none: skip. A rule that some
 * missing artifact keeps from matching or failing stops the search, because a later rule was not meant for what
 * that one may have been: `evidence-missing`.
 */
export function decide(run: FailedRun, rules: readonly Rule[]): Judgement {
  const barrier = findBarrier(run);
  if (barrier !== null) return skip(barrier.reason, null, [barrier.because], []);
  const failure = describeFailure(run);
  const trace: RuleTrace[] = [];
  for (const rule of rules) {
    const examined = examineRule(rule, run);
    trace.push(examined);
    if (examined.verdict === 'fails') continue;
    if (examined.verdict === 'unknown' || run.evidence.type === null) {
      return skip(
        'evidence-missing',
        rule.name,
        [failure, describeTrace(examined), ...sayMissing(examined, run)],
        trace,
      );
    }
    return applyRule(rule, run, [failure, describeTrace(examined)], trace);
  }
  return skip('no-rule-matched', null, [failure, ...trace.map(describeTrace)], trace);
}

function applyRule(rule: Rule, { attempt }: FailedRun, because: string[], trace: RuleTrace[]): Judgement {
  const { attempts, delay } = rule.retry;
  if (attempt >= attempts) {
    const allowed = attempts === 1 ? 'one attempt' : `${attempts} attempts`;
    const limit = `The rule allows ${allowed}, and this was attempt ${attempt}.`;
    return skip('attempts-exhausted', rule.name, [...because, limit], trace);
  }
  const when = delay === 0 ? 'at once' : `after ${formatDuration(delay)}`;
  const next = `Attempt ${attempt + 1} of ${attempts} is made ${when}.`;
  const decision: Decision = {
    outcome: 'retry',
    reason: 'matched',
    rule: rule.name,
    because: [...because, next],
  };
  return { decision, delayMs: delay, trace };
}

function skip(reason: DecisionReason, rule: string | null, because: string[], trace: RuleTrace[]): Judgement {
  return { decision: { outcome: 'skip', reason, rule, because }, delayMs: null, trace };
}

function sayMissing({ verdict }: RuleTrace, { evidence }: FailedRun): string[] {
  const gaps = evidence.gaps.map((gap) => (gap.endsWith('.') ? gap : `${gap}.`));
  if (verdict === 'unknown') return gaps;
  return ['No artifact tells what type of job this is, and Gangway must be told.', ...gaps];
}
