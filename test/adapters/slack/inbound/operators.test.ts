import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Operators, formatPerson } from '../../../../src/adapters/slack/inbound/operators.ts';
import { createLogger } from '../../../../src/logging.ts';
import { VirtualClock } from '../../../time/virtual-clock.ts';
import { dana, startSlackWorld } from '../slack-app-world.ts';

const minute = 60_000;
const log = createLogger('silent');
const others = /^Only operators may do that: /;

test('lets operators and members of their groups press, and tells others who may', async (t) => {
  const world = await startSlackWorld(t, { operators: ['U0ADA', 'S0GROUP'] });
  const { api, people, done } = world;
  api.addGroup('S0GROUP', ['U0BOB']);
  for (const user of ['U0ADA', 'U0BOB']) {
    await people.press(world.post(), 'retry', user);
    assert.match(await world.told(user), /^Done\./);
  }
  for (const action of ['retry', 'cancel', 'silence']) await people.press(world.post(), action, dana);
  await world.told(dana, 3);
  const texts = api.ephemerals(dana).map(({ text }) => text);
  assert.deepEqual(texts, Array(3).fill('Only operators may do that: <@U0ADA>, <!subteam^S0GROUP>.'));
  assert.equal(done.length, 2);
  assert.equal(api.calls.length, 1, 'the group is asked for once');
});

test('asks again when the form is submitted', async (t) => {
  const world = await startSlackWorld(t, { operators: ['U0ADA', 'S0GROUP'] });
  const { api, people, clock, done } = world;
  api.addGroup('S0GROUP', [dana]);
  await people.press(world.post(), 'silence');
  await api.whenCall(({ method }) => method === 'views.open');
  api.addGroup('S0GROUP', []);
  clock.advance(5 * minute);
  const answer = await people.submit(api.views[0]!, { comment: 'why' });
  assert.equal(answer.problem, null);
  assert.match(answer.body, /"response_action":"update".*Only operators/);
  assert.deepEqual(done, []);
});

function start(listMembers: (group: string) => Promise<string[]>, ids = ['S1']) {
  const clock = new VirtualClock();
  return { clock, operators: new Operators({ ids, listMembers, clock, log }) };
}

test('keeps a list for five minutes, and the last one where Slack gives no newer', async () => {
  let asked = 0;
  let answer: () => Promise<string[]> = async () => ['U1'];
  const { clock, operators } = start(() => ((asked += 1), answer()));
  assert.equal(await operators.refuse('U1'), null);
  clock.advance(5 * minute - 1);
  assert.equal(await operators.refuse('U1'), null);
  assert.equal(asked, 1);
  clock.advance(1);
  answer = () => Promise.reject(new Error('down'));
  assert.equal(await operators.refuse('U1'), null);
  assert.match((await operators.refuse('U2')) ?? '', others);
  assert.equal(asked, 2, 'a crowd asks once');
  clock.advance(5_000);
  answer = async () => ['U2'];
  assert.match((await operators.refuse('U1')) ?? '', others);
  assert.equal(await operators.refuse('U2'), null);
});

test('lets nobody of a group press while it was never read, and says why', async () => {
  const { clock, operators } = start(() => new Promise(() => {}), ['U9', 'S1']);
  const judged = operators.refuse('U1');
  clock.advance(1_500);
  assert.match(
    (await judged) ?? '',
    /Slack does not tell at the moment who is in <!subteam\^S1>: try again later\.$/,
  );
  assert.equal(await operators.refuse('U9'), null);
});

test('without operators anybody may press', async () => {
  const clock = new VirtualClock();
  const listMembers = () => Promise.reject(new Error('nobody asks'));
  const operators = new Operators({ ids: null, listMembers, clock, log });
  assert.equal(await operators.refuse('U1'), null);
});

test('a name is one short line', () => {
  assert.equal(formatPerson({ id: 'U1', name: 'ada' }), 'ada (U1)');
  assert.equal(formatPerson({ id: 'U1', name: ' \n\u202e ' }), 'U1');
  assert.equal(formatPerson({ id: 'U1', name: 'a\r\nb\u0000c' }), 'a b c (U1)');
  assert.equal(formatPerson({ id: 'U1', name: `${'x'.repeat(59)}😀` }), `${'x'.repeat(59)} (U1)`);
});
