import type { Reason, ReasonOf } from '../../../src/chain/decision.ts';
import { emptyEvidence, type Evidence } from '../../../src/evidence/evidence.ts';
import { findManager } from '../../../src/job/managed-by.ts';
import { decide, type JudgedRun } from '../../../src/rules/decide/decide.ts';
import {
  type DecisionContext,
  type DecisionInputs,
  emptyContext,
} from '../../../src/rules/decide/context.ts';
import type { FailedRun } from '../../../src/rules/matchers/matcher.ts';
import { parseRules } from '../../../src/rules/language/parse-rules.ts';
import type { Retry, Rule, RuleSet } from '../../../src/rules/language/rule.ts';

export const now = Date.UTC(2026, 5, 12, 10);
export const second = 1_000;
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Chance that takes no side: it moves a delay neither way. */
export const moment: DecisionInputs = { now, random: () => 0.5 };

/** A periodic's first run that failed in pre, but for what is given. */
export function failedRun(
  evidence: Partial<Evidence> = {},
  rest: Partial<Omit<FailedRun, 'evidence'>> = {},
): FailedRun {
  const bare = emptyEvidence('FAILURE', 'run-0');
  const whole: Evidence = { ...bare, type: 'periodic', phase: 'pre', ...evidence };
  return {
    jobName: 'periodic-ci-a',
    attempt: 0,
    managedBy: findManager(whole),
    evidence: whole,
    ...rest,
  };
}

/** Rules as people write them, named a, b, c… unless told; one attempt after half an hour, unless told. */
export function rulesFor(
  ...parts: { match: object; retry?: object | 'never'; [key: string]: unknown }[]
): readonly Rule[] {
  const rules = parts.map(({ retry, ...rest }, index) => ({
    name: 'abcdefgh'[index],
    ...rest,
    retry: retry === 'never' ? retry : { attempts: 1, delay: '30m', ...retry },
  }));
  return ruleSet({ rules }).rules;
}

/** The rule that says this, and nothing else unless told. */
export function ruleFor(
  parts: { match?: object; retry?: object | 'never'; [key: string]: unknown } = {},
): Rule {
  const [rule] = rulesFor({ match: {}, ...parts });
  if (rule === undefined) throw new Error('there is no rule');
  return rule;
}

/** How the attempts are made where a rule says this. */
export function retryFor(retry: object = {}): Retry {
  const rule = ruleFor({ retry });
  if (rule.retry === 'never') throw new Error('the rule says never');
  return rule.retry;
}

/** What a rule file says. */
export function ruleSet(file: object): RuleSet {
  const parsed = parseRules([{ path: 'r.yaml', text: JSON.stringify(file) }]);
  if (parsed.kind === 'bad') throw new Error(parsed.problems.join('\n'));
  return parsed.rules;
}

/** A decision now, about a run of which nothing else is known, but for what is given. */
export function judge(
  run: FailedRun,
  rules: readonly Rule[],
  facts: Partial<DecisionContext> = {},
): JudgedRun {
  return decide(run, { ...emptyContext, ...facts }, rules, moment);
}

/** `retry matched a`: outcome, reason and rule of a decision now. */
export function verdictOf(
  run: FailedRun,
  rules: readonly Rule[],
  facts: Partial<DecisionContext> = {},
): string {
  const { outcome, reason, rule } = judge(run, rules, facts).decision;
  return `${outcome} ${reason} ${rule}`;
}

/**
 * The facts of an account, where a rule's is in short: `rule a fails: phase fails`. What it asked for and saw is the matchers'
 * part.
 */
export function shorten(because: readonly Reason[]): (Reason | string)[] {
  return because.map((reason) => {
    if (reason.kind !== 'rule') return reason;
    const { rule, verdict, findings, exceptions } = reason.trace;
    const all = [...findings, ...exceptions.map((each) => ({ ...each, key: `unless ${each.key}` }))];
    return `rule ${rule} ${verdict}: ${all.map((each) => `${each.key} ${each.verdict}`).join(', ')}`;
  });
}

type Failed = ReasonOf<'failed'>;

/** What the account of a run that failed in pre begins with, unless it says otherwise. */
export function failed(fields: Partial<Failed> = {}): Failed {
  return { kind: 'failed', status: 'FAILURE', phase: 'pre', steps: [], reason: null, ...fields };
}

/** The last fact that led to a decision now. */
export function lastFact(
  run: FailedRun,
  rules: readonly Rule[],
  facts: Partial<DecisionContext> = {},
): Reason | undefined {
  return judge(run, rules, facts).decision.because.at(-1);
}
