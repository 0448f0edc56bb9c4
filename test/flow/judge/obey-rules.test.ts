import { intentOf, wakeAtOf } from '../../../src/chain/chain.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Silence } from '../../../src/rules/decide/silence.ts';
import { firstId as id, FlowWorld, hour, job, minute } from '../flow-world.ts';

function ruleOf(retry: string, more = ''): string {
  return `rules: [{name: again, match: {phase: pre}, ${more}retry: {${retry}}}]`;
}

function silenceUntil(until: number): Silence {
  return { id: 's', job: 'periodic-ci-org-*', until, author: 'ann', comment: 'the lab moves' };
}

test('silenced when it is judged: recorded, not tried again, and told to nobody', async () => {
  const world = new FlowWorld();
  await world.silences.add(silenceUntil(world.clock.now() + hour));
  await world.fail();
  await world.untilQuiet();
  const { state, decision } = await world.chain(id);
  assert.deepEqual([state, decision?.reason, decision?.rule], ['skipped', 'silenced', 'again']);
  assert.equal(decision?.because.at(-1)?.kind, 'silence');
  assert.deepEqual(world.told, []);
  assert.deepEqual(world.gangway.calls, []);
});

test('silenced during the delay: no attempt is made, and nothing more is told', async () => {
  const world = new FlowWorld();
  await world.fail();
  await world.untilState(id, 'scheduled');
  await world.silences.add(silenceUntil(world.clock.now() + hour));
  await world.untilQuiet();
  const { state, decision } = await world.chain(id);
  assert.deepEqual([state, decision?.reason, decision?.rule], ['skipped', 'silenced', 'again']);
  assert.equal(decision?.because.at(-1)?.kind, 'silence');
  assert.equal(world.told.length, 1);
  assert.deepEqual(world.gangway.calls, []);
});

for (const when of ['over', 'of another job'] as const) {
  test(`a silence that is ${when} mutes nothing`, async () => {
    const world = new FlowWorld();
    const silence = silenceUntil(world.clock.now() + (when === 'over' ? 10 * minute : 9 * hour));
    await world.fail();
    await world.untilState(id, 'scheduled');
    await world.silences.add(when === 'over' ? silence : { ...silence, job: 'periodic-ci-other-*' });
    await world.untilState(id, 'passed');
  });
}

for (const how of [
  'at once',
  'one after the other',
  'while the first is triggered',
  'after the first',
] as const) {
  test(`a cooldown holds over two chains of one job, failing ${how}`, async () => {
    const world = new FlowWorld({ rules: ruleOf('attempts: 1, delay: 10m, cooldown: 2h') });
    const first = await world.fail();
    if (how === 'one after the other') await world.untilState(first, 'scheduled');
    if (how === 'while the first is triggered') {
      world.gangway.creations.push(() => ({ kind: 'unclear', says: 'reset' }));
      await world.untilState(first, 'triggering');
    }
    if (how === 'after the first') await world.untilState(first, 'following');
    const begun = await world.chain(first);
    const second = await world.fail();
    const due = wakeAtOf(await world.untilState(second, 'scheduled')) ?? 0;
    const firstAt = begun.runs[1]?.openedAt ?? intentOf(begun)?.writtenAt ?? wakeAtOf(begun) ?? 0;
    const firstDue = wakeAtOf(await world.chain(first)) ?? 0;
    const since = how === 'at once' ? firstDue : firstAt;
    assert.ok(Math.abs(due - since) >= 2 * hour, `${(due - since) / minute} minutes`);
  });
}

test('the delay grows with the attempts, and envs go with each', async () => {
  const rules = ruleOf(
    'attempts: 3, delay: 30m, backoff: 2, max_delay: 1h, envs: {MULTISTAGE_PARAM_OVERRIDE_X: "1"}',
  );
  const world = new FlowWorld({ rules, attempts: ['pre'] });
  await world.fail();
  const delays: number[] = [];
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    const wakeAt = wakeAtOf(await world.untilState(id, 'scheduled')) ?? 0;
    delays.push((wakeAt - world.clock.now()) / minute);
    await world.untilState(id, 'following');
  }
  await world.untilState(id, 'exhausted');
  assert.deepEqual(delays, [30, 60, 60]);
  assert.deepEqual(
    world.gangway.started.map(({ envs }) => envs),
    Array.from({ length: 3 }, () => ({ MULTISTAGE_PARAM_OVERRIDE_X: '1' })),
  );
});

test('a rule that has expired meanwhile lets no further attempt be made', async () => {
  const world = new FlowWorld({
    rules: ruleOf('attempts: 3, delay: 30m', "expires: '2026-06-01T10:40:00Z', "),
    attempts: ['pre'],
  });
  await world.fail();
  const chain = await world.untilState(id, 'skipped', 'exhausted');
  assert.deepEqual([chain.runs.length, chain.decision?.reason], [2, 'no-rule-matched']);
  await world.untilQuiet();
  assert.equal(world.told.at(-1), `${job} failed again on attempt 1 and is not tried again`);
});

test('the rules of the moment decide about each failure', async () => {
  const world = new FlowWorld({ attempts: ['pre'] });
  await world.fail();
  await world.untilState(id, 'following');
  world.setRules('rules: [{name: enough, match: {phase: pre}, retry: never}]');
  const { decision, runs } = await world.untilState(id, 'skipped');
  assert.deepEqual([decision?.reason, decision?.rule, runs.length], ['never', 'enough', 2]);
});
