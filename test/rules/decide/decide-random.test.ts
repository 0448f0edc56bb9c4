import { describeReasons } from '../../../src/report/reasons.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { DecisionReason } from '../../../src/chain/decision.ts';
import { decide, type JudgedRun } from '../../../src/rules/decide/decide.ts';
import type { FailedRun } from '../../../src/rules/matchers/matcher.ts';
import { findUnmetPrecondition } from '../../../src/rules/decide/refusals.ts';
import type { Rule } from '../../../src/rules/language/rule.ts';
import { now, ruleSet } from '../matchers/failed-run.ts';
import { chances, ruleInputs, runs, seed, someFacts } from '../language/random-rules.ts';

/** What `decide` may say; the others of the closed list are found out later. */
const outcomes: Partial<Record<DecisionReason, JudgedRun['decision']['outcome']>> = {
  matched: 'retry',
  outage: 'hold',
  'not-failed': 'skip',
  rehearsal: 'skip',
  'not-retriggerable': 'skip',
  'retried-by-prow': 'skip',
  'managed-elsewhere': 'skip',
  'no-rule-matched': 'skip',
  never: 'skip',
  'attempts-exhausted': 'skip',
  'same-failure': 'skip',
  'failing-streak': 'skip',
  'evidence-missing': 'skip',
  silenced: 'skip',
};

const rules = ruleInputs.map((inputs) => ruleSet({ rules: inputs }).rules);
const numRuns = 1_200;

test('whatever run, facts and rules: no throw, the same answer twice, a listed reason that fits its outcome', () => {
  const met = new Set<string>();
  const property = fc.property(runs, someFacts, rules, chances, (run, facts, list, chance) => {
    const moment = { now, random: () => chance };
    const judgement = decide(run, facts, list, moment);
    assert.deepEqual(decide(structuredClone(run), structuredClone(facts), [...list], moment), judgement);
    const { decision, plan, trace } = judgement;
    met.add(decision.reason);
    assert.equal(decision.outcome, outcomes[decision.reason]);
    assert.equal(plan === null, decision.outcome === 'skip');
    const account = describeReasons(decision.because);
    assert.ok(account.length > 0 && account.every((line) => /[."]$/.test(line)), account.join('\n'));
    assert.ok(trace.slice(0, -1).every(({ verdict }) => verdict === 'fails' || verdict === 'expired'));
    assert.ok(decision.rule === null || decision.rule === trace.at(-1)?.rule);
    if (plan !== null) assertMayTry(list, judgement, run.attempt, facts.lastAttemptAt);
    if (plan !== null) assertAskedFor(list, judgement, run);
    if (plan !== null) assert.ok(run.evidence.type !== null && facts.silence === null);
  });
  fc.assert(property, { numRuns, seed });
  assert.deepEqual([...met].toSorted(), Object.keys(outcomes).toSorted(), 'every reason was met');
});

/** A managed run is retried only by a rule that asks for its manager, any other run only by one that asks for none. */
function assertAskedFor(list: readonly Rule[], { decision }: JudgedRun, { managedBy }: FailedRun): void {
  const asked = list.find(({ name }) => name === decision.rule)?.match.managed_by;
  assert.ok(managedBy === null ? asked === undefined : asked?.includes(managedBy.by));
}

function assertMayTry(
  list: readonly Rule[],
  { decision, plan }: JudgedRun,
  attempt: number,
  last: number | null,
): void {
  const rule = list.find(({ name }) => name === decision.rule);
  assert.ok(rule !== undefined && plan !== null && rule.retry !== 'never');
  const { attempts, max_delay: longest, jitter, cooldown = 0, envs } = rule.retry;
  assert.ok(attempt < attempts, `attempt ${attempt + 1} of ${attempts}`);
  const rest = last === null || cooldown === 0 ? 0 : last + cooldown - now;
  assert.ok(plan.delayMs >= Math.max(0, rest), `${plan.delayMs} ms are too short`);
  assert.ok(
    plan.delayMs <= Math.max(Math.ceil(longest * (1 + jitter)), rest),
    `${plan.delayMs} ms are too long`,
  );
  assert.deepEqual(plan.envs, envs);
  new Date(now + plan.delayMs).toISOString();
}

test('a never that matches wins over every rule below it', () => {
  let met = 0;
  const property = fc.property(runs, someFacts, rules, rules, chances, (run, facts, above, below, chance) => {
    const moment = { now, random: () => chance };
    const [never] = ruleSet({
      rules: [{ name: 'n', match: { status: ['FAILURE', 'ERROR', 'ABORTED'] }, retry: 'never' }],
    }).rules;
    assert.ok(never !== undefined);
    // The never asks for no manager.
    if (run.managedBy !== null) return;
    const without = decide(run, facts, above, moment).decision;
    const { decision } = decide(run, facts, [...above, never, ...below], moment);
    if (findUnmetPrecondition(run) !== null || without.rule !== null)
      return assert.deepEqual(decision, without);
    assert.notEqual(decision.outcome, 'retry');
    assert.ok(['never', 'evidence-missing'].includes(decision.reason));
    met += 1;
  });
  fc.assert(property, { numRuns: numRuns / 2, seed });
  assert.ok(met > 50, `it came to that ${met} times`);
});

test('rules below the one that decided change nothing', () => {
  const property = fc.property(runs, someFacts, rules, rules, chances, (run, facts, list, more, chance) => {
    const moment = { now, random: () => chance };
    const { decision, plan } = decide(run, facts, list, moment);
    if (decision.rule === null) return;
    const again = decide(run, facts, [...list, ...more], moment);
    assert.deepEqual([again.decision, again.plan], [decision, plan]);
  });
  fc.assert(property, { numRuns: numRuns / 2, seed });
});

test('an artifact that goes missing never makes an attempt that the rules had refused', () => {
  let met = 0;
  const absent = {
    phase: null,
    steps: [],
    reason: null,
    messages: [],
    logTail: null,
    type: null,
    status: 'UNKNOWN',
    knownFailures: null,
  } as const;
  const keys = fc.constantFrom(...(Object.keys(absent) as (keyof typeof absent)[]));
  const property = fc.property(runs, someFacts, rules, keys, (run, facts, list, key) => {
    const moment = { now, random: () => 0 };
    const { decision } = decide(run, facts, list, moment);
    // What a gate refuses by an artifact, it cannot know without it.
    if (decision.outcome !== 'skip' || findUnmetPrecondition(run) !== null) return;
    const evidence = { ...run.evidence, [key]: absent[key] };
    assert.equal(decide({ ...run, evidence }, facts, list, moment).plan, null, key);
    met += 1;
  });
  fc.assert(property, { numRuns: numRuns / 2, seed });
  assert.ok(met > 50, `it came to that ${met} times`);
});
