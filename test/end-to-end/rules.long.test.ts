import assert from 'node:assert/strict';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunPlan } from '../prow/cluster/run-plan.ts';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const plan: RunPlan[] = [{ outcome: 'fail-pre' }, { outcome: 'pass' }];
const rules = `rules:
  - name: again
    match: {phase: pre}
    retry: {attempts: 1, delay: 30m, envs: {MULTISTAGE_PARAM_OVERRIDE_X: "1"}}
`;

async function readiness(
  world: World,
): Promise<{ rules: { ok: boolean; count: number; problems: string[] } }> {
  const response = await fetch(`${world.service.url}/readyz`);
  assert.equal(response.status, 200);
  return (await response.json()) as Awaited<ReturnType<typeof readiness>>;
}

test('a rule’s envs reach the run as pod_spec_options.envs', async (t) => {
  const world = await World.start(t, { rules });
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  world.prow.startRun(job);
  await world.untilState('passed');
  const [create] = world.prow.gangway.calls;
  const body = JSON.parse(create?.body ?? '') as { pod_spec_options: { envs: unknown } };
  assert.deepEqual(body.pod_spec_options.envs, { MULTISTAGE_PARAM_OVERRIDE_X: '1' });
  assert.deepEqual(world.prow.runs[1]?.envs, { MULTISTAGE_PARAM_OVERRIDE_X: '1' });
});

test('a bad change of the rules is refused and told by /readyz; a good one decides about the next failure', async (t) => {
  const world = await World.start(t, { rules });
  world.prow.defineJob({ name: job, type: 'periodic', plan });
  const path = join(world.directory, 'rules.yaml');
  // As an editor saves: the file is never seen half written. The watch goes by the machine's own time.
  async function saveUntil(
    text: string,
    holds: (state: Awaited<ReturnType<typeof readiness>>) => boolean,
  ): Promise<void> {
    await writeFile(`${path}~`, text);
    await rename(`${path}~`, path);
    while (!holds(await readiness(world)));
  }
  await saveUntil(`${rules}    colour: red\n`, ({ rules: { ok } }) => !ok);
  const refused = await readiness(world);
  assert.equal(refused.rules.count, 1);
  assert.match(refused.rules.problems.join('\n'), /rules\.yaml:5:5: .*colour/);
  assert.ok(world.logs.some((line) => line.includes('rules refused')));
  world.prow.startRun(job);
  await world.untilState('scheduled');
  await saveUntil(
    `${rules}  - {name: more, match: {phase: test}, retry: never}\n`,
    ({ rules: { count } }) => count === 2,
  );
  assert.equal((await readiness(world)).rules.ok, true);
  await world.untilState('passed');
});
