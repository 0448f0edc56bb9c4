import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pocJob } from '../../src/flow/verify-deployment.ts';
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
  const [first = '', ...rest] = api.thread(card!.ts).map(({ text }) => text);
  assert.match(first, /^\*retrigger is verified\*$/m);
  assert.match(first, /^Slack app: ok, the bot retrigger of the workspace Retrigger$/m);
  assert.equal(rest.length, 3, 'its attempt is no verification');
});
