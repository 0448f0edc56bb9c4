import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cancelChain } from '../../../../src/chain/actions.ts';
import { StoreUnavailable } from '../../../../src/chain/chain-store.ts';
import type { ActionOutcome } from '../../../../src/flow/requests/chain-actions.ts';
import { MemoryChainStore } from '../../../chain/memory-chain-store.ts';
import { chain, dana, holdSecrets, startSlackWorld } from '../slack-app-world.ts';

const day = 24 * 60 * 60_000;

test('does what a button says, and writes down who pressed it', async (t) => {
  const world = await startSlackWorld(t);
  for (const action of ['retry', 'cancel']) {
    const answer = await world.people.press(world.post(), action);
    assert.deepEqual([answer.status, answer.body, answer.problem], [200, '', null]);
  }
  assert.match(await world.told(dana, 2), /^Done\./);
  assert.deepEqual(world.done, [
    `retry ${chain.id} by u0dana (U0DANA)`,
    `cancel ${chain.id} by u0dana (U0DANA)`,
  ]);
  assert.deepEqual(world.api.calls, []);
  holdSecrets(world);
});

test('tells a second press that there is nothing left to do', async (t) => {
  const { store, clock } = await startSlackWorld(t);
  const cancel = async (id: string): Promise<ActionOutcome> => {
    const act = cancelChain((await store.get(id))!, clock.now());
    if (act.kind === 'done') store.put(act.chain);
    return act;
  };
  const world = await startSlackWorld(t, {}, { cancel });
  const message = world.post();
  await world.people.press(message, 'cancel');
  assert.match(await world.told(dana), /^Done\./);
  await world.people.press(message, 'cancel');
  assert.equal(await world.told(dana, 2), 'The chain ended as skipped already.');
});

test('says what stands in the way', async (t) => {
  const cases = [
    [async () => ({ kind: 'absent' }) as const, /^There is no such chain any more\.$/],
    [async () => ({ kind: 'conflict', detail: 'Not <now>.' }) as const, /^Not &lt;now&gt;\.$/],
    [
      () => Promise.reject(new StoreUnavailable('full')),
      /^Nothing was changed: .* disk\. Try again later\.$/,
    ],
    [() => Promise.reject(new Error('a bug')), /went wrong here/],
  ] as const;
  for (const [retry, said] of cases) {
    const world = await startSlackWorld(t, {}, { retry });
    const answer = await world.people.press(world.post(), 'retry');
    assert.deepEqual([answer.status, answer.problem], [200, null]);
    assert.match(await world.told(dana), said);
    holdSecrets(world);
  }
});

test('outlives an answer that Slack does not take', async (t) => {
  const world = await startSlackWorld(t);
  for (const status of [404, 'drop-before'] as const) {
    world.api.fail({ method: 'response_url', status });
    await world.people.press(world.post(), 'retry');
  }
  await world.app.stop();
  assert.deepEqual(
    world.readLines().map(({ level, msg }) => [level, msg]),
    [
      ['warn', 'slack does not take an answer'],
      ['warn', 'slack does not take an answer'],
    ],
  );
  holdSecrets(world);
});

test('asks in a form until when and why, and silences the job of the chain', async (t) => {
  const world = await startSlackWorld(t);
  const { api, people, clock, done } = world;
  await people.press(world.post(), 'silence');
  const { answer: opened } = await api.whenCall(({ method }) => method === 'views.open');
  assert.equal(opened['ok'], true, JSON.stringify(opened));
  const view = api.views[0]!;
  assert.match(JSON.stringify(view.view), new RegExp(chain.jobName));
  assert.doesNotMatch(JSON.stringify(view.view), /silenced already/);
  const answer = await people.submit(view, { comment: 'no\nquota' });
  assert.deepEqual([answer.status, answer.body, answer.problem], [200, '', null]);
  assert.deepEqual(done, [`silence ${chain.id} by u0dana (U0DANA): no quota`]);
  const [silence] = await world.silences.list(clock.now());
  assert.equal(silence?.until, Math.floor((clock.now() + day) / 1000) * 1000);

  await people.press(world.post(), 'silence');
  await api.whenCall(({ args }) => JSON.stringify(args).includes('silenced already'));
  assert.match(
    JSON.stringify(api.views[1]?.view),
    /until 2026-06-13 10:01 UTC, by u0dana \(U0DANA\): no quota/,
  );
  holdSecrets(world);
});

test('says under the field what is wrong with it', async (t) => {
  const world = await startSlackWorld(t);
  const { api, people, clock } = world;
  await people.press(world.post(), 'silence');
  await api.whenCall(({ method }) => method === 'views.open');
  const view = api.views[0]!;
  for (const until of [clock.now() / 1000 - 60, clock.now() / 1000 + 400 * 24 * 3600, 9e15]) {
    const answer = await people.submit(view, { until, comment: 'why' });
    assert.equal(answer.problem, null);
    assert.match(answer.body, /"response_action":"errors","errors":\{"until":"This must be [^"]+\."\}/);
  }
  const blank = await people.submit(view, { comment: ' \u200b ' });
  assert.match(blank.body, /"errors":\{"comment":"This must be a text/);
  assert.deepEqual(world.done, []);
});

test('keeps the form open where the silence can not be written down', async (t) => {
  const world = await startSlackWorld(t, {}, { silence: () => Promise.reject(new StoreUnavailable('full')) });
  const { api, people } = world;
  await people.press(world.post(), 'silence');
  await api.whenCall(({ method }) => method === 'views.open');
  const answer = await people.submit(api.views[0]!, { comment: 'why' });
  assert.equal(answer.problem, null);
  assert.match(answer.body, /"errors":\{"comment":"Nothing was changed/);
});

test('answers the form in time where the disk is slow', async (t) => {
  const slow = Promise.withResolvers<null>();
  const world = await startSlackWorld(t, {}, { silence: () => slow.promise });
  const { api, people, clock } = world;
  await people.press(world.post(), 'silence');
  await api.whenCall(({ method }) => method === 'views.open');
  const answering = people.submit(api.views[0]!, { comment: 'why' });
  while (clock.nextDue() === null) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(2_900);
  const answer = await answering;
  assert.equal(answer.problem, null);
  assert.match(answer.body, /"response_action":"update".*The service is slow/);
  slow.resolve(null);
});

test('says so where Slack opens no form, and where the chain is gone', async (t) => {
  const world = await startSlackWorld(t);
  world.api.fail({ method: 'views.open', error: 'expired_trigger_id' });
  await world.people.press(world.post(), 'silence');
  assert.match(await world.told(dana), /did not open the form/);
  await world.people.press(world.post(), 'silence');
  await world.api.whenCall(({ answer }) => answer['ok'] === true);
  const gone = await startSlackWorld(t, {}, { store: new MemoryChainStore() });
  await gone.people.press(gone.post(), 'silence');
  assert.equal(await gone.told(dana), 'There is no such chain any more.');
  const answer = await gone.people.submit(world.api.views[0]!, { comment: 'why' });
  assert.match(answer.body, /"response_action":"update".*no such chain/);
  holdSecrets(gone, answer.body);
});
