import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { World } from './start-world.ts';

const job = 'periodic-ci-org-repo-main-e2e-aws';
const rules = 'rules: [{ name: again, match: { phase: pre }, retry: { attempts: 1, delay: 30m } }]\n';

/** Titles in a channel about Gangway or the rules. */
function troublesAt(world: World, channel: string): string[] {
  return world.prow.slack.delivered
    .filter(({ path }) => path.endsWith(`/${channel}`))
    .map(({ payload }) => String((payload as { text?: unknown }).text).split('\n')[0] ?? '')
    .filter((title) => /^\*(?:Gangway (?:is (?:not )?accepting)|Rules)/.test(title));
}

async function restartWithHooks(world: World): Promise<Record<string, string>> {
  const env = {
    RETRIGGER_SLACK_WEBHOOK_URL: world.prow.slack.hook(),
    RETRIGGER_SLACK_ERRORS_WEBHOOK_URL: world.prow.slack.hook('errors'),
  };
  await world.restart(env);
  return env;
}

test('an open Gangway breaker and its end are posted to the errors channel, with a restart in between', async (t) => {
  const world = await World.start(t, { rules });
  const env = await restartWithHooks(world);
  world.prow.defineJob({ name: job, type: 'periodic', plan: [{ outcome: 'fail-pre' }, { outcome: 'pass' }] });
  world.prow.startRun(job);
  await world.untilState('scheduled');
  await world.prow.gangway.down();
  await world.until('people hear of it', () => troublesAt(world, 'errors').length > 0);
  assert.deepEqual(troublesAt(world, 'errors'), ['*Gangway is not accepting requests*']);
  await world.restart(env);
  await world.prow.gangway.up();
  await world.until('people hear that it is over', () => troublesAt(world, 'errors').length > 1);
  assert.match(troublesAt(world, 'errors')[1] ?? '', /^\*Gangway is accepting requests again after \d+[hm]/);
  await world.untilState('passed');
  assert.deepEqual([troublesAt(world, 'team').length, troublesAt(world, 'errors').length], [0, 2]);
});

test('rules that are refused are posted once, and once when they are good again', async (t) => {
  const world = await World.start(t, { rules });
  await restartWithHooks(world);
  const path = join(world.directory, 'rules.yaml');
  for (const text of ['rules: [{ nam: x }]\n', 'rules: [{ nam: x }]\n', 'rules: 5\n']) {
    await writeFile(path, text);
    await world.service.rules.reload();
    await world.until('it is told', () => troublesAt(world, 'errors').length > 0);
  }
  assert.deepEqual(troublesAt(world, 'errors'), ['*Rules rejected: the previous rules stay in force*']);
  await writeFile(path, rules);
  await world.service.rules.reload();
  await world.until('it is over', () => troublesAt(world, 'errors').length > 1);
  assert.deepEqual(troublesAt(world, 'errors').slice(1), ['*Rules accepted again*']);
});
