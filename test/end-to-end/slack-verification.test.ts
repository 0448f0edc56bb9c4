import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pocJob } from '../../src/flow/requests/verify-deployment.ts';
import { World } from './start-world.ts';

test('what the job that verifies deployments brought to light stands under the card of its chain', async (t) => {
  const world = await World.start(t, { slackApp: true });
  const { api } = world.prow.slack;
  world.prow.defineJob({ name: pocJob, type: 'periodic', plan: [{ outcome: 'fail-pre' }] });
  world.prow.startRun(pocJob);
  await world.untilState('exhausted');
  await world.until('all is told', async () => (await world.service.store.listUnsettled()).length === 0);
  const [card, ...more] = api.cards;
  assert.match(card!.text, /^Failed again on attempt 1/);
  assert.deepEqual(more, []);
  const thread = api.thread(card!.ts).map(({ text }) => text);
  const [told = '', ...others] = thread.filter((text) => text.startsWith('*retrigger is '));
  assert.match(told, /^\*retrigger is verified\*$/m);
  assert.match(told, /^Slack app: ok, the bot retrigger of the workspace Retrigger$/m);
  assert.deepEqual([others, thread.length], [[], 4], 'its attempt is no verification');
});
