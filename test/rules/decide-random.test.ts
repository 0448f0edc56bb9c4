import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionReason } from '../../src/chain/decision.ts';
import { phases } from '../../src/evidence/phase.ts';
import { jobTypes } from '../../src/job/type.ts';
import { jobStatuses } from '../../src/job/status.ts';
import { decide } from '../../src/rules/decide.ts';
import type { FailedRun } from '../../src/rules/failed-run.ts';
import type { Rule } from '../../src/rules/rule.ts';
import { SeededChance } from '../chance/seeded-chance.ts';
import { failedRun, rulesFor } from './failed-run.ts';

const reasons: readonly DecisionReason[] = [
  'matched',
  'not-failed',
  'rehearsal',
  'not-retriggerable',
  'no-rule-matched',
  'attempts-exhausted',
  'retried-by-prow',
  'evidence-missing',
];
const jobs = ['periodic-ci-a', 'pull-ci-b', 'rehearse-1-c', '', '*{', '\u{1F600}'];
const refs = { org: 'o', repo: 'r', base_ref: 'm', base_sha: 'a', pulls: [] };

test('whatever the run and the rules: no throw, the same answer twice, a listed reason, no attempt too many', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 3_000; seed += 1) {
    const chance = new SeededChance(seed);
    const [run, rules] = [someRun(chance), someRules(chance)];
    const { decision, delayMs, trace } = decide(run, rules);
    assert.deepEqual(decide(structuredClone(run), structuredClone(rules)), { decision, delayMs, trace });
    assert.ok(reasons.includes(decision.reason), `seed ${seed}: ${decision.reason}`);
    assert.ok(
      decision.because.length > 0 && decision.because.every((line) => line.endsWith('.')),
      `seed ${seed}`,
    );
    seen.add(decision.reason);
    const rule = rules.find(({ name }) => name === decision.rule);
    const isRetry = decision.outcome === 'retry';
    assert.equal(isRetry, decision.reason === 'matched', `seed ${seed}`);
    assert.equal(delayMs, isRetry ? rule?.retry.delay : null, `seed ${seed}`);
    if (isRetry) assert.ok(rule !== undefined && run.attempt < rule.retry.attempts, `seed ${seed}`);
    if (isRetry) assert.ok(run.evidence.type !== null && run.evidence.type !== 'batch', `seed ${seed}`);
    assert.ok(
      trace.slice(0, -1).every(({ verdict }) => verdict === 'fails'),
      `seed ${seed}: a rule above did not fail`,
    );
  }
  assert.deepEqual([...seen].toSorted(), reasons.toSorted(), 'every reason was met');
});

function someRun(chance: SeededChance): FailedRun {
  const evidence = {
    status: chance.pick([...jobStatuses, 'FAILURE', 'FAILURE', 'UNKNOWN'] as const),
    type: chance.pick([...jobTypes, 'periodic', null] as const),
    phase: chance.pick([...phases, null]),
    refs: chance.pick([refs, null]),
    labels: chance.pick([{}, {}, { 'prow.k8s.io/re-run': '1' }]),
    steps: chance.some(['a', 'b']),
    gaps: chance.some(['x is not there']),
  };
  return failedRun(evidence, { jobName: chance.pick(jobs), attempt: chance.pick([0, 0, 1, 2, 9999]) });
}

function someRules(chance: SeededChance): readonly Rule[] {
  const keys: [string, readonly string[]][] = [
    ['job', ['*', '*-ci-*', '{', 'periodic-ci-?']],
    ['type', jobTypes],
    ['status', ['FAILURE', 'ERROR', 'ABORTED']],
    ['phase', phases],
  ];
  const count = chance.pick([0, 1, 2, 5]);
  return rulesFor(
    ...Array.from({ length: count }, () => ({
      match: Object.fromEntries(
        chance.some(keys).map(([key, words]) => [key, [chance.pick(words), chance.pick(words)]]),
      ),
      retry: { attempts: chance.pick([1, 2, 10]), delay: chance.pick(['0s', '30m', '7d']) },
    })),
  );
}
