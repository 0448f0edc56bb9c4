import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Refs } from '../../src/job/type.ts';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';

const phases: [RunPlan['outcome'], string | null, string][] = [
  ['fail-build', 'build', 'no-rule-matched'],
  ['fail-import', 'import', 'no-rule-matched'],
  ['fail-lease', 'lease', 'no-rule-matched'],
  ['fail-claim', 'claim', 'no-rule-matched'],
  ['fail-post', 'post', 'no-rule-matched'],
  ['infra', 'infra', 'no-rule-matched'],
  ['error', 'infra', 'no-rule-matched'],
  ['aborted', 'test', 'no-rule-matched'],
  ['pass', null, 'not-failed'],
];

for (const [outcome, phase, reason] of phases) {
  test(`a run that ends as ${outcome} began to fail in ${phase ?? 'no phase'}: ${reason}`, async (t) => {
    const world = await World.start(t);
    world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome, reTriggerStep: false }] });
    const run = world.prow.startRun(job);
    await world.until('the run is pending', () => run.state === 'pending');
    await world.notifyOf(run);
    const chain = await world.untilState('skipped');
    assert.equal(chain.runs[0]?.phase, phase);
    assert.equal(chain.decision?.reason, reason);
    assert.deepEqual(world.messages, []);
  });
}

test('a batch is not retriggerable, and people are told', async (t) => {
  const world = await World.start(t);
  world.prow.defineJob({
    name: 'pull-ci-org-repo-main-e2e',
    type: 'batch',
    refs: refs(2),
    plan: [{ outcome: 'fail-pre' }],
  });
  world.prow.startRun('pull-ci-org-repo-main-e2e');
  const chain = await world.untilState('skipped');
  assert.equal(chain.decision?.reason, 'not-retriggerable');
  await world.until('it is told', () => world.messages.length === 1);
});

for (const type of ['presubmit', 'postsubmit'] as const) {
  test(`a ${type} that a rule asks for is triggered with the refs of the failed run`, async (t) => {
    const name = `${type}-ci-org-repo-main-e2e`;
    const world = await World.start(t, { rules: rulesFor(type) });
    world.prow.defineJob({
      name,
      type,
      refs: refs(type === 'presubmit' ? 1 : 0),
      plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }],
    });
    world.prow.startRun(name);
    await world.untilState('passed');
    const [first, second] = world.prow.runs;
    assert.ok(first?.refs);
    assert.partialDeepStrictEqual(second?.refs, { ...first.refs });
  });
}

function rulesFor(type: string): string {
  return `rules: [{ name: any, match: { type: ${type}, phase: pre }, retry: { attempts: 1, delay: 5m } }]`;
}

function refs(pulls: number): Refs {
  const sha = 'ccbe590e686bc0920d64bd55d24af95e66cf49be';
  const each = (_: unknown, index: number) => ({
    number: 100 + index,
    author: 'dev',
    sha: '8a6e6fbfe958de6b89b98559ca0e59530865c636',
  });
  return {
    org: 'org',
    repo: 'repo',
    base_ref: 'main',
    base_sha: sha,
    pulls: Array.from({ length: pulls }, each),
  };
}
