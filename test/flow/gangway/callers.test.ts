import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlowWorld } from '../flow-world.ts';

const never = 'rules: [{name: never, match: {phase: pre}, retry: never}]';

test("a notification's token is not known, and no person waits for its calls", async () => {
  const world = new FlowWorld();
  await world.untilState(await world.fail(), 'passed');
  const creates = world.gangway.calls.filter(({ kind }) => kind === 'create');
  assert.deepEqual(
    creates.map(({ token, isKnown, isDemanded }) => ({ token, isKnown, isDemanded })),
    [{ token: 'callers', isKnown: false, isDemanded: false }],
  );
});

test("a person's demand uses the service's token, which is known, and says that a person waits", async () => {
  const world = new FlowWorld({ rules: never });
  const id = await world.fail();
  await world.untilState(id, 'skipped');
  assert.equal(await world.retry(id), 'done');
  await world.untilState(id, 'passed');
  const creates = world.gangway.calls.filter(({ kind }) => kind === 'create');
  assert.deepEqual(
    creates.map(({ token, isKnown, isDemanded }) => ({ token, isKnown, isDemanded })),
    [{ token: 'own', isKnown: true, isDemanded: true }],
  );
});
